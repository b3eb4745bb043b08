"""What a tasks file holds: its scenarios, and what an agent without any skill passes of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remit.adapters.formats.tau import NOT_RECOMPUTED, read_tasks
from remit.adapters.formats.tau.casting import Casting, cast_customer
from remit.adapters.formats.tau.suite_file import render_suite, render_world
from remit.adapters.worlds.tau.world import HANDOFF_TOOL
from remit.app.replay import load_worlds, run_references
from remit.app.reporting import write_whole
from remit.errors import SettingsError
from remit.evaluation.model import Baseline
from remit.evaluation.replay import JUDGED, ReferenceEnd, score_baselines
from remit.scenarios.model import AgendaCustomer, InstructedCustomer, Scenario


@dataclass(frozen=True, slots=True)
class Tasks:
    """A tasks file as scenarios.

    `references` and `baselines` are empty without the world, which is made of the data in `folder`; scenarios that no
    replay can score are in neither.
    """

    source: str
    suite: str
    scenarios: tuple[Scenario, ...]
    references: Mapping[str, ReferenceEnd]
    baselines: tuple[Baseline, ...]
    folder: Path | None = None


async def examine_tasks(path: Path, *, data: Path | None) -> Tasks:
    """Read the tasks and run their references and the baselines on the world, if its data are given.

    Raises:
        ImportFormatError: The file is not a tasks file, or the data cannot be used.
    """
    scenarios = read_tasks(path)
    suite = scenarios[0].start.world
    folder, worlds = load_worlds(suite, data)
    if not worlds:
        return Tasks(str(path), suite, scenarios, {}, ())
    references = await run_references(scenarios, worlds["current"])
    scorable = [scenario for scenario in scenarios if scenario.version in references]
    baselines = score_baselines(scorable, references, handoff_tool=HANDOFF_TOOL)
    return Tasks(str(path), suite, scenarios, references, baselines, folder)


def write_suite(tasks: Tasks, file: Path, *, always_model: bool = False) -> str:
    """Write the tasks that can be scored as a suite, with the world it names beside it; returns what was written.

    Args:
        tasks: What was read.
        file: The suite's file.
        always_model: Have a language model play also the customers that an agenda could play.

    Raises:
        SettingsError: There is no world, or a file cannot be written.
    """
    if tasks.folder is None:
        raise SettingsError(
            f"{tasks.source}: a suite needs the world of {tasks.suite}.\n"
            "  Give the benchmark's data with --tasks; there are worlds for airline and retail."
        )
    scorable = [one for one in tasks.scenarios if one.version in tasks.references]
    edition, _, domain = tasks.suite.partition("-")
    world = file.with_name(f"{file.stem.replace('-', '_')}_world.py")
    source = Path(tasks.source).name
    cast = [(one, cast_customer(one, always_model=always_model)) for one in scorable]
    text = render_suite(cast, name=tasks.suite, world=f"{world.name}:world", source=source)
    write_whole(world, render_world(tasks.folder.resolve(), domain, edition))
    write_whole(file, text)
    left_out = len(tasks.scenarios) - len(scorable)
    more = f"; {left_out} that no replay can score are left out" if left_out else ""
    n_model = sum(isinstance(casting.customer, InstructedCustomer) for _, casting in cast)
    need = f". To play {n_model} of them set REMIT_CUSTOMER_URL and REMIT_CUSTOMER_MODEL" if n_model else ""
    return f"{len(scorable)} scenarios are in {file}, their world in {world}{more}{need}"


def describe_tasks(tasks: Tasks) -> tuple[str, ...]:
    """What there is to say of them, one sentence each."""
    intents = {scenario.intent for scenario in tasks.scenarios}
    said = [f"{len(tasks.scenarios)} scenarios of {len(intents)} intents; a tasks file holds no outcome to keep"]
    obstacles = [_obstacle(scenario) for scenario in tasks.scenarios]
    said += [
        f"{obstacles.count(reason)} of them cannot be re-scored in full: {reason}"
        for reason in dict.fromkeys(obstacles)
        if reason
    ]
    # A judge is not asked here; its part is taken as held.
    at_most = "at most " if any(scenario.extra.get(JUDGED) for scenario in tasks.scenarios) else ""
    said += [
        f"{each.name.replace('_', ' ')} passes {at_most}{each.n_passed} of {each.n_scenarios} scenarios"
        for each in tasks.baselines
    ]
    said += _castings([cast_customer(scenario) for scenario in tasks.scenarios])
    failing = [scenario.id for scenario in tasks.scenarios if _fails(tasks.references.get(scenario.version))]
    if failing:
        said.append(f"a write fails in the reference of: {', '.join(failing)}")
    return tuple(said)


def _castings(castings: list[Casting]) -> list[str]:
    """How many customers each kind of player can play, and why an agenda does not play the others."""
    n_agenda = sum(isinstance(one.customer, AgendaCustomer) for one in castings)
    n_model = sum(isinstance(one.customer, InstructedCustomer) for one in castings)
    n_nobody = len(castings) - n_agenda - n_model
    counts = f"an agenda can play {n_agenda}, a language model has to play {n_model}, nobody can play {n_nobody} yet"
    reasons = Counter(one.why for one in castings if one.why)
    return [f"customers: {counts}", *(f"no agenda for {n}: {why}" for why, n in reasons.most_common())]


def tasks_document(tasks: Tasks) -> Mapping[str, Any]:
    """The same as JSON values."""
    return {
        "source": tasks.source,
        "suite": tasks.suite,
        "scenarios": [
            {
                "id": one.id,
                "intent": one.intent,
                "version": one.version,
                "not_recomputed": _obstacle(one) or None,
                "customer": _player(cast_customer(one)),
            }
            for one in tasks.scenarios
        ],
        "baselines": {each.name: {"passed": each.n_passed, "scenarios": each.n_scenarios} for each in tasks.baselines},
        "findings": list(describe_tasks(tasks)),
    }


def _player(casting: Casting) -> str | None:
    match casting.customer:
        case AgendaCustomer():
            return "agenda"
        case InstructedCustomer():
            return "llm"
        case _:
            return None


def _obstacle(scenario: Scenario) -> str:
    return str(scenario.extra.get(NOT_RECOMPUTED) or scenario.extra.get(JUDGED) or "")


def _fails(reference: ReferenceEnd | None) -> bool:
    return reference is not None and bool(reference.failed_writes)
