"""`remit release fingerprint`: has an agent that runs elsewhere changed behind its digest?"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from remit.cli.release_desk import JsonOption, PolicyOption, open_desk, print_json
from remit.cli.screen import screen
from remit.cli.stores import StoreOption
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.fingerprinting import Taken
    from remit.audit import Change
    from remit.identity import Actor

EXIT_SUSPECTED = 1
EXIT_UNDECIDED = 2


def fingerprint(
    agent: Annotated[Path | None, typer.Argument(help="The agent's definition; default: the centre's.")] = None,
    *,
    rounds: Annotated[int, typer.Option(min=0, help="Replies to each probe; 0: 4 for a baseline, 2 for a check.")] = 0,
    probes: Annotated[
        Path | None,
        typer.Option(help="Messages to ask, one a line; default: examples of the policy's intents that only read."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--accept", help="Accept how it behaves now as the new baseline; needs the role operator.")
    ] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask an agent a fixed set of messages and compare with its baseline; suspected drift freezes promotion.

    `remit serve` and `remit worker` do it every day for an agent that runs elsewhere. The first run makes the
    baseline. An unchanged agent is suspected with probability at most
    1/365 a run, whatever its own randomness. Exit codes: 0 nothing found, 1 drift is suspected, 2 too few probes or
    rounds to suspect anything, 3 error.
    """
    return asyncio.run(_fingerprint(agent, rounds, probes, policy, store, anew=anew, as_json=as_json))


async def _fingerprint(
    agent: Path | None,
    rounds: int,
    probes: Path | None,
    policy: Path | None,
    store: Path | None,
    *,
    anew: bool,
    as_json: bool,
) -> int:
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteAuditLog
    from remit.app.fingerprint_schedule import act_on
    from remit.app.fingerprinting import probes_of, take_fingerprint
    from remit.control.suspected_change import order_on_acceptance
    from remit.identity import Role

    async with open_desk(policy, store, agent=agent, make=not anew) as desk:
        actor = await desk.acting(Role.OPERATOR) if anew else None
        messages = probes_of(desk.policy) if probes is None else _read(probes)
        if not messages:
            raise SettingsError(
                "remit release fingerprint: the policy has no example of an intent that only reads.\n"
                "  Name a file with harmless messages, one a line: --probes probes.txt"
            )
        console = screen(stderr=True)
        bar = Progress(
            TextColumn("Asking {task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=as_json or not console.is_terminal,
        )
        with bar:
            task = bar.add_task(desk.agent, total=None)
            taken = await take_fingerprint(
                desk.loaded,
                desk.releasing.stores.fingerprints,
                SystemClock(),
                probes=messages,
                rounds=rounds or None,
                anew=anew,
                on_reply=lambda: bar.advance(task),
            )
        book = desk.releasing.stores.book
        if actor is not None:
            said = _acceptance(taken, actor)
            await SqliteAuditLog(desk.database).record(said)
            remit = await book.remit(desk.agent)
            thaw = order_on_acceptance(desk.agent, taken.fingerprint.release, remit, actor, said.at, reason=said.reason)
            if thaw is not None:
                await book.enact(thaw)
        await act_on(taken, desk.policy, book, SystemClock())
    return _tell(taken, opaque=desk.loaded.opaque, as_json=as_json)


def _acceptance(taken: "Taken", actor: "Actor") -> "Change":
    from remit.audit import Change

    made = taken.fingerprint
    subject = f"{made.agent}/{made.release}"
    why = f"how it behaves now is the new baseline: {len(made.replies)} probes, {made.n_rounds} replies each"
    return Change(f"fingerprint:{subject}:{made.at.isoformat()}", made.at, actor, "fingerprint_accepted", subject, why)


def _read(path: Path) -> dict[str, str]:
    from remit.releases.fingerprint import probe_digest

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"probes {str(path)!r}: cannot be read ({type(error).__name__}).\n  Check it.") from error
    return {probe_digest(line.strip()): line.strip() for line in lines if line.strip()}


def _tell(taken: "Taken", *, opaque: bool, as_json: bool) -> int:
    check = taken.check
    code = 0
    if check is not None:
        code = EXIT_SUSPECTED if check.suspected else 0 if check.can_suspect else EXIT_UNDECIDED
    if as_json:
        print_json(_document(taken, code))
        return code
    console = screen()
    made = taken.fingerprint
    console.print(f"{made.release} of {made.agent}: {len(made.replies)} probes, {made.n_rounds} replies each.")
    if not opaque:
        console.print("It runs here: whatever changes it changes its release. The fingerprint is a second look.")
    if check is None:
        console.print("This is the baseline.")
        console.print("next: remit release fingerprint, every day; it compares with the baseline")
        return code
    chance = f"p = {check.p_value:.4g}, false alarm at most {check.alpha:.4g} a run"
    if check.suspected:
        console.print(f"Drift is suspected ({chance}); {check.n_changed} of {check.n_probes} probes are answered anew.")
        console.print("Promotions of the agent are frozen, and an incident is open.")
        console.print("next: find out what changed; then remit release fingerprint --accept lifts the freeze")
    elif check.can_suspect:
        console.print(f"No drift is shown ({chance}). next: again tomorrow")
    else:
        console.print(f"So few probes and rounds can show nothing (least p {check.least_p_value:.3g}).")
        console.print("next: more probes with --probes, or a longer baseline with --accept --rounds 6")
    return code


def _document(taken: "Taken", code: int) -> dict[str, object]:
    check = taken.check
    found = None
    if check is not None:
        found = {
            "suspected": check.suspected,
            "p_value": check.p_value,
            "alpha": check.alpha,
            "n_probes": check.n_probes,
            "n_changed": check.n_changed,
            "least_p_value": check.least_p_value,
        }
    return {
        "agent": taken.fingerprint.agent,
        "release": taken.fingerprint.release,
        "n_probes": len(taken.probes),
        "n_rounds": taken.fingerprint.n_rounds,
        "check": found,
        "exit_code": code,
    }
