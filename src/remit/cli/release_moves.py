"""The `remit release` commands that change something; each needs an authenticated person."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.cli.release_desk import (
    IntentsOption,
    JsonOption,
    PolicyOption,
    ReasonOption,
    Reference,
    open_desk,
    print_json,
    registration_document,
)
from remit.cli.screen import screen
from remit.cli.stores import StoreOption

if TYPE_CHECKING:
    from remit.app.releasing import Outcome
    from remit.cli.release_desk import Desk
    from remit.conversations import IntentName
    from remit.identity import Actor
    from remit.releases.model import Registration


def register(
    agent: Annotated[Path | None, typer.Argument(help="The agent's definition; default: the centre's.")] = None,
    *,
    label: Annotated[str, typer.Option(help="A short name; default: the file's.")] = "",
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Register a release under the digest of everything that changes what it does. It never changes again."""
    return asyncio.run(_register(agent, label, policy, store, as_json=as_json))


async def _register(agent: Path | None, label: str, policy: Path | None, store: Path | None, *, as_json: bool) -> int:
    from remit.cli.release_tables import diff_document, diff_summary, diff_table, plan_lines
    from remit.identity import Role

    async with open_desk(policy, store, agent=agent) as desk:
        actor = await desk.acting(Role.OPERATOR)
        done = await desk.releasing.register(desk.loaded, by=actor, label=label or desk.source.stem, source=desk.source)
        known, intents = done.registration, tuple(desk.policy.intents)
        if as_json:
            inherited = None if done.plan is None else {"keeps": [one.intent for one in done.plan.kept]}
            changes = None if done.diff is None else diff_document(done.diff, intents)
            print_json({**registration_document(known), "new": done.is_new, "diff": changes, "inherits": inherited})
            return 0
        console = screen()
        state = "registered" if done.is_new else "was registered before, and has not changed"
        console.print(f"{known.release.id} ({known.label}) of {desk.agent} {state}: {len(known.release.parts)} parts.")
        if done.diff is not None and done.diff.changes:
            console.print(f"Compared with {known.predecessor}:")
            console.print(diff_table(done.diff, intents))
            console.print(diff_summary(done.diff, intents))
        for line in () if done.plan is None else plan_lines(done.plan):
            console.print(f"  {line}")
        console.print(f"next: remit eval {desk.source} && remit release promote {known.label} --reason '...'")
        return 0


def promote(
    reference: Reference,
    *,
    intents: IntentsOption = None,
    reason: ReasonOption,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Take a release as far up as what has been shown allows, intent by intent; or sign for what another proposed.

    Exit codes: 0 it moved, 1 it failed on an intent, 2 something is missing, 3 error.
    """

    async def move(
        desk: "Desk", one: "Registration", on: "Sequence[IntentName]", actor: "Actor"
    ) -> "Sequence[Outcome]":
        return await desk.releasing.promote(one, on, by=actor, reason=reason)

    return asyncio.run(_move(reference, intents, policy, store, move, as_json=as_json, signs=True))


def rollback(
    *,
    to: Annotated[
        str, typer.Option(help="A release that held the grant; default: the canary ends, else the last.")
    ] = "",
    intents: IntentsOption = None,
    reason: ReasonOption,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Return to a release that held the grant, or take a canary back: at once, and no gate is asked."""

    async def move(
        desk: "Desk", one: "Registration | None", on: "Sequence[IntentName]", actor: "Actor"
    ) -> "Sequence[Outcome]":
        target = None if one is None else one.release.id
        return await desk.releasing.roll_back(on, to=target, by=actor, reason=reason)

    return asyncio.run(_move(to, intents, policy, store, move, as_json=as_json))


def retire(
    reference: Reference,
    *,
    intents: IntentsOption = None,
    reason: ReasonOption,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Put a release away that nobody needs; the stable one of an intent cannot go."""

    async def move(
        desk: "Desk", one: "Registration", on: "Sequence[IntentName]", actor: "Actor"
    ) -> "Sequence[Outcome]":
        return await desk.releasing.retire(one.release.id, on, by=actor, reason=reason)

    return asyncio.run(_move(reference, intents, policy, store, move, as_json=as_json))


def reopen(
    reference: Reference,
    *,
    intents: IntentsOption = None,
    reason: ReasonOption,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Let a retired release try again, with the evidence that it has; attempts that failed still count."""

    async def move(
        desk: "Desk", one: "Registration", on: "Sequence[IntentName]", actor: "Actor"
    ) -> "Sequence[Outcome]":
        return await desk.releasing.take_up_again(one.release.id, on, by=actor, reason=reason)

    return asyncio.run(_move(reference, intents, policy, store, move, as_json=as_json))


async def _move(
    reference: str,
    wanted: list[str] | None,
    policy: Path | None,
    store: Path | None,
    move: Any,
    *,
    as_json: bool,
    signs: bool = False,
) -> int:
    from remit.cli.release_tables import outcomes_document, outcomes_table
    from remit.gates.verdicts import worst_exit_code
    from remit.identity import Role

    async with open_desk(policy, store) as desk:
        intents = desk.intents(wanted)
        history = await desk.releasing.history()
        one = history.find(reference) if reference else None
        actor = await desk.acting(None if signs else Role.OPERATOR)
        if signs and not (actor.may(Role.OPERATOR) or actor.may(Role.APPROVER)):
            desk.expect(actor, Role.OPERATOR)
        outcomes = await move(desk, one, intents, actor)
        idle = await intents_without_grant(desk, one, outcomes) if signs and one is not None else []
    code = worst_exit_code(outcome.exit_code for outcome in outcomes)
    if as_json:
        print_json({"agent": desk.agent, "outcomes": outcomes_document(outcomes), "exit_code": code})
        return code
    console = screen()
    console.print(outcomes_table(outcomes))
    signatures = [why for outcome in outcomes for why in outcome.why if why.endswith("has not signed")]
    following = f"remit release promote {reference} --reason '...', by somebody who signs for it"
    if idle:
        console.print(
            f"This release holds no grant for {', '.join(idle)}: it has its place there, and people answer until its "
            "grant is promoted too."
        )
        following = f"remit grant promote {idle[0]} --to {_lowest(desk)} --reason '...'"
    console.print(f"next: {following if signatures or idle else 'remit release list'}", soft_wrap=True)
    return code


async def intents_without_grant(desk: "Desk", one: "Registration", outcomes: "Sequence[Outcome]") -> "list[IntentName]":
    """Intents where the release is a canary or stable, and may do nothing yet: a first one inherits from nobody."""
    from remit.adapters.memory import SystemClock
    from remit.control.grants import GrantKey
    from remit.policy.levels import AutonomyLevel
    from remit.releases.stages import Canary, Stable

    remit = await desk.releasing.stores.book.remit(desk.agent)
    policy, now = desk.policy.digest, SystemClock().now()
    return [
        outcome.intent
        for outcome in outcomes
        if isinstance(outcome.after, Canary | Stable)
        and remit.level_of(GrantKey(outcome.intent, one.release.id), policy=policy, now=now) is AutonomyLevel.SHADOW
    ]


def _lowest(desk: "Desk") -> str:
    """The first level that the policy lets an agent earn."""
    return min(desk.policy.levels).label
