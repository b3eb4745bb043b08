"""Proposals that were judged right or wrong: which of them count, and that each had the same chance to be chosen."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from remit.calibration.signals import Signals
from remit.conversations import IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, Outcome, Strength

METRIC = "proposal"
"""The ledger's metric of labelled proposals: passed means that the proposal was right."""
SIGNAL = "signal."
"""Details of such an observation whose name begins like this are signals."""
OUT_OF_SCOPE = "out_of_scope"
"""The detail that is true if no intent of the policy was meant: whatever the agent proposed was wrong."""

_BINDING = frozenset({LabelSource.HUMAN_CONFIRMED, LabelSource.STATE_CHECK})


@dataclass(frozen=True, slots=True)
class LabelledProposal:
    """One proposal, what was known about it, and what an expert or the state of the world said.

    Args:
        key: Names the proposal, such as `<turn>/<step>`.
        intent: As the policy names it.
        signals: What was known before.
        wrong: Whether it was wrong.
        sampling_probability: Chance with which it was chosen to be looked at; None if nobody recorded it.
        source: Who said so.
        out_of_scope: No intent of the policy was meant.
        release: The release that proposed; empty if the source does not say.
        simulated: The customer was not a real one.
        at: When it was proposed; None if the source does not say.
    """

    key: str
    intent: IntentName
    signals: Signals
    wrong: bool
    sampling_probability: float | None = 1.0
    source: LabelSource = LabelSource.HUMAN_CONFIRMED
    out_of_scope: bool = False
    release: ReleaseId = ReleaseId("")
    simulated: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountedLabels:
    """Labels that count, and how many do not, by reason in words.

    Args:
        labels: In the order of their keys' digests, which is as good as any and the same everywhere.
        excluded: Reason to number.
        n_thinned: Labels left out so that each conversation had the same chance to be among the rest.
        sampling_probability: That chance.
    """

    # Not in the repr: asyncio writes results of tasks out, and a hundred thousand labels take seconds.
    labels: tuple[LabelledProposal, ...] = field(repr=False)
    excluded: Mapping[str, int] = field(default_factory=dict)
    n_thinned: int = 0
    sampling_probability: float = 1.0

    @property
    def digest(self) -> str:
        """SHA-256 of keys, signals and labels, in hex: equal data, equal digest."""
        whole = hashlib.sha256()
        # `counted` has put them into an order of their own, and signals come in a fixed one.
        for each in self.labels:
            known = each.signals.present()
            whole.update(f"{each.key!r}{each.intent!r}{each.wrong}{each.out_of_scope}{known}".encode())
        return whole.hexdigest()


def label_of(seen: Observation) -> LabelledProposal | None:
    """The labelled proposal of an observation; None if it is about something else or does not count."""
    if seen.metric != METRIC or not seen.outcome.counts:
        return None
    return LabelledProposal(
        key=seen.key,
        intent=seen.intent,
        signals=signals_in(seen),
        wrong=seen.outcome is Outcome.FAILED,
        sampling_probability=seen.sampling_probability,
        source=seen.label,
        out_of_scope=bool(seen.details.get(OUT_OF_SCOPE, False)),
        release=seen.release,
        simulated=seen.strength < Strength.PROOF_OF_VALUE,
        at=seen.at,
    )


def signals_in(seen: Observation) -> Signals:
    """The signals that an observation keeps."""
    return Signals.of(
        {
            name.removeprefix(SIGNAL): float(value)
            for name, value in seen.details.items()
            if name.startswith(SIGNAL) and isinstance(value, int | float)
        }
    )


def details_of(signals: Signals, *, out_of_scope: bool = False) -> dict[str, str | int | float | bool | None]:
    """What an observation of a labelled proposal keeps, so that `label_of` finds it again."""
    kept: dict[str, str | int | float | bool | None] = {SIGNAL + name: at for name, at in signals.present().items()}
    return {**kept, OUT_OF_SCOPE: True} if out_of_scope else kept


def counted(labels: Iterable[LabelledProposal], *, release: ReleaseId | None = None) -> CountedLabels:
    """The labels that a certificate may rest on.

    Left out, and counted by reason: labels of judges and events, of another release, without a recorded sampling
    probability, without any signal, and proposals about which two labels disagree. Where sampling probabilities
    differ, a label is kept with the smallest of them divided by its own, drawn from its key: what is left is a
    uniform sample, as the threshold's guarantee needs, at the price of the labels that go.

    Args:
        labels: In any order; the same proposal may come twice.
        release: Only labels of this release count; None counts all.
    """
    settled, excluded = _settled(labels)
    kept: list[LabelledProposal] = []
    for each in settled:
        reason = _flaw(each, release)
        if reason:
            excluded[reason] += 1
        else:
            kept.append(each)
    chance = min((each.sampling_probability or 1.0 for each in kept), default=1.0)
    uniform = [each for each in kept if _stays(each, chance)]
    ordered = sorted(uniform, key=lambda each: (share_of(each.key, "order"), each.key))
    return CountedLabels(tuple(ordered), dict(excluded), len(kept) - len(uniform), chance)


def _stays(label: LabelledProposal, chance: float) -> bool:
    own = label.sampling_probability or 1.0
    return own == chance or share_of(label.key, "thin") * own < chance


def share_of(key: str, purpose: str) -> float:
    """A number in [0, 1) drawn from the key: the same everywhere, and for another purpose another one."""
    drawn = hashlib.blake2b(key.encode(), digest_size=8, person=purpose.encode()).digest()
    return int.from_bytes(drawn) / 2.0**64


def _settled(labels: Iterable[LabelledProposal]) -> tuple[Sequence[LabelledProposal], Counter[str]]:
    """Each proposal once; of those that are labelled both right and wrong none."""
    by_key: dict[str, LabelledProposal] = {}
    contradicted: set[str] = set()
    excluded: Counter[str] = Counter()
    for each in labels:
        known = by_key.setdefault(each.key, each)
        if known is each:
            continue
        if known.wrong == each.wrong:
            excluded["labelled again with the same result"] += 1
        else:
            contradicted.add(each.key)
    if contradicted:
        excluded["labelled both right and wrong: settle them"] = len(contradicted)
    return [each for key, each in by_key.items() if key not in contradicted], excluded


def _flaw(label: LabelledProposal, release: ReleaseId | None) -> str:
    """Why the label does not count; empty if it does."""
    if label.source not in _BINDING:
        return f"labelled by {label.source.value}: only experts and the state of the world count"
    if release is not None and label.release and label.release != release:
        return "of another release"
    if label.sampling_probability is None or not 0.0 < label.sampling_probability <= 1.0:
        return "without a recorded sampling probability"
    if not label.signals.present():
        return "without any signal"
    return ""
