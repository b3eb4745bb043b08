"""What a calibration has shown, written down: where it holds, until when, and what ends it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from remit.calibration.drift import TrafficMix
from remit.calibration.model import CalibrationModel
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.policy.model import Risk
from remit.statistics import Bounds, clopper_pearson
from remit.statistics.thresholds import Definition

CertificateId = NewType("CertificateId", str)


@dataclass(frozen=True, slots=True)
class Target:
    """What the policy accepts: an error rate, how it is counted, and the probability delta of missing it."""

    error_at_most: float
    delta: float = 0.05
    definition: Definition = "error_per_contained"

    @classmethod
    def of(cls, risk: Risk) -> "Target":
        """The target of a level's risk."""
        return cls(risk.error_at_most, round(1.0 - risk.confidence, 12), risk.definition)

    def serves(self, other: "Target") -> bool:
        """Whether what keeps this target keeps the other: as strict in everything.

        Few errors per contained conversation are few per conversation too, never the other way round.
        """
        counts = self.definition in (other.definition, "error_per_contained")
        return counts and self.error_at_most <= other.error_at_most and self.delta <= other.delta


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two borders at which a proposal is sent, shown to an expert, or handed off.

    Args:
        send: From here on the agent acts alone; None if no threshold is shown to keep the target.
        ask: From here on an expert is asked; below people take over. Never above `send`.
        ask_rule: Where `ask` comes from, in words.
    """

    send: float | None
    ask: float
    ask_rule: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The labels behind a certificate.

    Args:
        digest: SHA-256 of all labels that counted.
        n: How many.
        n_fitted: Those the calibration was fitted on; the threshold never saw them.
        n_certified: Those the threshold was chosen on; the calibration never saw them.
        sampling_probability: Chance of each conversation to be among them.
        simulated: At least one customer was not real.
    """

    digest: str
    n: int
    n_fitted: int
    n_certified: int
    sampling_probability: float = 1.0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class IntentCounts:
    """What one intent of the sample would have got from the threshold."""

    n: int
    n_contained: int
    n_errors: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """One threshold for one intent, or for several that the policy pools, and everything it rests on.

    Guarantee: on traffic like the sample, with labels that are right, the error rate at `thresholds.send` exceeds the
    target with probability at most delta, over the draw of the sample (`statistics.thresholds`). For a pool it speaks
    of the pool as a whole; `by_intent` shows the parts. Held by tests/statistical/test_calibration.py.

    Args:
        agent: Whose proposals.
        release: The release that made them.
        policy: Digest of the policy in force.
        judge: The judge that chose or labelled conversations, by digest or name; empty if none did.
        pool: Name of the pool; empty for a single intent.
        intents: For which it holds, in the order of their names.
        target: What is kept.
        thresholds: The borders.
        n_contained: Certified labels at or above `send`.
        n_errors: Errors among them.
        p_value: Of the last test passed; 1 if none passed.
        sample: The labels.
        by_intent: The parts of `n_certified`.
        excluded: Intents of the pool that by themselves miss the target: nothing of theirs is sent.
        mix: The traffic for which it holds.
        model: Gives the scores that the thresholds speak of.
        issued_at: When, UTC.
        expires_at: When it ends by age, UTC.
        track_records: Of the intents of a pool: a signal that the model was fitted with.
    """

    agent: AgentName
    release: ReleaseId
    policy: str
    judge: str
    pool: str
    intents: tuple[IntentName, ...]
    target: Target
    thresholds: Thresholds
    n_contained: int
    n_errors: int
    p_value: float
    sample: Sample
    by_intent: Mapping[IntentName, IntentCounts]
    excluded: tuple[IntentName, ...]
    mix: TrafficMix
    model: CalibrationModel
    issued_at: datetime
    expires_at: datetime
    track_records: Mapping[IntentName, float] = field(default_factory=dict)

    @property
    def id(self) -> CertificateId:
        """Digest of its content, sixteen characters."""
        return CertificateId(digest_of(self.document())[:16])

    @property
    def containment(self) -> float:
        """Share of the certified labels that would have been contained."""
        return self.n_contained / self.sample.n_certified

    @property
    def containment_interval(self) -> Bounds:
        """Exact 95 % interval of the containment at this threshold (Clopper-Pearson)."""
        return clopper_pearson(self.n_contained, self.sample.n_certified, delta=0.05)

    def covers(self, intent: IntentName) -> bool:
        """Whether it speaks of the intent, to the good or to the bad."""
        return intent in self.intents

    def sends(self, intent: IntentName) -> bool:
        """Whether anything of the intent may be sent under it."""
        return self.thresholds.send is not None and intent not in self.excluded

    def supersedes(self, other: "Certificate") -> bool:
        """Whether this one, kept later, takes the other's place: same agent, an intent in common."""
        return self.agent == other.agent and bool({*self.intents} & {*other.intents})

    def status(self, now: datetime, here: "Circumstances") -> "Status":
        """Whether it holds now. Void is for good only by age, release, policy and judge; see `Cause`."""
        for cause, why in _causes(self, now, here):
            if why:
                return Void(cause, why)
        return Valid(self.expires_at)

    def document(self) -> dict[str, Any]:
        """JSON values; `Certificate.of` reads them back into an equal certificate."""
        content = asdict(replace(self, model=_NO_MODEL))
        return {
            **content,
            "model": self.model.document(),
            "issued_at": self.issued_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Certificate":
        """The certificate of a document that `document` wrote."""
        mix = document["mix"]
        return cls(
            **{
                **document,
                "intents": tuple(map(IntentName, document["intents"])),
                "excluded": tuple(map(IntentName, document["excluded"])),
                "target": Target(**document["target"]),
                "thresholds": Thresholds(**document["thresholds"]),
                "sample": Sample(**document["sample"]),
                "by_intent": {IntentName(name): IntentCounts(**one) for name, one in document["by_intent"].items()},
                "mix": TrafficMix(**{**mix, "borders": tuple(mix["borders"]), "in_parts": tuple(mix["in_parts"])}),
                "model": CalibrationModel.of(document["model"]),
                "issued_at": datetime.fromisoformat(document["issued_at"]),
                "expires_at": datetime.fromisoformat(document["expires_at"]),
            }
        )


_NO_MODEL = CalibrationModel(0.0, (), 0, 0.0)


# ── whether it holds ──────────────────────────────────────────────────────────────────────────────
class Cause(StrEnum):
    """What ended a certificate."""

    WITHDRAWN = "withdrawn"
    AGE = "age"
    CLOCK = "clock"
    RELEASE = "release"
    POLICY = "policy"
    JUDGE = "judge"
    DRIFT = "drift"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a certificate is held against.

    Args:
        release: The release that acts.
        policy: Digest of the policy in force.
        judge: The judge in use; empty if none is.
        drift: What the drift monitor says, in words; empty while it is silent.
        errors: What the change detector on confirmed errors says, in words; empty while it is silent.
        withdrawn: Why a person or a later calibration took it back; empty if nobody did.
    """

    release: ReleaseId
    policy: str
    judge: str = ""
    drift: str = ""
    errors: str = ""
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Valid:
    """It holds, until then at the latest."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Void:
    """It holds no longer: what it allowed falls back to the policy's provisional thresholds, supervised."""

    cause: Cause
    why: str


Status = Valid | Void


def _causes(own: Certificate, now: datetime, here: Circumstances) -> tuple[tuple[Cause, str], ...]:
    """Every cause with its sentence, empty where it does not apply; the first that applies is told."""
    return (
        (Cause.WITHDRAWN, here.withdrawn),
        (Cause.AGE, _unless(now < own.expires_at, f"it expired at {own.expires_at.isoformat(timespec='minutes')}")),
        (
            Cause.CLOCK,
            _unless(now >= own.issued_at, f"the clock stands before its issue at {own.issued_at.isoformat()}"),
        ),
        (
            Cause.RELEASE,
            _unless(here.release == own.release, f"it is of release {own.release!r}, release {here.release!r} acts"),
        ),
        (
            Cause.POLICY,
            _unless(here.policy == own.policy, f"it is of policy {own.policy[:12]}, {here.policy[:12]} is in force"),
        ),
        (
            Cause.JUDGE,
            _unless(here.judge == own.judge, f"it rests on judge {own.judge!r}, {here.judge!r} is in use"),
        ),
        (Cause.DRIFT, here.drift),
        (Cause.ERRORS, here.errors),
    )


def _unless(holds: bool, why: str) -> str:  # noqa: FBT001 - reads as a sentence where it is used
    return "" if holds else why
