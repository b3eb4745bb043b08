"""Compiles the nested steps of a flow into a flat list of instructions with jumps.

Steps: ask, hear (a slot that is taken if it was said, never asked for), call, when, say, answer, article, confirm,
set, use (a block, put in here), hand_off, end.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.flow import model
from remit.adapters.agents.flow.expressions import Expression, ExpressionError, Text
from remit.conversations import HandoffReason
from remit.tools import ToolName

_MAX_INSTRUCTIONS = 2_000


class StepCompiler:
    """Compiles one flow; `slots_used` names the slots it can ask for, in order, `blocks_used` the blocks put in."""

    def __init__(
        self,
        *,
        slots: Mapping[str, model.Slot],
        blocks: DocumentPlace,
        environment: ImmutableSandboxedEnvironment,
        known: frozenset[str] | set[str],
    ) -> None:
        self._slots = slots
        self._blocks = blocks
        self._environment = environment
        self._known = set(known)
        self._code: list[model.Instruction] = []
        self._expressions: list[tuple[DocumentPlace, str, Expression | Text]] = []
        self._open_blocks: list[str] = []
        self.slots_used: tuple[str, ...] = ()
        self.blocks_used: frozenset[str] = frozenset()
        self._kinds: Mapping[str, tuple[Callable[[DocumentPlace, int], None], tuple[str, ...]]] = {
            "ask": (self._ask, ("text", "options", "by", "match", "unknown")),
            "hear": (self._hear, ()),
            "call": (self._call, ("with", "save", "failed")),
            "when": (self._when, ("then", "otherwise")),
            "say": (self._say, ()),
            "answer": (self._answer, ()),
            "article": (self._article, ()),
            "confirm": (self._confirm, ("no",)),
            "set": (self._set, ()),
            "use": (self._use, ()),
            "hand_off": (self._hand_off, ("note",)),
            "end": (self._end, ()),
        }

    @property
    def step_keys(self) -> dict[str, tuple[str, ...]]:
        """Every kind of step with the keys it may have beside its own."""
        return {kind: more for kind, (_, more) in self._kinds.items()}

    def compile(self, where: DocumentPlace) -> tuple[model.Instruction, ...]:
        """The instructions of `steps`; the last one is always an End.

        Raises:
            AgentParseError: A step is unknown, incomplete, or speaks of a name that nothing gives a value.
        """
        self._steps(where, "steps")
        self._code.append(model.End(where.line() or 0))
        for place, key, expression in self._expressions:
            self._expect_names(place, key, expression)
        return tuple(self._code)

    # ── lists of steps ────────────────────────────────────────────────────────────────────────────
    def _steps(self, where: DocumentPlace, key: str) -> None:
        steps = where.section.get(key)
        if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
            raise where.error(
                key if key in where.section else None, f"{key!r} must be a list of steps", "Each step begins with `- `."
            )
        for step in steps:
            if not isinstance(step, Mapping):
                raise where.error(key, f"a step of {key!r} is {step!r}", "Write it as `- answer: ...`.")
            self._step(replace(where, section=step, keys=(*where.keys, key)))

    def _step(self, where: DocumentPlace) -> None:
        kinds = [kind for kind in self._kinds if kind in where.section]
        if len(kinds) != 1:
            named = ", ".join(map(repr, kinds or where.section))
            raise where.error(None, f"a step must be exactly one of the known kinds, not {named}", self._known_kinds())
        compile_step, more = self._kinds[kinds[0]]
        where.expect_keys(kinds[0], *more)
        compile_step(where, where.line() or 0)
        if len(self._code) > _MAX_INSTRUCTIONS:
            raise where.error(None, f"the flow has more than {_MAX_INSTRUCTIONS} instructions", "Split it by intent.")

    def _known_kinds(self) -> str:
        return f"Kinds: {', '.join(self._kinds)}."

    def _branch(self, where: DocumentPlace, key: str, line: int) -> int:
        """Compile a side branch behind a jump; returns where it begins. Afterwards both ways meet."""
        around = self._reserve(line)
        begin = len(self._code)
        self._steps(where, key)
        self._code[around] = model.Jump(line, len(self._code))
        return begin

    def _reserve(self, line: int) -> int:
        self._code.append(model.End(line))
        return len(self._code) - 1

    # ── kinds of steps ────────────────────────────────────────────────────────────────────────────
    def _ask(self, where: DocumentPlace, line: int) -> None:
        slot = self._slot(where, "ask")
        at = self._reserve(line)
        options = self._expression(where, "options", where.text("options")) if "options" in where.section else None
        self._code[at] = model.Ask(
            line=line,
            slot=slot,
            question=self._text(where, "text") if "text" in where.section else None,
            options=options,
            by=where.text("by", default=""),
            match=tuple(where.text("match", default="").split()),
            unknown=self._branch(where, "unknown", line) if "unknown" in where.section else None,
        )

    def _hear(self, where: DocumentPlace, line: int) -> None:
        del line
        self._slot(where, "hear")

    def _slot(self, where: DocumentPlace, key: str) -> str:
        slot = where.text(key)
        if slot not in self._slots:
            raise where.error(key, f"there is no slot {slot!r}", f"Known slots: {', '.join(self._slots) or 'none'}.")
        self.slots_used = (*self.slots_used, *(() if slot in self.slots_used else (slot,)))
        return slot

    def _call(self, where: DocumentPlace, line: int) -> None:
        tool = where.text("call")
        save = where.text("save", default="result")
        self._known.add(save)
        arguments_at = where.part("with") if "with" in where.section else replace(where, section={})
        arguments = {
            str(name): self._expression(arguments_at, name, value) for name, value in arguments_at.section.items()
        }
        at = self._reserve(line)
        failed = self._branch(where, "failed", line) if "failed" in where.section else None
        self._code[at] = model.Call(line, ToolName(tool), arguments, save, failed)

    def _when(self, where: DocumentPlace, line: int) -> None:
        condition = self._expression(where, "when", where.text("when"))
        at = self._reserve(line)
        self._steps(where, "then")
        if "otherwise" not in where.section:
            self._code[at] = model.JumpUnless(line, condition, len(self._code))
            return
        self._code[at] = model.JumpUnless(line, condition, len(self._code) + 1)
        self._branch(where, "otherwise", line)

    def _say(self, where: DocumentPlace, line: int) -> None:
        self._code.append(model.Say(line, self._text(where, "say")))

    def _answer(self, where: DocumentPlace, line: int) -> None:
        self._code += [model.Say(line, self._text(where, "answer")), model.End(line)]

    def _article(self, where: DocumentPlace, line: int) -> None:
        about = where.section["article"]
        self._code += [model.Article(line, self._text(where, "article") if about else None), model.End(line)]

    def _confirm(self, where: DocumentPlace, line: int) -> None:
        at = self._reserve(line)
        question = self._text(where, "confirm")
        self._code[at] = model.Confirm(line, question, self._branch(where, "no", line))

    def _set(self, where: DocumentPlace, line: int) -> None:
        place = where.part("set")
        values = {str(name): self._expression(place, name, value) for name, value in place.section.items()}
        self._known.update(values)
        self._code.append(model.Assign(line, values))

    def _use(self, where: DocumentPlace, line: int) -> None:
        del line
        name = where.text("use")
        if name not in self._blocks.section:
            raise where.error(
                "use", f"there is no block {name!r}", f"Known: {', '.join(self._blocks.section) or 'none'}."
            )
        if name in self._open_blocks:
            raise where.error("use", f"block {name!r} uses itself", "Blocks are put in where they are used; unroll it.")
        self.blocks_used |= {name}
        self._open_blocks.append(name)
        self._steps(self._blocks, name)
        self._open_blocks.pop()

    def _hand_off(self, where: DocumentPlace, line: int) -> None:
        reason = where.text("hand_off")
        if reason not in set(HandoffReason):
            known = ", ".join(HandoffReason)
            raise where.error("hand_off", f"{reason!r} is no reason for a handoff", f"Reasons: {known}.")
        note = self._text(where, "note") if "note" in where.section else None
        self._code.append(model.PassOn(line, HandoffReason(reason), note))

    def _end(self, where: DocumentPlace, line: int) -> None:
        del where
        self._code.append(model.End(line))

    # ── expressions ───────────────────────────────────────────────────────────────────────────────
    def _expression(self, where: DocumentPlace, key: str, value: Any) -> Expression:
        """A CEL expression; a number or a boolean stands for itself."""
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        try:
            expression = Expression(text)
        except ExpressionError as error:
            raise where.error(key, str(error), "Put texts inside it in quotes: \"status == 'shipped'\".") from error
        self._expressions.append((where, key, expression))
        return expression

    def _expect_names(self, where: DocumentPlace, key: str, expression: Expression | Text) -> None:
        """Every name must have a source somewhere in the flow; names bound by CEL's macros are found in the text."""
        for name in sorted(expression.names - self._known):
            if not re.search(rf"\b(map|filter|exists|all|exists_one)\({name},", expression.text):
                problem = f"{expression.text[:60]!r} speaks of {name!r}, which nothing gives a value"
                raise where.error(key, problem, f"Known names: {', '.join(sorted(self._known))}.")

    def _text(self, where: DocumentPlace, key: str) -> Text:
        try:
            text = Text(where.text(key), self._environment)
        except ExpressionError as error:
            raise where.error(key, str(error), "Write {{ name }} for a value.") from error
        self._expressions.append((where, key, text))
        return text
