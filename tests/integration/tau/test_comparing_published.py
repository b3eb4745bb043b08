"""gpt-4.1 against its fine-tune, from their published conversations: better at telecom, undecided elsewhere."""

import asyncio
from datetime import UTC, datetime

import pytest

from integration.tau.shared_data import tau_data
from remit.adapters.memory import MemoryLedger
from remit.app.comparing import Compared, compare_in_ledger
from remit.app.release_history import History
from remit.app.replay import parse_gate, replay_file
from remit.app.replay_results import observations
from remit.releases.comparison import Advice

pytestmark = pytest.mark.shared


async def compared(domain: str, n_tasks: int, *, as_published: bool) -> Compared:
    ledger, runs = MemoryLedger(), []
    for agent in ("gpt-4.1", "gpt-4.1-ft"):
        path = tau_data() / "trajectories" / "tau2" / f"{agent}__{domain}_test{n_tasks}.json"
        replay = await replay_file(path, data=tau_data(), gate=parse_gate("pass^4>=0.9"))
        await ledger.append(observations(replay, seen_at=datetime(2026, 11, 23, tzinfo=UTC)))
        runs.append(replay.run)
    old, new = runs
    names = {run.release: run.agent for run in runs}
    return await compare_in_ledger(
        ledger, History(old.agent), old.release, new.release, names=names, as_published=as_published
    )


@pytest.mark.parametrize(
    ("domain", "n_tasks", "better", "worse", "advice"),
    [
        ("telecom", 40, 12, 0, Advice.PROMOTE),
        ("airline", 20, 6, 3, Advice.UNDECIDED),
        ("retail", 40, 6, 6, Advice.UNDECIDED),
    ],
)
def test_the_fine_tune_is_better_where_the_published_pairs_show_it(
    domain: str, n_tasks: int, better: int, worse: int, advice: Advice
) -> None:
    found = asyncio.run(compared(domain, n_tasks, as_published=True)).overall

    assert (found.counts.n_better, found.counts.n_worse, len(found.pairs)) == (better, worse, n_tasks)
    assert found.advice is advice
    assert found.n_unpaired == found.n_earlier == 0


def test_conversations_that_say_nothing_of_the_agent_leave_with_their_pair() -> None:
    found = asyncio.run(compared("retail", 40, as_published=False)).overall

    assert (found.counts.n_better, found.counts.n_worse, len(found.pairs), found.n_unpaired) == (6, 5, 38, 0)
    assert found.advice is Advice.UNDECIDED
