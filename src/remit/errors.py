"""Every error of Remit, in one tree.

RemitError                     anything that Remit reports to a person in one sentence
├── DocumentError              a file that somebody wrote: names the file and line
│   ├── PolicyParseError       a policy document
│   ├── ScenarioParseError     a scenario or suite
│   ├── AgentParseError        an agent definition
│   ├── CentreParseError       a contact centre's `remit.yaml`
│   ├── ObjectiveParseError    an OpenSLO document
│   └── ImportFormatError      a file of another system (trajectories, tasks, histories)
├── ScenarioReferenceError     a scenario whose own reference solution fails its checks
├── CustomerError              a simulated customer could not play its scenario
├── SettingsError              an unknown or impossible setting or option
├── AgentError                 the agent did not give a usable proposal
│   ├── AgentUnreachable       nobody answered at its address
│   ├── AgentTimeout           it did not answer before its deadline
│   ├── AgentRefused           its service answered with an error (429, 5xx, 4xx)
│   └── AgentProtocolError     it answered something that is not a proposal
├── ToolError                  a tool could not be called at all
├── StoreError                 the store cannot do what was asked
│   ├── StoreUnavailable       disk full, read-only, locked, or gone
│   ├── StoreForeign           the file is something else than a store of Remit
│   └── StoreVersionError      made by a newer Remit
├── IdentityError              who acts is not proven, or may not do this
│   ├── NotAuthenticated       no proof of identity, or a wrong one
│   ├── LoginThrottled         too many wrong passwords; wait
│   ├── NotPermitted           proven, but without the role that is needed
│   └── AccountRefused         an account or key cannot be made or changed like this
├── AuditError                 the audit log cannot keep or show an entry
│   ├── AuditConflict          a change with a known key says something else
│   └── AuditDamaged           an entry can no longer be read: somebody altered it
├── ControlError               what an agent may do cannot be changed like this
│   ├── WideningRefused        a grant would widen without what it needs
│   └── IncidentUnknown        no incident of that id
├── NoticeFailed               a recipient could not be told
├── HandoffError               a handoff cannot be brought, or moved, like this
│   ├── HandoffFailed          another contact centre did not take it
│   ├── HandoffRefused         somebody else has it, it has ended, or its bound is reached
│   └── HandoffUnknown         no handoff of that id
├── SamplingError              a sampling plan that evidence cannot rest on
├── SettlementRefused          a dispute between experts that cannot be settled like this
├── ReleaseError               releases cannot be moved like this
│   ├── ReleaseUnknown         no release of that name
│   ├── ReleaseConflict        a release with a known id has other parts
│   └── ReleaseRefused         the move does not exist from where the release stands
├── VerdictError               verdict records
│   ├── VerdictUnknown         no record, or several, of that id
│   └── VerdictDamaged         a record that cannot be read any more
├── LedgerConflict             an observation with a known key says something else
├── JournalConflict            another process holds the turn, or wrote this step
├── TurnInProgress             the same message is being handled right now
├── SimulationError            a simulated world that cannot be
└── StatisticsError            numbers outside the domain of a method

The constructor takes facts; the class makes the sentence; the facts stay as attributes.
"""

from collections.abc import Sequence
from pathlib import Path


class RemitError(Exception):
    """Root of the tree; `str()` is fit for a user: what is wrong, where, how to mend it."""


class DocumentError(RemitError):
    """A document cannot be used. Raise a leaf, with the place and the mend.

    Args:
        path: The file; shown as given.
        line: 1-based line, or None when the whole file is meant.
        problem: What is wrong, one clause without a full stop.
        mend: How to put it right, one sentence; may be empty.
        others: Further problems of the same document; the sentence lists them all.
    """

    def __init__(
        self,
        path: Path | str,
        line: int | None,
        problem: str,
        mend: str = "",
        *,
        others: "Sequence[DocumentError]" = (),
    ) -> None:
        self.path = str(path)
        self.line = line
        self.problem = problem
        self.mend = mend
        self.others = tuple(others)
        where = self.path if line is None else f"{self.path}:{line}"
        sentence = f"{where}: {problem}." + (f"\n  {mend}" if mend else "")
        super().__init__("\n".join([sentence, *(str(other) for other in self.others)]))


class PolicyParseError(DocumentError):
    """A policy document is not one."""


class ScenarioParseError(DocumentError):
    """A scenario or suite file is not one."""


class AgentParseError(DocumentError):
    """An agent definition is not one."""


class CentreParseError(DocumentError):
    """A contact centre's `remit.yaml` is not one."""


class ObjectiveParseError(DocumentError):
    """An OpenSLO document is not one, or asks for what Remit cannot keep to."""


class ImportFormatError(DocumentError):
    """A file of another system is cut, altered or of an unknown format."""


class ScenarioReferenceError(RemitError):
    """A scenario's own reference solution does not satisfy its checks: the scenario is wrong, not the agent."""

    def __init__(self, scenario: str, problem: str) -> None:
        self.scenario = scenario
        self.problem = problem
        super().__init__(
            f"scenario {scenario!r}: its reference fails: {problem}.\n"
            "  Correct `reference` or the checks; until then no agent can be judged by it."
        )


class CustomerError(RemitError):
    """A simulated customer could not play its scenario; the trial says nothing about the agent."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the simulated customer failed: {problem}.")


class SettingsError(RemitError):
    """A setting or option is unknown or impossible."""


class AgentError(RemitError):
    """The agent gave no usable proposal; a turn hands off, a trial records it.

    Args:
        agent: The agent's name.
        problem: What happened, one clause.
        mend: What its owner can do.
    """

    def __init__(self, agent: str, problem: str, mend: str = "") -> None:
        self.agent = agent
        self.problem = problem
        self.mend = mend
        super().__init__(f"agent {agent!r}: {problem}." + (f"\n  {mend}" if mend else ""))


class AgentUnreachable(AgentError):
    """Nobody answered at the agent's address."""


class AgentTimeout(AgentError):
    """The agent did not answer before its deadline."""


class AgentRefused(AgentError):
    """The agent's service answered with an error status."""


class AgentProtocolError(AgentError):
    """The agent answered something that cannot be read as a proposal."""


class ToolError(RemitError):
    """A tool could not be called at all; nothing was done."""

    def __init__(self, tool: str, problem: str) -> None:
        self.tool = tool
        self.problem = problem
        super().__init__(f"tool {tool!r}: {problem}.")


class StoreError(RemitError):
    """The store cannot do what was asked."""


class StoreUnavailable(StoreError):
    """The store's disk is full, read-only or gone; nothing was half-written."""

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = str(path)
        super().__init__(
            f"store {self.path!r}: {problem}.\n  Free space or make it writable, then run the command again."
        )


class StoreForeign(StoreError):
    """The file is there and is no store of Remit; it was left as it is."""

    def __init__(self, path: Path | str, what: str) -> None:
        self.path = str(path)
        super().__init__(
            f"store {self.path!r}: this is no store of Remit: {what}; it was left as it is.\n"
            "  Name another file with --store or REMIT_STORE; one that does not exist is made."
        )


class StoreVersionError(StoreError):
    """The database was made by a newer Remit."""

    def __init__(self, path: Path | str, found: str, known: str) -> None:
        self.path = str(path)
        self.found = found
        self.known = known
        super().__init__(
            f"store {self.path!r}: its schema is {found!r}, this Remit knows up to {known!r}.\n"
            "  Upgrade Remit, or point REMIT_STORE at another file."
        )


class IdentityError(RemitError):
    """Who acts is not proven, or may not do this; nothing was changed."""


class NotAuthenticated(IdentityError):
    """There is no proof of identity, or a wrong one; which part was wrong is not said."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        super().__init__(f"not authenticated: {problem}.\n  {mend}")


class LoginThrottled(IdentityError):
    """Too many wrong passwords for this name; the right one is refused as well until the wait is over."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(
            f"not authenticated: too many wrong passwords; the next attempt counts in {wait_s:.0f} s.\n"
            "  Wait, or use an API key: keys are not affected."
        )


class NotPermitted(IdentityError):
    """The identity is proven, the role is missing."""

    def __init__(self, name: str, needed: str, held: Sequence[str]) -> None:
        self.name = name
        self.needed = needed
        super().__init__(
            f"account {name!r} does not hold the role {needed!r} that this needs; it holds: "
            f"{', '.join(sorted(held)) or 'none'}.\n"
            f"  An admin can add it: remit account role {name} --add {needed}"
        )


class AccountRefused(IdentityError):
    """An account or key cannot be made or changed like this."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"account {name!r}: {problem}.\n  {mend}")


class AuditError(RemitError):
    """The audit log cannot keep or show an entry."""


class AuditConflict(AuditError):
    """A change with a known key says something else than the entry that is kept."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"change {key!r} is in the audit log with another content; the first one stays.\n"
            "  Give the new change a key of its own."
        )


class AuditDamaged(AuditError):
    """An entry can no longer be read as one: it was altered after it was written."""

    def __init__(self, entry: int, problem: str) -> None:
        self.entry = entry
        self.problem = problem
        super().__init__(
            f"audit entry {entry}: cannot be read: {problem}.\n"
            "  It was altered after it was written; `remit audit verify` says how far the log can be trusted."
        )


class ControlError(RemitError):
    """What an agent may do cannot be changed like this; nothing was changed."""


class WideningRefused(ControlError):
    """A grant would widen without the evidence, the signatures or the time that it needs.

    Args:
        what: The grant and the level that was asked for, such as `shop/refund to tools_within_limits`.
        problem: What is missing, one clause.
        mend: How to get it, one sentence.
    """

    def __init__(self, what: str, problem: str, mend: str) -> None:
        self.what = what
        self.problem = problem
        super().__init__(f"{what}: not widened: {problem}.\n  {mend}")


class IncidentUnknown(ControlError):
    """There is no incident of that id."""

    def __init__(self, incident: str) -> None:
        self.incident = incident
        super().__init__(f"incident {incident!r}: there is none of that id.\n  `remit incident list` shows them.")


class NoticeFailed(RemitError):
    """A recipient could not be told; it is tried again until the notice's deadline.

    Args:
        recipient: Who was to be told: an address without secrets.
        problem: What happened, one clause.
        lasting: Whether trying again cannot help.
    """

    def __init__(self, recipient: str, problem: str, *, lasting: bool = False) -> None:
        self.recipient = recipient
        self.problem = problem
        self.lasting = lasting
        super().__init__(f"notice to {recipient}: {problem}.")


class HandoffError(RemitError):
    """A handoff cannot be brought or moved like this."""


class HandoffFailed(HandoffError):
    """Another contact centre did not take a handoff; it stays at Remit's own desk and is tried again.

    Args:
        destination: Which, as `remit.yaml` calls it.
        problem: What happened, one clause without secrets.
        lasting: Whether trying again cannot help.
    """

    def __init__(self, destination: str, problem: str, *, lasting: bool = False) -> None:
        self.destination = destination
        self.problem = problem
        self.lasting = lasting
        mend = "Correct `contact_centre` in remit.yaml." if lasting else "It is tried again."
        super().__init__(f"handoff to {destination!r}: {problem}.\n  The handoff stands at Remit's own desk. {mend}")


class HandoffRefused(HandoffError):
    """A handoff cannot be taken, closed or given back like this; nothing was changed."""

    def __init__(self, handoff: str, problem: str, mend: str) -> None:
        self.handoff = handoff
        self.problem = problem
        super().__init__(f"handoff {handoff!r}: {problem}.\n  {mend}")


class HandoffUnknown(HandoffError):
    """There is no handoff of that id."""

    def __init__(self, handoff: str) -> None:
        self.handoff = handoff
        super().__init__(f"handoff {handoff!r}: there is none of that id.\n  Take the id from the queue.")


class SamplingError(RemitError):
    """A sampling plan that evidence cannot rest on."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        super().__init__(f"sampling plan: {problem}." + (f"\n  {mend}" if mend else ""))


class SettlementRefused(RemitError):
    """A dispute between experts cannot be settled like this; nothing was changed."""

    def __init__(self, conversation: str, problem: str, mend: str) -> None:
        self.conversation = conversation
        self.problem = problem
        super().__init__(f"conversation {conversation!r}: {problem}.\n  {mend}")


class ReleaseError(RemitError):
    """Releases cannot be moved like this; nothing has changed."""


class ReleaseUnknown(ReleaseError):
    """No release, or more than one, goes by that name."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        self.name = name
        super().__init__(f"release {name!r}: {problem}.\n  {mend}")


class ReleaseConflict(ReleaseError):
    """A release with a known id has other parts, or their reach is another one; the first registration stays."""

    def __init__(self, agent: str, release: str) -> None:
        self.agent = agent
        self.release = release
        super().__init__(
            f"release {release!r} of {agent!r} is registered with other parts; the first one stays.\n"
            "  A registered release never changes: change the definition, and the new one gets an id of its own."
        )


class ReleaseRefused(ReleaseError):
    """The move does not exist from where the release stands, or somebody else was faster."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        super().__init__(f"{problem}.\n  {mend}")


class VerdictError(RemitError):
    """A verdict record cannot be had."""


class VerdictUnknown(VerdictError):
    """No record has that id, or several begin with it."""

    def __init__(self, given: str, found: Sequence[str]) -> None:
        self.given = given
        self.found = tuple(found)
        problem = f"{len(found)} records begin with it: {', '.join(found)}" if found else "the store has no such record"
        super().__init__(f"verdict {given!r}: {problem}.\n  `remit gate --json` prints the ids of its verdicts.")


class VerdictDamaged(VerdictError):
    """A record is no longer what was written."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict
        super().__init__(
            f"verdict {verdict!r}: the record cannot be read, somebody has changed it.\n"
            "  Take it from a backup, or judge anew with `remit gate`."
        )


class LedgerConflict(RemitError):
    """An observation with a known key says something else than the one that is kept."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"observation {key!r} is in the ledger with another content; the first one stays.\n"
            "  Give the new observation a key of its own, or leave it out."
        )


class JournalConflict(RemitError):
    """Another process holds this turn, or has written this step."""

    def __init__(self, turn: str, step: int) -> None:
        self.turn = turn
        self.step = step
        super().__init__(f"turn {turn!r}, step {step}: another process is carrying it.")


class TurnInProgress(RemitError):
    """The same customer message is being handled at this moment."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        super().__init__(f"conversation {conversation!r}: this message is being handled; ask again in a moment.")


class StatisticsError(RemitError, ValueError):
    """Numbers outside the domain of a method."""


class SimulationError(RemitError, ValueError):
    """A simulated world that cannot be: rates outside [0, 1], releases nobody knows."""
