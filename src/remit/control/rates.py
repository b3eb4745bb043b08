"""Monitors of a rate against its budget: a change detector, the rollback test charged at the start, half a budget.

The counts, the detector, the discount by day and the treatment of late labels are those of error budgets
(`remit.slo.counting`); the lines, and what is done behind them, are those of the policy's rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Any

from remit.control.actions import Action
from remit.conversations import ConversationId, IntentName
from remit.documents import digest_of
from remit.evidence import Observation, Outcome, Recorded, Strength
from remit.policy.rollback import BudgetSpent, ChangeDetected, Do, condition_words
from remit.slo import BudgetCounting, BudgetCounts, Objective
from remit.slo.counting import Key, total
from remit.slo.objectives import HALF_BURNED
from remit.statistics import average_log_e, e_value

_NEVER = 1e-12
"""An error level, or the inverse of a number of days, at which a line is never crossed."""
MOST_REMEMBERED = 20
"""How many affected conversations a monitor remembers."""

RateRule = ChangeDetected | BudgetSpent
_NARROWS: frozenset[Do] = frozenset({"demote", "rollback", "stop"})


@dataclass(frozen=True, slots=True)
class Watched:
    """Counts of one release at one level.

    Args:
        counts: As error budgets count.
        conversations: The latest that went wrong.
        fired: By the number of the rule, the place of the ledger at which its line was crossed.
    """

    counts: BudgetCounts
    conversations: tuple[ConversationId, ...] = ()
    fired: Mapping[int, int] = field(default_factory=dict)


def counting_of(metric: str, eps: float, *, window_s: float, least: Strength) -> BudgetCounting:
    """Counts of a metric against a budget. Its own lines are out of reach: the rules have theirs.

    Args:
        metric: What is counted.
        eps: The budget.
        window_s: For how long a label may still come.
        least: Weaker observations do not count.
    """
    objective = Objective(
        name="rollback-rules",
        service="control",
        metric=metric,
        target=round(1.0 - eps, 12),
        alpha=_NEVER,
        days_between_false_alarms=1.0 / _NEVER,
        matured_after_s=window_s,
    )
    return BudgetCounting(objective, least=least)


class RateMonitor:
    """The policy's rules on one metric and budget, on each release, intent and level by itself; one state for all.

    When a rule that narrows has fired, everything begins again, so that what is left of the same cause does not
    alarm at each observation; the others fire once until then.

    Args:
        rules: What is watched, and what is asked for.
        eps: The budget at these levels.
        levels: Names of the levels with this budget.
        window_s: For how long a label may still come.
        least: Weaker observations do not count.
        policy: Digest of the policy in force; what was seen under another one moved other grants.
    """

    def __init__(
        self,
        rules: Sequence[tuple[RateRule, Do]],
        *,
        eps: float,
        levels: frozenset[str],
        window_s: float,
        policy: str,
        least: Strength = Strength.PROOF_OF_VALUE,
    ) -> None:
        self._rules = tuple(rules)
        self._policy = policy
        self._eps = eps
        self._levels = levels
        self._counting = counting_of(self._rules[0][0].metric, eps, window_s=window_s, least=least)
        said = [(condition_words(rule), do) for rule, do in self._rules]
        self._name = f"rate-{digest_of((policy, said, sorted(levels), self._counting.name))[:12]}"

    @property
    def name(self) -> str:
        """Other rules, another budget or window begin again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The agent, release, intent and level; None if it does not count here."""
        if observation.level not in self._levels or observation.policy != self._policy:
            return None
        return self._counting.key_of(observation)

    def start(self, key: str) -> Watched:
        """Nothing seen."""
        return Watched(self._counting.start(key))

    def add(self, state: Watched, recorded: Recorded) -> Watched:
        """One observation more."""
        if any(self._rules[number][1] in _NARROWS for number in state.fired):
            state = self.start("")
        after = added(self._counting, state, recorded)
        if after.conversations == state.conversations:
            return after
        # Evidence against grows with a failure and with nothing else.
        new = {
            number: recorded.position
            for number, (rule, _) in enumerate(self._rules)
            if number not in after.fired and _crossed(rule, after.counts, self._eps)
        }
        return replace(after, fired={**after.fired, **new}) if new else after

    def encode(self, state: Watched) -> Any:
        """As JSON values."""
        fired = [[number, position] for number, position in state.fired.items()]
        return [self._counting.encode(state.counts), list(state.conversations), fired]

    def decode(self, document: Any) -> Watched:
        """From JSON values."""
        counts, conversations, fired = document
        return Watched(self._counting.decode(counts), tuple(map(ConversationId, conversations)), dict(fired))

    def actions(self, key: str, before: Watched, after: Watched, recorded: Recorded) -> Mapping[str, Any]:
        """What the rules ask for whose line is crossed now."""
        del before
        asked = {}
        for number, position in after.fired.items():
            if position == recorded.position:
                action = self._action(Key.parse(key), number, after, recorded)
                asked[f"{action.key(self._name)}:{number}"] = action.as_document()
        return asked

    def _action(self, place: Key, number: int, after: Watched, recorded: Recorded) -> Action:
        rule, do = self._rules[number]
        return Action(
            do=do,
            agent=place.agent,
            intent=place.intent,
            release=place.release,
            level=place.level,
            rule=condition_words(rule),
            why=self._why(rule, after.counts),
            position=recorded.position,
            at=recorded.observation.at.isoformat(),
            conversations=after.conversations,
            n_conversations=total(after.counts.whole).n_errors,
        )

    def _why(self, rule: RateRule, counts: BudgetCounts) -> str:
        seen = total(counts.whole)
        per = self._counting.objective.indicator.per
        what = (
            f"{seen.n_errors} bad ({rule.metric}) in {seen.n_begun} {per}s that began at this level of this release, "
            f"budget {self._eps:g}"
        )
        detector = counts.detector
        if isinstance(rule, ChangeDetected) and detector is not None:
            bar = counts.threshold(rule.days_between_false_alarms)
            return (
                f"{what}; change statistic {detector.statistic:,.0f} reached {bar:,.0f} "
                f"({rule.days_between_false_alarms:g} days between false alarms at the volume so far)"
            )
        return f"{what}; {_test_words(counts.log_e_rollback(self._eps), _line(rule), counts)}"


def _crossed(rule: RateRule, counts: BudgetCounts, eps: float) -> bool:
    if isinstance(rule, BudgetSpent):
        return counts.log_e_rollback(eps) >= log(_line(rule))
    detector = counts.detector
    return detector is not None and detector.statistic >= counts.threshold(rule.days_between_false_alarms)


def _line(rule: RateRule) -> float:
    """The e-value that a budget's rule waits for."""
    if isinstance(rule, BudgetSpent) and rule.state == "burned":
        return 1.0 / round(1.0 - rule.confidence, 12)
    return HALF_BURNED


def _test_words(log_e: float, line: float, counts: BudgetCounts) -> str:
    effect = counts.effect()
    return (
        f"e-value {e_value(log_e):,.3g} reached {line:,.3g} (rollback test charged at the start, design effect by "
        f"day {effect.phi_upper:.2f} over {effect.n_clusters} days)"
    )


def added(counting: BudgetCounting, state: Watched, recorded: Recorded) -> Watched:
    """One observation more, and its conversation if it went wrong."""
    counts = counting.add(state.counts, recorded)
    if counts is state.counts:
        return state
    # Summing up 90 days costs more than everything else: only a failure can have made it worse.
    failed = recorded.observation.outcome is Outcome.FAILED
    if not failed or total(counts.whole).n_errors <= total(state.counts.whole).n_errors:
        return replace(state, counts=counts)
    conversation = ConversationId(recorded.observation.conversation)
    return replace(state, counts=counts, conversations=(*state.conversations, conversation)[-MOST_REMEMBERED:])


@dataclass(frozen=True, slots=True)
class Pooled:
    """Counts of each intent of a pool, on one clock."""

    members: Mapping[IntentName, Watched]
    crossed_at: int = 0


class PooledMonitor:
    """One rule over the intents of a risk class: at least one of them is burned, or has changed.

    Evidence is averaged over all intents of the pool as the policy names it, those without data included, each as it
    stands at the same moment. What is asked for is asked for every one of them: the average does not say which.
    """

    def __init__(
        self,
        rule: RateRule,
        do: Do,
        intents: Sequence[IntentName],
        *,
        eps: float,
        levels: frozenset[str],
        window_s: float,
        policy: str,
        least: Strength = Strength.PROOF_OF_VALUE,
    ) -> None:
        self._policy = policy
        self._rule = rule
        self._do = do
        self._intents = tuple(intents)
        self._eps = eps
        self._levels = levels
        self._counting = counting_of(rule.metric, eps, window_s=window_s, least=least)
        parts = (policy, condition_words(rule), do, sorted(levels), self._intents, self._counting.name)
        self._name = f"pool-{digest_of(parts)[:12]}"

    @property
    def name(self) -> str:
        """Another rule, budget, window or pool begins again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The agent and release; None if it does not count here."""
        if observation.intent not in self._intents or observation.level not in self._levels:
            return None
        if observation.policy != self._policy or self._counting.key_of(observation) is None:
            return None
        return f"{observation.agent}|{observation.release}"

    def start(self, key: str) -> Pooled:
        """Nothing seen."""
        return Pooled({intent: Watched(self._counting.start(key)) for intent in self._intents})

    def add(self, state: Pooled, recorded: Recorded) -> Pooled:
        """One observation more."""
        if state.crossed_at:
            state = self.start("")
        intent = recorded.observation.intent
        member = state.members[intent]
        after = added(self._counting, member, recorded)
        members = {**state.members, intent: after}
        worse = len(after.conversations) and after.conversations != member.conversations
        crossed = bool(worse) and self._log_evidence(members) >= self._log_line(members)
        return Pooled(members, recorded.position if crossed else 0)

    def encode(self, state: Pooled) -> Any:
        """As JSON values."""
        members = {
            intent: [self._counting.encode(one.counts), list(one.conversations)]
            for intent, one in state.members.items()
        }
        return [members, state.crossed_at]

    def decode(self, document: Any) -> Pooled:
        """From JSON values."""
        members, crossed_at = document
        return Pooled(
            {
                IntentName(intent): Watched(self._counting.decode(counts), tuple(map(ConversationId, conversations)))
                for intent, (counts, conversations) in members.items()
            },
            crossed_at,
        )

    def actions(self, key: str, before: Pooled, after: Pooled, recorded: Recorded) -> Mapping[str, Any]:
        """What the rule asks for, for every intent of the pool."""
        del key, before
        if after.crossed_at != recorded.position:
            return {}
        seen = recorded.observation
        asked = [
            Action(
                do=self._do,
                agent=seen.agent,
                intent=intent,
                release=seen.release,
                level="",
                rule=condition_words(self._rule),
                why=self._why(after),
                position=recorded.position,
                at=seen.at.isoformat(),
                conversations=after.members[intent].conversations,
                n_conversations=total(after.members[intent].counts.whole).n_errors,
            )
            for intent in self._intents
        ]
        return {action.key(self._name): action.as_document() for action in asked}

    def _log_evidence(self, members: Mapping[IntentName, Watched]) -> float:
        if isinstance(self._rule, BudgetSpent):
            return average_log_e([one.counts.log_e_rollback(self._eps) for one in members.values()])
        statistics = (one.counts.detector.statistic for one in members.values() if one.counts.detector is not None)
        return log(max(sum(statistics), _NEVER))

    def _log_line(self, members: Mapping[IntentName, Watched]) -> float:
        if isinstance(self._rule, BudgetSpent):
            return log(_line(self._rule))
        days = self._rule.days_between_false_alarms
        # The sum of the statistics against the total volume: the average against the average volume.
        volumes = [one.counts.threshold(days) for one in members.values() if total(one.counts.whole).n_begun]
        return log(sum(volumes))

    def _why(self, state: Pooled) -> str:
        counts = {intent: total(one.counts.whole) for intent, one in state.members.items()}
        seen = ", ".join(f"{intent} {one.n_errors} in {one.n_begun}" for intent, one in counts.items())
        log_e, line = self._log_evidence(state.members), self._log_line(state.members)
        what = "average e-value" if isinstance(self._rule, BudgetSpent) else "sum of the change statistics"
        return (
            f"pool {self._rule.pool!r}, bad ({self._rule.metric}): {seen}, budget {self._eps:g}; {what} "
            f"{e_value(log_e):,.3g} reached {e_value(line):,.3g}"
        )
