"""Policies in files."""

from pathlib import Path

from remit.errors import PolicyParseError
from remit.policy.document import parse_policy
from remit.policy.model import Policy


def read_policy_file(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        PolicyParseError: It cannot be read, or is no policy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PolicyParseError(path, None, "there is no such file", "Name the policy document.") from None
    except IsADirectoryError:
        raise PolicyParseError(path, None, "is a folder", f"Name the file, such as {path / 'policy.yaml'}.") from None
    except UnicodeDecodeError:
        raise PolicyParseError(path, None, "is not UTF-8 text", "Save the file as UTF-8.") from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise PolicyParseError(path, None, problem, "Check the path and its permissions.") from error
    return parse_policy(text, source=str(path))
