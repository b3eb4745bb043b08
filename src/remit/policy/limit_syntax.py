"""What a limit speaks of: its names, functions and numbers, read from the text beside the CEL library.

The library compiles and evaluates; it does not tell which names an expression uses, and it takes any
function name until the expression runs. Both must be known when the policy is read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONVERSIONS = frozenset({"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"})
FUNCTIONS = CONVERSIONS | {"has", "size", "contains", "startsWith", "endsWith", "matches"}
LOOPS = frozenset({"all", "exists", "exists_one"})
UNBOUNDED_LOOPS = frozenset({"map", "filter"})
TEXT_METHODS = frozenset({"contains", "startsWith", "endsWith", "matches", "size"})
TIME_METHODS = frozenset(
    {
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getFullYear",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getSeconds",
    }
)
_LITERALS = frozenset({"true", "false", "null", "in"})
_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<string>(?:[rR][bB]?|[bB][rR])(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
        |[bB]?(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    | (?P<float>\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<uint>(?:0[xX][0-9a-fA-F]+|\d+)[uU])
    | (?P<hex>0[xX][0-9a-fA-F]+)
    | (?P<int>\d+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||[<>=!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the expression; spaces and comments are left out."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the expression takes from outside.

    `facts` are those whose fields, items or elements are read (`order.delivered`): they come from facts alone,
    so that an agent cannot supply its own `order` as an argument. `plain` are the others.
    """

    plain: frozenset[str]
    facts: frozenset[str]


def read_tokens(expression: str) -> tuple[Token, ...]:
    """The expression in pieces; never fails, the library judges the grammar."""
    return tuple(
        Token(found.lastgroup or "sign", found.group(), found.start())
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "space"
    )


def names_in(tokens: Sequence[Token]) -> Names:
    """The names that must be supplied; variables of `all`, `exists` and `exists_one` are the expression's own."""
    own = {tokens[index + 2].text for index in _loops(tokens) if index + 2 < len(tokens)}
    plain: set[str] = set()
    facts: set[str] = set()
    for index, token in enumerate(tokens):
        if token.kind != "name" or token.text in _LITERALS or token.text in own:
            continue
        if _text_at(tokens, index - 1) == "." or _text_at(tokens, index + 1) == "(":
            continue
        (facts if _is_opened(tokens, index) else plain).add(token.text)
    return Names(frozenset(plain - facts), frozenset(facts))


def calls_in(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Each called name, and whether it is called as a method."""
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text != "in" and _text_at(tokens, index + 1) == "(":
            yield token, _text_at(tokens, index - 1) == "."


def has_nested_loop(tokens: Sequence[Token]) -> bool:
    """Whether a loop, or a regular expression, runs inside a loop: the cost would no longer be linear."""
    depth = 0
    loop_depths: list[int] = []
    loops = set(_loops(tokens))
    for index, token in enumerate(tokens):
        costly = index in loops or (token.text == "matches" and _text_at(tokens, index + 1) == "(")
        if costly and loop_depths:
            return True
        if token.text == "(":
            depth += 1
            if index - 1 in loops:
                loop_depths.append(depth)
        elif token.text == ")":
            if loop_depths and loop_depths[-1] == depth:
                loop_depths.pop()
            depth -= 1
    return False


def with_double_literals(expression: str, tokens: Sequence[Token]) -> str:
    """The expression with whole numbers written as doubles (`amount * 2` becomes `amount * 2.0`), list places aside."""
    pieces, end = [], 0
    for index, token in enumerate(tokens):
        if token.kind == "int" and not (_text_at(tokens, index - 1) == "[" and _text_at(tokens, index + 1) == "]"):
            pieces += [expression[end : token.start], token.text, ".0"]
            end = token.start + len(token.text)
    return "".join([*pieces, expression[end:]])


def _loops(tokens: Sequence[Token]) -> Iterator[int]:
    for index, token in enumerate(tokens):
        if token.text in LOOPS and _text_at(tokens, index - 1) == "." and _text_at(tokens, index + 1) == "(":
            yield index


def _is_opened(tokens: Sequence[Token], index: int) -> bool:
    """Whether something is read out of the name: a field, an item, or each element; `(order).delivered` too."""
    after = index + 1
    while _text_at(tokens, after) == ")":
        after += 1
    following = _text_at(tokens, after)
    if following == ".":
        is_method = _text_at(tokens, after + 2) == "("
        return not (is_method and _text_at(tokens, after + 1) in TEXT_METHODS)
    return following == "["


def _text_at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if 0 <= index < len(tokens) else ""
