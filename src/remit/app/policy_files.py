"""Policies in files."""

from pathlib import Path

from remit.adapters.text_files import read_text
from remit.errors import PolicyParseError
from remit.policy.document import parse_policy
from remit.policy.model import Policy


def read_policy_file(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        PolicyParseError: It cannot be read, or is no policy.
    """
    text = read_text(path, PolicyParseError, mend="Name the policy document, such as policy.yaml.")
    return parse_policy(text, source=str(path))
