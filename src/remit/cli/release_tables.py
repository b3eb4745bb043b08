"""Releases, diffs and comparisons as people and machines read them."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from remit.cli.screen import counted

if TYPE_CHECKING:
    from remit.app.comparing import Compared
    from remit.app.release_history import History
    from remit.app.releasing import Outcome
    from remit.conversations import IntentName
    from remit.releases.comparison import BeforeTheRun, Comparison
    from remit.releases.diff import ReleaseDiff
    from remit.releases.inheritance import Plan
    from remit.releases.model import Release

_STYLES = {"moved": "green", "inherited": "green", "stayed": "yellow", "failed": "red", "refused": "red"}
_WHOLE = ("", "intent", "release", "old", "new", "+ / -")
"""Columns whose cells would be hard to read in two lines."""
_ADVICE_STYLES = {"promote": "green", "roll back": "red", "undecided": "yellow"}


def table(*columns: str) -> Table:
    """An empty table with these headings."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    return made


# ── releases ──────────────────────────────────────────────────────────────────────────────────────
def releases_table(history: "History", names: "Mapping[str, str]") -> Table:
    """Every release, newest last, with the intents for which it is stable or a canary.

    Args:
        history: Of the agent.
        names: Of accounts, by id.
    """
    from remit.releases.stages import Canary, Stable

    made = table("release", "label", "registered", "by", "parts", "stable for", "canary of")
    for one in history.registrations:
        stages = [(intent, line.stages.get(one.release.id)) for intent, line in history.lines.items()]
        stable = [intent for intent, stage in stages if isinstance(stage, Stable)]
        canary = [f"{intent} {stage.step.label}" for intent, stage in stages if isinstance(stage, Canary)]
        opaque = " (opaque)" if one.release.opaque else ""
        made.add_row(
            one.release.id,
            one.label,
            f"{one.at:%Y-%m-%d %H:%M}",
            names.get(one.by, one.by),
            f"{len(one.release.parts)}{opaque}",
            many(stable),
            many(canary),
        )
    return made


def parts_table(release: "Release") -> Table:
    """What a release is made of."""
    made = table("part", "name", "digest", "reaches", "because")
    for part in release.parts:
        made.add_row(part.kind.value, part.name, part.digest[:12], str(part.reach), part.why)
    return made


def stages_table(history: "History", release: "Release") -> Table:
    """Where a release stands, intent by intent."""
    from remit.releases.stages import Retired, in_words

    made = table("intent", "stage", "stable release", "attempt")
    for intent, line in history.lines.items():
        stage = line.stages.get(release.id)
        if stage is None:
            continue
        tries = [one for one in history.attempts if (one.intent, one.release) == (intent, release.id)]
        said = f"{tries[-1].number}, {tries[-1].ending.value}" if tries else "-"
        why = f": {stage.why}" if isinstance(stage, Retired) and stage.why else ""
        made.add_row(intent, in_words(stage) + why, line.stable or "none", said)
    return made


def many(names: Sequence[str]) -> str:
    """A few names, or how many there are."""
    return ", ".join(names) if len(names) <= 3 else counted(len(names), "intent")


# ── diffs ─────────────────────────────────────────────────────────────────────────────────────────
def diff_table(diff: "ReleaseDiff", intents: Sequence["IntentName"]) -> Table:
    """What changed, and what that reaches."""
    made = table("changed", "how", "reaches", "because")
    for change in diff.changes:
        reached = change.reach.among(intents)
        said = f"all {len(intents)} intents" if len(reached) == len(intents) else ", ".join(reached) or "no intent"
        made.add_row(f"{change.kind.value} {change.name!r}", change.change.value, said, change.why)
    return made


def diff_summary(diff: "ReleaseDiff", intents: Sequence["IntentName"]) -> str:
    """One line below the table."""
    reached = diff.reach.among(intents)
    left = len(intents) - len(reached)
    opaque = " The agent, or a part of it, runs elsewhere: this is what its definition says." if diff.opaque else ""
    return (
        f"{counted(len(diff.changes), 'part')} changed: {counted(len(reached), 'intent')} of {len(intents)} reached, "
        f"{left} cannot be reached and keep their grants and their evidence.{opaque}"
    )


def diff_document(diff: "ReleaseDiff", intents: Sequence["IntentName"]) -> Mapping[str, Any]:
    """The same for machines."""
    return {
        "old": diff.old,
        "new": diff.new,
        "opaque": diff.opaque,
        "changes": [
            {
                "kind": change.kind.value,
                "name": change.name,
                "change": change.change.value,
                "reaches": list(change.reach.among(intents)),
                "why": change.why,
            }
            for change in diff.changes
        ],
        "reached": list(diff.reach.among(intents)),
        "unreached": [intent for intent in intents if not diff.reaches(intent)],
    }


def plan_lines(plan: "Plan") -> Iterable[str]:
    """What a successor inherits, one sentence a kind."""
    if plan.kept:
        yield f"keeps at once: {', '.join(f'{one.intent} ({one.level.label})' for one in plan.kept)}"
    for one in plan.guarded:
        from remit.releases.stages import CanaryStep

        first = one.exposure_at_most[CanaryStep.FIRST]
        yield (
            f"{one.intent}: paired regression, then a canary at {one.level.label}, {one.review:.0%} reviewed, "
            f"at most {first} conversations at the first step ({'; '.join(one.why)})"
        )


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────
def before_in_words(before: "BeforeTheRun") -> str:
    """What a comparison could show at all; said before its result."""
    if not before.n_scenarios:
        return "Before the run: no scenario has been played by both, so nothing can be shown."
    expected = (
        f"{counted(before.n_scenarios, 'scenario')}, one trial a release each, about {before.differing:.0%} expected "
        f"to differ, alpha {before.alpha:.3g}, looked at after each scenario"
    )
    if before.difference is None:
        return (
            f"Before the run: {expected}: even a release that is never worse where they differ would be shown to be "
            f"better in fewer than {before.power:.0%} of such runs. More scenarios are needed."
        )
    return (
        f"Before the run: {expected}: a gain of {100 * before.difference:.1f} points can be shown with "
        f"probability {before.power:.0%}."
    )


def comparison_table(compared: "Compared") -> Table:
    """One row an intent, all of them last."""
    made = table("intent", "scenarios", "old", "new", "+ / -", "e better / worse", "McNemar p", "")
    for intent, one in compared.by_intent.items():
        made.add_row(intent, *_cells(one))
    if len(compared.by_intent) != 1:
        made.add_row("all", *_cells(compared.overall))
    return made


def _cells(one: "Comparison") -> tuple[str | Text, ...]:
    old = (sum(pair.old_passed for pair in one.pairs), sum(pair.old_trials for pair in one.pairs))
    new = (sum(pair.new_passed for pair in one.pairs), sum(pair.new_trials for pair in one.pairs))
    advice = one.advice.value
    return (
        str(len(one.pairs)),
        f"{old[0]}/{old[1]}",
        f"{new[0]}/{new[1]}",
        f"+{one.counts.n_better} / -{one.counts.n_worse}",
        f"{exp(one.log_e_better):.3g} / {exp(one.log_e_worse):.3g}",
        f"{one.p_value:.3g}",
        Text(advice, style=_ADVICE_STYLES[advice]),
    )


def comparison_notes(compared: "Compared") -> Iterable[str]:
    """How to read it."""
    one = compared.overall
    yield "old, new: trials passed of all; + / -: scenarios in which the new release did better / worse."
    kind = "simulated" if compared.simulated else "live and simulated"
    yield (
        f"Every trial of both releases in the ledger ({compared.suite}, {kind}); an e-value of {1 / one.alpha:.3g} "
        f"decides (alpha {one.alpha:.3g}), whenever one looks; McNemar's p is for one look."
    )
    if one.n_earlier:
        earlier = counted(one.n_earlier, "candidate")
        yield f"{earlier} played these scenarios before: the error level is the ledger's share."
    if one.n_unpaired:
        yield f"{counted(one.n_unpaired, 'scenario')} left out: only one of the two has played them."


def comparison_document(compared: "Compared") -> Mapping[str, Any]:
    """The same for machines."""
    return {
        "suite": compared.suite,
        "simulated": compared.simulated,
        "overall": _document(compared.overall),
        "by_intent": {intent: _document(one) for intent, one in compared.by_intent.items()},
    }


def _document(one: "Comparison") -> Mapping[str, Any]:
    return {
        "advice": one.advice.value,
        "n_scenarios": len(one.pairs),
        "n_better": one.counts.n_better,
        "n_worse": one.counts.n_worse,
        "n_same": one.counts.n_same,
        "log_e_better": one.log_e_better,
        "log_e_worse": one.log_e_worse,
        "p_value_one_look": one.p_value,
        "alpha": one.alpha,
        "n_earlier_candidates": one.n_earlier,
        "n_unpaired": one.n_unpaired,
        "before_the_run": before_document(one.before),
    }


def before_document(before: "BeforeTheRun") -> Mapping[str, Any]:
    """What could be shown, for machines."""
    return {
        "n_scenarios": before.n_scenarios,
        "differing_expected": before.differing,
        "alpha": before.alpha,
        "power": before.power,
        "minimum_detectable_difference": before.difference,
    }


# ── moves ─────────────────────────────────────────────────────────────────────────────────────────
def outcomes_table(outcomes: Sequence["Outcome"]) -> Table:
    """What became of a release on each intent."""
    from remit.releases.stages import in_words

    made = table("intent", "was", "is", "", "why or what is missing")
    for one in outcomes:
        was = "-" if one.before is None else in_words(one.before)
        now = "-" if one.after is None else in_words(one.after)
        made.add_row(one.intent, was, now, Text(one.what, style=_STYLES[one.what]), "; ".join(one.why))
    return made


def outcomes_document(outcomes: Sequence["Outcome"]) -> list[Mapping[str, Any]]:
    """The same for machines."""
    from remit.releases.stages import in_words

    return [
        {
            "intent": one.intent,
            "before": None if one.before is None else in_words(one.before),
            "after": None if one.after is None else in_words(one.after),
            "what": one.what,
            "why": list(one.why),
            "attempt": None
            if one.attempt is None
            else {
                "number": one.attempt.number,
                "alpha": one.attempt.alpha,
                "proposer": one.attempt.proposer,
                "signed_by": [sign.actor for sign in one.attempt.signatures],
                "ending": one.attempt.ending.value,
            },
        }
        for one in outcomes
    ]
