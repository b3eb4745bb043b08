"""The track record of an intent or journey: how other conversations of the same kind went, as a signal.

The strongest single signal on published agents: whether others succeeded at the same journey says more than anything
that can be seen at the end of one conversation (benchmarks/calibration). A conversation never counts in its own record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from remit.conversations import IntentName
from remit.statistics import Bounds, clopper_pearson

PRIOR_WEIGHT = 1.0
"""How many conversations the mean of all kinds counts for: a record of few is not taken at its word."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one kind: conversations and how many of them succeeded."""

    n: int = 0
    n_right: int = 0

    @property
    def interval(self) -> Bounds:
        """Exact 95 % interval of the success rate (Clopper-Pearson)."""
        return clopper_pearson(self.n_right, self.n, delta=0.05)


@dataclass(frozen=True, slots=True)
class TrackRecords:
    """Counts by kind: an intent, or a journey where the source knows it. A value: `after` returns a new one."""

    records: Mapping[str, Record] = field(default_factory=dict)
    total: Record = Record()

    @classmethod
    def of(cls, outcomes: Iterable[tuple[str, bool]]) -> "TrackRecords":
        """The records of (kind, whether it was right)."""
        records: dict[str, Record] = {}
        n = n_right = 0
        for kind, right in outcomes:
            known = records.get(kind, Record())
            records[kind] = Record(known.n + 1, known.n_right + right)
            n, n_right = n + 1, n_right + right
        return cls(records, Record(n, n_right))

    def after(self, kind: str, *, right: bool) -> "TrackRecords":
        """The records after one more conversation."""
        known = self.records.get(kind, Record())
        records = {**self.records, kind: Record(known.n + 1, known.n_right + right)}
        return TrackRecords(records, Record(self.total.n + 1, self.total.n_right + right))

    def signal(self, kind: str, *, own: bool | None = None) -> float | None:
        """Success of the others of this kind, in (0, 1); None if there is no other, which is a missing signal.

        Args:
            kind: Which.
            own: How the conversation that is asked about went, if it is among those counted: it is taken out, or the
                signal would hold the label.
        """
        known = self.records.get(kind, Record())
        n, n_right = (known.n, known.n_right) if own is None else (known.n - 1, known.n_right - own)
        if n < 1:
            return None
        # The same mean for everybody, the conversation itself included: taken out of it too, each success would rank
        # a little below each failure with the same record, and the label would be in the signal upside down.
        mean = (self.total.n_right + 1.0) / (self.total.n + 2.0)
        return (n_right + PRIOR_WEIGHT * mean) / (n + PRIOR_WEIGHT)

    def signals(self) -> dict[IntentName, float]:
        """The signal of each kind, for conversations that are not among those counted; kinds are intents."""
        found = {IntentName(kind): self.signal(kind) for kind in sorted(self.records)}
        return {intent: signal for intent, signal in found.items() if signal is not None}
