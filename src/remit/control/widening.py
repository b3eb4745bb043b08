"""The only ways up. Each value here can only be made from what it needs: a wrong one cannot exist.

`Earned` from verdicts that are on record and the signatures that the policy asks for; `Waived` from a named person's
waiver; `Inherited` from a dependency diff that does not reach the intent; `Restored` from what a release held before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remit.control.freezing import window_that_holds
from remit.control.grants import Grant, Thresholds, Waiver
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import NotPermitted, WideningRefused
from remit.evidence.verdicts import GateVerdict, VerdictRecord
from remit.gates.verdicts import grants_from
from remit.identity import Actor, Proof, Role
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.signatures import missing_functions, signature_of


@dataclass(frozen=True, slots=True)
class Support:
    """One verdict on record: what it found of which release under which policy. `record` is its id."""

    record: str
    agent: AgentName
    release: ReleaseId
    policy: str
    verdict: GateVerdict

    @classmethod
    def of(cls, record: VerdictRecord) -> "Support":
        """What a verdict record says."""
        return cls(record.id, record.agent, record.release, record.policy, record.verdict)


@dataclass(frozen=True, slots=True)
class SignOff:
    """A person signs a widening for one function of the organisation.

    Raises:
        NotPermitted: They do not hold the role, or do not sign for this function.
    """

    by: Actor
    function: str
    at: datetime

    def __post_init__(self) -> None:
        if self.by.proof is Proof.OWN_PROCESS or not self.by.may(Role.APPROVER):
            raise NotPermitted(self.by.name, Role.APPROVER.value, [role.value for role in self.by.roles])
        if self.function not in self.by.functions:
            raise NotPermitted(self.by.name, f"signing for {self.function}", sorted(self.by.functions))


@dataclass(frozen=True, slots=True)
class Earned:
    """Up, on evidence: every enforcing gate up to `level` is supported on record, and everybody has signed.

    Args:
        policy: Whose gates and signatures.
        agent: Whose grant.
        intent: For what.
        release: The release that the evidence is about.
        level: The level to reach.
        above: The level held now; signatures are asked for each level above it.
        supports: Verdicts on record.
        proposed_by: Who asks; they cannot sign.
        at: Now, for freeze windows.
        signed: The signatures.
        also_sign: Functions that must sign beside the policy's, because experts cannot absorb what follows.
        thresholds: Certified thresholds, if there are any.
        owner: Who answers for the grant.
        simulated: The world behind the tools is simulated and nobody real is served: nobody has to sign.

    Raises:
        WideningRefused: Says what is missing and how to get it.
    """

    policy: Policy
    agent: AgentName
    intent: IntentName
    release: ReleaseId
    level: AutonomyLevel
    above: AutonomyLevel
    supports: tuple[Support, ...]
    proposed_by: Actor
    at: datetime
    signed: tuple[SignOff, ...] = ()
    also_sign: tuple[str, ...] = ()
    thresholds: Thresholds | None = None
    owner: str = ""
    simulated: bool = False

    def __post_init__(self) -> None:
        what = f"{self.agent}/{self.intent} to {self.level.label}"
        _expect_no_window(what, self.policy, self.at)
        earned = supported_level(self.policy, self.supports, agent=self.agent, intent=self.intent, release=self.release)
        if self.level > earned:
            raise WideningRefused(
                what,
                f"the verdicts on record support {earned.label} for release {self.release} under this policy",
                "`remit gate` says what is still needed for the next level.",
            )
        if missing := self.missing_signatures():
            raise WideningRefused(
                what,
                f"not signed by {', '.join(missing)} (who proposes cannot sign)",
                f"Somebody who signs for it runs: remit grant promote {self.intent} --to {self.level.label}",
            )

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the verdict records."""
        return tuple(dict.fromkeys(support.record for support in self.supports))

    def missing_signatures(self) -> tuple[str, ...]:
        """Functions for which nobody has signed yet; one person stands for one, unless the policy says otherwise."""
        if self.simulated:
            return ()
        needed = (*needed_signatures(self.policy, self.level, above=self.above), *self.also_sign)
        several = self.policy.one_signs_for_several
        own: dict[str, frozenset[str]] = {}
        for one in self.signed:
            own[one.by.id] = own.get(one.by.id, frozenset()) | {one.function}
        signatures = [signature_of(replace(one.by, functions=own[one.by.id]), at=one.at) for one in self.signed]
        return missing_functions(needed, signatures, proposer=self.proposed_by.id, one_for_several=several)


@dataclass(frozen=True, slots=True)
class Waived:
    """Up, on a person's word.

    Raises:
        WideningRefused: No person stands behind it, no reason is given, it does not expire, or the intent may
            never reach that level.
        NotPermitted: The person may not approve.
    """

    policy: Policy
    agent: AgentName
    waiver: Waiver

    def __post_init__(self) -> None:
        waiver = self.waiver
        what = f"{self.agent}/{waiver.intent} to {waiver.level.label} by waiver"
        _expect_person(what, waiver.by)
        _expect_no_window(what, self.policy, waiver.since)
        if not waiver.reason.strip():
            raise WideningRefused(what, "no reason is given", "Say why: --reason '...'")
        if waiver.expires_at <= waiver.since:
            raise WideningRefused(what, "it would expire at once", "Give it a time to live: --for 3d")
        if waiver.expires_at - waiver.since > self.policy.waivers.longest:
            longest = self.policy.waivers.longest
            raise WideningRefused(what, f"the policy allows {longest.days} days at most", "Give it less: --for 3d")
        declared = self.policy.intents.get(waiver.intent)
        if declared is None or waiver.level > declared.ceiling:
            ceiling = (
                "the policy has no such intent" if declared is None else f"its ceiling is {declared.ceiling.label}"
            )
            raise WideningRefused(what, ceiling, "Change the policy first; a waiver does not reach above it.")
        if waiver.policy != self.policy.digest:
            raise WideningRefused(what, "it speaks of another policy", "Make it anew under the policy in force.")


@dataclass(frozen=True, slots=True)
class Inherited:
    """Sideways, to a successor: at most what the predecessor holds.

    Args:
        held: The predecessor's grant.
        release: The successor.
        reached: Whether the change can reach the intent; then the grant is provisional.
        evidence: Id of the dependency diff and, for a reached intent, of its paired regression.
    """

    held: Grant
    release: ReleaseId
    reached: bool
    evidence: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise WideningRefused(
                f"{self.held.agent}/{self.held.intent} for release {self.release}",
                "nothing on record says what the change reaches",
                "Register the release: its dependency diff is what inheritance rests on.",
            )


@dataclass(frozen=True, slots=True)
class Restored:
    """Back to what this very release held before; the book knows how much that is, so it carries no level."""

    intent: IntentName
    release: ReleaseId


Widening = Earned | Waived | Inherited | Restored


def supported_level(
    policy: Policy, supports: Sequence[Support], *, agent: AgentName, intent: IntentName, release: ReleaseId
) -> AutonomyLevel:
    """The level up to which every enforcing gate is supported on record for exactly this release and policy."""
    verdicts = [
        one.verdict
        for one in supports
        if (one.agent, one.release, one.policy) == (agent, release, policy.digest) and one.verdict.intent == intent
    ]
    return grants_from(policy, verdicts).get(intent, AutonomyLevel.SHADOW)


def needed_signatures(policy: Policy, level: AutonomyLevel, *, above: AutonomyLevel) -> tuple[str, ...]:
    """The functions that must sign a step from one level to a higher one: those of every level on the way."""
    on_the_way = (one for one in AutonomyLevel if above < one <= level)
    return tuple(dict.fromkeys(function for one in on_the_way for function in policy.signoff.get(one, ())))


def _expect_person(what: str, actor: Actor) -> None:
    if actor.proof is Proof.OWN_PROCESS:
        raise WideningRefused(what, "no person stands behind it", "A person with the role approver must give it.")
    if not actor.may(Role.APPROVER):
        raise NotPermitted(actor.name, Role.APPROVER.value, [role.value for role in actor.roles])


def _expect_no_window(what: str, policy: Policy, now: datetime) -> None:
    window = window_that_holds(policy.freeze, now)
    if window is not None:
        raise WideningRefused(
            what,
            f"the policy freezes promotions from {window.begins:%Y-%m-%d %H:%M} to {window.ends:%Y-%m-%d %H:%M} UTC: "
            f"{window.why}",
            "Wait until the window has ended, or change `freeze:` in the policy.",
        )
