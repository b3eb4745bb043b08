"""Files that are JSON only in name."""

from pathlib import Path

import pytest

from remit.adapters.formats.tau.results import read_results
from remit.app.policy_files import read_policy_file
from remit.errors import ImportFormatError, PolicyParseError


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, '{"a":' + "9" * 5000 + "}"])
def test_a_results_file_that_breaks_the_parser_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(ImportFormatError, match="nests too deep"):
        read_results(path)


def test_a_number_that_python_cannot_print_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: remit/v1\nkind: Policy\nname: 0x" + "f" * 5000)
    with pytest.raises(PolicyParseError, match="name"):
        read_policy_file(path)
