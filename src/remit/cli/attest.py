"""`remit attest`: a person signs that something holds for a release, until when, and why."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remit.cli.acting import acting
from remit.cli.places import agent_of, policy_place
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.attesting import Attestation
    from remit.evidence import Observation
    from remit.policy.model import Policy

_LONGEST_DAYS = 730


def attest(
    name: Annotated[str, typer.Argument(help="What is attested, as a gate of the policy names it.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it holds: what was looked at, and by whom.")],
    expires: Annotated[str, typer.Option(help="How long it counts, such as 90d.")] = "90d",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the attestation back.")] = False,
    agent: Annotated[Path | None, typer.Option(help="The agent's definition; default: the centre's.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")] = None,
    release: Annotated[str, typer.Option(help="Another release than that of the definition.")] = "",
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was kept, on standard output.")] = False,
) -> int:
    """Attest something for a release under your own account (an approver's); it counts until it expires.

    The reason and your name go to the audit log, the attestation to the ledger. A gate may ask for the function of the
    organisation that must attest; functions belong to accounts.
    """
    from remit.adapters.memory import SystemClock
    from remit.app.attesting import Attestation
    from remit.app.policy_files import read_policy_file
    from remit.conversations import ReleaseId

    lasts = _lasting(expires)
    if not reason.strip():
        raise SettingsError("remit attest: --reason is empty.\n  Say what was looked at, in a sentence.")
    read = read_policy_file(policy_place(policy, "attest"))
    _expect_known(name, read)
    loaded = agent_of(agent, "attest", policy=read)
    attestation = Attestation(
        name=name,
        agent=loaded.name,
        release=ReleaseId(release) if release else loaded.release,
        reason=reason.strip(),
        expires=SystemClock().now() + lasts,
        withdrawn=withdraw,
    )
    observation = asyncio.run(_sign(attestation, store))
    if as_json:
        document = {"key": observation.key, "release": observation.release, "withdrawn": withdraw}
        typer.echo(json.dumps({**document, **observation.details}, ensure_ascii=False, indent=2))
        return 0
    console = screen()
    word = "withdrawn" if withdraw else f"attested until {str(observation.details['expires'])[:10]}"
    console.print(
        f"{name} of {observation.agent} {observation.release}: {word}, signed by {observation.details['by']}.",
        soft_wrap=True,
    )
    console.print("Next:   remit gate says what is still missing", soft_wrap=True)
    return 0


def _lasting(text: str) -> timedelta:
    from pydantic_core import PydanticCustomError

    from remit.policy.schema import parse_duration

    try:
        lasts = timedelta(seconds=parse_duration(text))
    except PydanticCustomError:
        lasts = timedelta(0)
    if not timedelta(0) < lasts <= timedelta(days=_LONGEST_DAYS):
        raise SettingsError(
            f"remit attest: --expires {text!r} is no time from now, up to {_LONGEST_DAYS} days.\n"
            "  Such as: --expires 90d"
        )
    return lasts


def _expect_known(name: str, policy: "Policy") -> None:
    from remit.documents import suggest
    from remit.policy.gates import AttestationGate

    gates = [gate for gates in policy.gates.values() for gate in gates]
    known = sorted({one for gate in gates if isinstance(gate, AttestationGate) for one in gate.attestations})
    if name not in known:
        mend = suggest(name, known, noun="attestations") if known else "It has no `attest:` gate."
        raise SettingsError(f"remit attest: no gate of the policy asks for {name!r}.\n  {mend}")


async def _sign(attestation: "Attestation", store: Path | None) -> "Observation":
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteAuditLog, SqliteLedger
    from remit.app.attesting import attest as keep
    from remit.identity import Role

    async with open_store(store) as database:
        actor = await acting(database, needs=Role.APPROVER)
        return await keep(
            attestation, actor, ledger=SqliteLedger(database), audit=SqliteAuditLog(database), clock=SystemClock()
        )
