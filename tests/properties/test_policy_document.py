"""However a policy is broken, its author gets one sentence with a line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from remit.errors import PolicyParseError
from remit.policy.document import parse_policy
from unit.policy.sample import EXAMPLE

LINES = EXAMPLE.splitlines()
DEBRIS = (
    "",
    "  ",
    "- ",
    "? ",
    "&a",
    "*a",
    "!!int x",
    "{",
    "]",
    ": ",
    "\t",
    "'",
    "<<: *a",
    "~",
    "1e999",
    "|",
    "---",
    "\x00",
)


@st.composite
def broken_policies(draw: st.DrawFn) -> str:
    """The example with one or two lines removed, doubled, moved, cut or filled with debris."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 2))):
        index = draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        lines[index : index + 1] = draw(
            st.sampled_from(
                [
                    [],
                    [line, line],
                    ["  " + line],
                    [line.strip()],
                    [line[: len(line) // 2]],
                    [line.split(":")[0] + ": " + draw(st.sampled_from(DEBRIS))],
                    [line + draw(st.sampled_from(DEBRIS))],
                    [draw(st.sampled_from(DEBRIS)) + line],
                ]
            )
        )
    return "\n".join(lines)


@settings(max_examples=60)
@given(broken_policies())
def test_a_broken_policy_is_refused_in_words_or_still_a_policy(text: str) -> None:
    try:
        policy = parse_policy(text, source="policy.yaml")
    except PolicyParseError as error:
        told = str(error)
    else:
        told = f"policy.yaml: {policy.digest}"
    assert told.startswith("policy.yaml:")
