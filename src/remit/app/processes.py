"""Plays trials in several processes, for agents that keep a processor busy; each process reads the documents itself."""

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from remit.adapters.memory import SystemClock
from remit.app.preparing import EvaluationRequest, prepare, stage_for
from remit.app.stage import MemoryStage
from remit.errors import AgentError
from remit.evaluation.model import Trial
from remit.evaluation.trial import TrialLimits, TrialPlan, run_trial


@dataclass(frozen=True, slots=True)
class _Player:
    """What a process keeps between trials; one event loop, for agents hold connections."""

    stage: MemoryStage
    limits: TrialLimits
    runner: asyncio.Runner


_PLAYERS: list[_Player] = []
"""The player of this process; empty in the process that started the others."""


class ProcessPlayers:
    """A pool of processes. Use as a context manager.

    Args:
        request: What is evaluated; every process prepares it for itself.
        n_processes: How many.
        agent: The agent's name, for errors.
    """

    def __init__(self, request: EvaluationRequest, n_processes: int, *, agent: str) -> None:
        self._agent = agent
        # Started afresh, not forked: a fork would copy the store's and the progress bar's threads half-alive.
        self._pool = ProcessPoolExecutor(
            n_processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(request,),
        )

    def __enter__(self) -> "ProcessPlayers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def play(self, plan: TrialPlan, directory: Path) -> Trial:
        """One trial in one of the processes.

        Raises:
            AgentError: The process died, which no trial survives.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _play, plan, directory)
        except BrokenProcessPool as error:
            raise AgentError(
                self._agent, "a process that ran it died", "Run it with --processes 1 to see why."
            ) from error


def _begin(request: EvaluationRequest) -> None:
    clock = SystemClock()
    prepared = prepare(request, environ=os.environ, clock=clock)
    _PLAYERS.append(_Player(stage_for(prepared, clock), prepared.limits, asyncio.Runner()))


def _play(plan: TrialPlan, directory: Path) -> Trial:
    player = _PLAYERS[0]
    return player.runner.run(run_trial(plan, replace(player.stage, directory=directory), player.limits))
