"""What an agent would get for nothing: beside every score stand doing nothing and always handing off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from remit.conversations import HandoffReason, IntentName
from remit.errors import RemitError
from remit.evaluation.checks import Ending, check_ending
from remit.evaluation.model import Baseline
from remit.evaluation.ports import Stage
from remit.evaluation.trial import TrialLimits, TrialPlan, run_trial
from remit.evidence import Outcome
from remit.policy.proposals import ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView


@dataclass(frozen=True, slots=True)
class AlwaysHandsOff:
    """An agent that gives every conversation to people."""

    reason: HandoffReason = HandoffReason.UNSUPPORTED_REQUEST

    async def propose(self, view: AgentView) -> AgentReply:
        """A handoff."""
        return AgentReply(ProposedHandoff(self.reason))


async def do_nothing_passes(plan: TrialPlan, stage: Stage) -> bool:
    """Whether the scenario passes if nobody answers: a fresh world, no call, no word, no handoff."""
    try:
        world = await stage.fresh_world(plan.scenario)
        try:
            ending = Ending(await world.changes(), (), (), None)
        finally:
            await world.close()
    except RemitError:
        return False
    return all(check.held for check in check_ending(plan.scenario, ending, plan.reference_changes))


async def measure_baselines(
    plans: Sequence[TrialPlan], stage: Stage, handing_off: Stage, limits: TrialLimits
) -> tuple[Baseline, ...]:
    """Both baselines, each by one trial of every scenario.

    Args:
        plans: One for each scenario.
        stage: Where the agent under test plays; only its worlds are used.
        handing_off: The same stage around `AlwaysHandsOff`.
        limits: As for the agent.
    """
    idle = [await do_nothing_passes(plan, stage) for plan in plans]
    handed_off = [(await run_trial(plan, handing_off, limits)).outcome is Outcome.PASSED for plan in plans]
    return (_baseline("do_nothing", plans, idle), _baseline("always_hand_off", plans, handed_off))


def _baseline(
    name: Literal["do_nothing", "always_hand_off"], plans: Sequence[TrialPlan], passed: Sequence[bool]
) -> Baseline:
    by_intent: dict[IntentName, tuple[int, int]] = {}
    for plan, one in zip(plans, passed, strict=True):
        n_passed, n_scenarios = by_intent.get(plan.scenario.intent, (0, 0))
        by_intent[plan.scenario.intent] = (n_passed + one, n_scenarios + 1)
    return Baseline(name, sum(passed), len(plans), by_intent)
