"""A flow agent as parts of a release: what each flow, block, slot, constant and article can have an effect on.

A flow serves its own intent. Blocks, slots and constants serve the flows that use them. Articles serve the intents
that they declare, and are looked at for no other (`Knowledge.for_intents`); an article that declares none may answer
a question in the middle of any flow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.flow.expressions import Expression, Text
from remit.adapters.agents.flow.model import Flow, FlowDocument, Instruction
from remit.adapters.agents.knowledge import Knowledge
from remit.releases.model import PartKind
from remit.releases.reach import ALL, Reach, only


def state_flow(where: DocumentPlace, intent: str, section: Mapping[str, Any]) -> None:
    """The steps of one intent."""
    where.state(PartKind.FLOW, intent, section, reach=only(intent), why="the flow of this intent")


def state_shared(where: DocumentPlace, shared: Mapping[str, Any], document: FlowDocument) -> None:
    """What flows have in common, each piece with the flows that use it."""
    flows = document.flows.values()
    for name, block in (shared.get("blocks") or {}).items():
        users = [flow for flow in flows if name in flow.blocks]
        where.state(PartKind.BLOCK, str(name), block, reach=_of(users), why="the flows that use the block")
    for name, slot in (shared.get("slots") or {}).items():
        users = [flow for flow in flows if name in flow.slots]
        where.state(PartKind.SLOT, str(name), slot, reach=_of(users), why="the flows that fill the slot")
    named = {flow.intent: _names(flow, document) for flow in flows}
    for name, value in (shared.get("constants") or {}).items():
        users = [flow for flow in flows if name in named[flow.intent]]
        where.state(PartKind.CONSTANT, str(name), value, reach=_of(users), why="the flows that name it")
    for name in ("small_talk", "wants_people"):
        if shared.get(name) is not None:
            where.state(PartKind.COURTESY, name, shared[name], why="heard before any flow")
    if shared.get("currency") is not None:
        where.state(PartKind.CONSTANT, "currency", shared["currency"], why="any text may show money")


def state_knowledge(where: DocumentPlace, folder: Path, knowledge: Knowledge) -> None:
    """Each article, with the intents that it declares."""
    for file in sorted(folder.rglob("*.md")):
        declared = knowledge.declared(file.relative_to(folder).with_suffix("").as_posix())
        if declared:
            where.cover(file, kind=PartKind.ARTICLE, reach=Reach(declared), why="the article says that it serves these")
        else:
            why = "the article does not say which intents it serves, so that it may answer in any"
            where.cover(file, kind=PartKind.ARTICLE, reach=ALL, why=why)


def _of(flows: list[Flow]) -> Reach:
    return only(*(flow.intent for flow in flows))


def _names(flow: Flow, document: FlowDocument) -> frozenset[str]:
    """Every name that an expression or a text of the flow, or of a slot that it fills, speaks of."""
    texts = [text for step in flow.instructions for text in _texts(step)]
    texts += [question for slot in flow.slots for question in document.slots[slot].questions]
    return frozenset().union(*(text.names for text in texts))


def _texts(step: Instruction) -> Iterator[Expression | Text]:
    for each in fields(step):
        value = getattr(step, each.name)
        values = value.values() if isinstance(value, Mapping) else (value,)
        yield from (one for one in values if isinstance(one, Expression | Text))
