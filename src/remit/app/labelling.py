"""Labels of experts become evidence: kept together or not at all, each with a visible outcome."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from remit.app.accounts import expect_role
from remit.audit import AuditLog, Change
from remit.conversations import AgentName, ConversationId, IntentName
from remit.errors import LedgerConflict, SettlementRefused
from remit.evidence import Ledger, Observation, Selection
from remit.evidence.live import Metric
from remit.identity import Actor, Role
from remit.policy.gates import LiveGate
from remit.policy.model import Policy
from remit.supervision.agreement import Agreement, agreement, histories_of
from remit.supervision.histories import History
from remit.supervision.labels import Label, LabelOutcome, LabelRules, LabelVerdict, Refused
from remit.supervision.proposals import labelled_proposals
from remit.supervision.weighing import Labeller, settle_dispute, weigh

ATTEMPTS = 5
"""How often labels are weighed anew because somebody else labelled the same conversation at the same moment."""


class Weighing(Protocol):
    """What becomes of a label."""

    def __call__(
        self, label: Label, history: History, rules: LabelRules, *, by: Labeller, now: datetime
    ) -> LabelOutcome:
        """The outcome, with the observations to append for it."""
        ...


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What became of some labels.

    Args:
        outcomes: One for each label, in their order.
        kept: Whether anything was kept: all or none.
        n_new: Observations that are new in the ledger.
    """

    outcomes: tuple[LabelOutcome, ...]
    kept: bool
    n_new: int

    @property
    def refused(self) -> tuple[tuple[int, Refused], ...]:
        """Refused labels with their place among the outcomes, from 0."""
        return tuple((place, one) for place, one in enumerate(self.outcomes) if isinstance(one, Refused))

    def counts(self) -> Mapping[str, int]:
        """How many labels had each outcome, by the name of its class."""
        counted: dict[str, int] = {}
        for outcome in self.outcomes:
            counted[type(outcome).__name__] = counted.get(type(outcome).__name__, 0) + 1
        return counted


def rules_of(policy: Policy) -> LabelRules:
    """When labels count by a policy: an outcome matures when the slowest of its gates on bad outcomes says so."""
    waits = [
        gate.evidence.matured_after_s
        for gates in policy.gates.values()
        for gate in gates
        if isinstance(gate, LiveGate) and gate.metric == Metric.BAD_OUTCOME
    ]
    return LabelRules(matured_after=timedelta(seconds=max(waits))) if waits else LabelRules()


async def label_conversations(
    labels: Sequence[Label],
    *,
    actor: Actor,
    ledger: Ledger,
    rules: LabelRules,
    now: datetime,
    keep_rest: bool = False,
    weigh: Weighing = weigh,
) -> LabelReport:
    """Weigh labels one after the other and keep what follows from them in one step.

    Args:
        labels: What the expert says.
        actor: The expert, authenticated.
        ledger: Where conversations are known and evidence is kept.
        rules: When labels count.
        now: The present, UTC.
        keep_rest: Keep the others although some are refused; otherwise one refusal keeps nothing.
        weigh: Labels of contained conversations, or with `weigh_unsent` of proposals that were held back.

    Raises:
        NotPermitted: The actor is no expert.
        LedgerConflict: Others kept labelling the same conversations; nothing was kept, try again.
        StoreUnavailable: Nothing was kept.
    """
    expect_role(actor, Role.EXPERT)
    by = Labeller(actor.id, actor.proof.value)
    for attempt in range(1, ATTEMPTS + 1):
        weighed = await _weigh_all(labels, ledger, lambda label, known: weigh(label, known, rules, by=by, now=now))
        outcomes = tuple(outcome for outcome, _ in weighed)
        if any(isinstance(outcome, Refused) for outcome in outcomes) and not keep_rest:
            return LabelReport(outcomes, kept=False, n_new=0)
        try:
            n_new = await ledger.append(
                [seen for outcome, taught in weighed for seen in (*outcome.observations, *taught)]
            )
        except LedgerConflict:
            if attempt == ATTEMPTS:
                raise
            continue
        return LabelReport(outcomes, kept=True, n_new=n_new)
    raise AssertionError("unreachable")


async def _weigh_all(
    labels: Sequence[Label], ledger: Ledger, weigh: Callable[[Label, History], LabelOutcome]
) -> Sequence[tuple[LabelOutcome, Sequence[Observation]]]:
    """Each label meets what the ledger and the labels before it say; beside it what it says of the proposal."""
    known: dict[ConversationId, History] = {}
    weighed: list[tuple[LabelOutcome, Sequence[Observation]]] = []
    for label in labels:
        history = known.get(label.conversation)
        if history is None:
            history = await history_of(label.conversation, ledger)
        outcome = weigh(label, history)
        weighed.append((outcome, labelled_proposals(history, outcome.observations)))
        known[label.conversation] = history.with_observations(outcome.observations)
    return weighed


async def history_of(conversation: ConversationId, ledger: Ledger) -> History:
    """What the ledger holds of one conversation; read by an index, independent of all others."""
    return History().with_observations(
        [seen async for seen in ledger.select(Selection(conversation=conversation))] if conversation else []
    )


# ── disputes ──────────────────────────────────────────────────────────────────────────────────────
async def settle(
    conversation: ConversationId,
    verdict: LabelVerdict,
    *,
    actor: Actor,
    reason: str,
    ledger: Ledger,
    audit: AuditLog,
    now: datetime,
    loss: float | None = None,
) -> Sequence[Observation]:
    """A third person says which of two contradicting labels holds; recorded with the reason.

    Raises:
        NotPermitted: The actor is no approver.
        SettlementRefused: Nothing is disputed there, or the actor is one of those who disagree.
        StoreUnavailable: Nothing was changed.
    """
    expect_role(actor, Role.APPROVER)
    history = await history_of(conversation, ledger)
    if not history.disputed:
        mend = "`remit label status` lists what is disputed."
        raise SettlementRefused(conversation, "its experts do not disagree, or nobody has labelled it", mend)
    if any(given.expert == actor.id for given in history.labels):
        mend = "Somebody who has not labelled it settles the dispute."
        raise SettlementRefused(conversation, f"{actor.name!r} is one of those who disagree", mend)
    graded = Label(conversation, verdict, now, loss).graded
    observations = settle_dispute(history, bad=verdict.is_bad, loss=graded, by=actor.id, at=now)
    await ledger.append([*observations, *labelled_proposals(history, observations)])
    said = ", ".join(f"{given.expert}: {given.verdict}" for given in history.labels)
    await audit.record(
        Change(
            key=f"label_settled:{observations[0].key}",
            at=now,
            actor=actor,
            action="label_settled",
            subject=conversation,
            reason=reason,
            evidence=observations[0].key,
            before={"labels": said},
            after={"verdict": verdict.value, "loss": graded},
        )
    )
    return observations


# ── what is there ─────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Labelling:
    """How far experts are with the conversations that were drawn.

    Args:
        n_drawn: Conversations that experts are to look at.
        n_not_drawn: Contained conversations on which the draw did not fall.
        n_labelled: Drawn ones with an outcome that counts.
        n_bad: Of those, bad outcomes.
        waiting: Drawn ones without a label, oldest first.
        waiting_for_second: Drawn for two experts, with one label.
        disputed: Experts disagree; nothing counts until it is settled.
        n_not_sampled: Labels that are no evidence because no draw was recorded before them.
        n_too_late: Labels that are no evidence because their window had closed.
        agreement: Of two experts on the conversations that both were given.
        simulated: Whether any of it comes from a simulated world.
        held_back: Conversations that people took, whose proposal was drawn and waits for a word, oldest first.
        n_held_back_said: Those that have it.
    """

    n_drawn: int
    n_not_drawn: int
    n_labelled: int
    n_bad: int
    waiting: tuple[str, ...]
    waiting_for_second: tuple[str, ...]
    disputed: tuple[str, ...]
    n_not_sampled: int
    n_too_late: int
    agreement: Agreement
    simulated: bool
    held_back: tuple[str, ...] = ()
    n_held_back_said: int = 0


async def labelling(ledger: Ledger, *, agent: AgentName | None = None, intent: IntentName | None = None) -> Labelling:
    """How far labelling is; reads every observation of the selection, so it is for people, not for gates."""
    seen = [one async for one in ledger.select(Selection(agent=agent, intent=intent)) if one.conversation]
    every = histories_of(seen)
    held_back = {name: one for name, one in every.items() if _held_back(one)}
    histories = {name: one for name, one in every.items() if name not in held_back}
    drawn = {name: history for name, history in histories.items() if history.drawn}
    settled = [one for one in drawn.values() if one.latest is not None and one.latest.outcome.counts]
    said = [one.details["counts"] for one in seen if one.metric == Metric.EXPERT_LABEL]
    return Labelling(
        n_drawn=len(drawn),
        n_not_drawn=sum(one.draw is not None and not one.drawn for one in histories.values()),
        n_labelled=len(settled),
        n_bad=sum(bool(one.latest and one.latest.outcome.value == "failed") for one in settled),
        waiting=tuple(name for name, one in drawn.items() if not any(given.counts for given in one.labels)),
        waiting_for_second=tuple(
            name for name, one in drawn.items() if one.latest is None and any(given.counts for given in one.labels)
        ),
        disputed=tuple(name for name, one in every.items() if one.disputed),
        n_not_sampled=said.count("not_sampled"),
        n_too_late=said.count("too_late"),
        agreement=agreement(histories.values()),
        simulated=any(one.strength.name == "SIMULATED" for one in seen),
        held_back=tuple(name for name, one in held_back.items() if not any(given.counts for given in one.labels)),
        n_held_back_said=sum(any(given.counts for given in one.labels) for one in held_back.values()),
    )


def _held_back(one: History) -> bool:
    own = one.proposed
    return own is not None and not one.contained and own.details.get("drawn") is True and not own.details.get("expert")
