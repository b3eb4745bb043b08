"""One measurement: train on a split, judge what is held out, say it in one line of a table."""

import random
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path

from benchmarks.intents import data, measures
from benchmarks.intents.systems import Judge, SystemName, local_intents, trained

from remit.adapters.intents import LocalIntents
from remit.conversations import Message

SINGLE: dict[str, Callable[[int], data.Split]] = {
    "banking77": data.banking77,
    "clinc150": data.clinc150,
    "policy": data.policy_sized,
    "curekart": partial(data.hint3, "curekart"),
    "sofmattress": partial(data.hint3, "sofmattress"),
}


def judge(system: Judge, split: data.Split) -> tuple[list[measures.Judged], float]:
    """What a system says of each measured message, and the CPU milliseconds it took for one."""
    n_outside = sum(row.intent == data.OUT_OF_SCOPE for row in split.test)
    n_inside = len(split.test) - n_outside
    share = split.out_of_scope_share
    weight = share / (1.0 - share) * n_inside / n_outside if share and n_outside else 1.0
    judged: list[measures.Judged] = []
    started = time.process_time()
    for row in split.test:
        answer = system(row.text)
        judged.append(
            measures.Judged(
                confidence=answer.probability,
                right=answer.intent == row.intent,
                in_scope=row.intent != data.OUT_OF_SCOPE,
                out_of_scope_probability=answer.out_of_scope_probability,
                weight=weight if row.intent == data.OUT_OF_SCOPE else 1.0,
            )
        )
    return judged, (time.process_time() - started) / len(split.test) * 1000.0


def measure_single(name: str, seed: int, *, system: SystemName, n_train: int | None, vectors: Path | None) -> str:
    split = SINGLE[name](seed)
    split = replace(split, train=_thinned(split.train, n_train, seed))
    started = time.process_time()
    ready = trained(system, split.train, vectors=vectors / f"{name}.npz" if vectors else None)
    training_s = time.process_time() - started
    judged, cpu_ms = judge(ready, split)
    right, inside = measures.accuracy(judged)
    coverage = " / ".join(f"{measures.coverage_at_risk(judged, risk):.3f}" for risk in (0.01, 0.02, 0.05))
    sure_right, sure = measures.sure_and_right(judged, at_least=0.9)
    ranking = measures.scope_ranking(judged)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"| {split.name} | {system} | {seed} | {len(split.train)} | {len(split.test)} "
        f"| {right}/{inside} = {right / inside:.3f} | {coverage} | {sure_right}/{sure} "
        f"| {measures.calibration_error(judged):.3f} | {'-' if ranking is None else f'{ranking:.3f}'} "
        f"| {training_s:.1f} | {cpu_ms:.2f} | {memory_mb:.0f} |"
    )


def _thinned(rows: tuple[data.Labelled, ...], n_wanted: int | None, seed: int) -> tuple[data.Labelled, ...]:
    return tuple(random.Random(seed).sample(rows, n_wanted)) if n_wanted and n_wanted < len(rows) else rows


def measure_star(seed: int) -> str:
    chats = data.star(seed)
    intents = LocalIntents.train({}, labelled=chats.train)
    windows = {f"first {n}": [(data.until(chat.messages, n), chat) for chat in chats.test] for n in (1, 2, 3)}
    windows["whole chat"] = [(chat.messages, chat) for chat in chats.test]
    windows["another chat's first 3, then first 2"] = [
        (data.until(before.messages, 3) + data.until(chat.messages, 2), chat)
        for before, chat in pairwise(chats.test)
        if before.intents != chat.intents
    ]
    lines = []
    for words, shown in windows.items():
        judged = [(intents.probabilities(window), chat.intents[0]) for window, chat in shown]
        best = [(next(iter(found.items())), task) for found, task in judged]
        right = sum(intent == task for (intent, _), task in best)
        sure = [intent == task for (intent, probability), task in best if probability >= 0.9]
        lines.append(
            f"| star, {words} | {seed} | {len(chats.train)} | {right}/{len(best)} = {right / len(best):.3f} "
            f"| {sum(sure)}/{len(sure)} |"
        )
    return "\n".join(lines)


def measure_pairs(seed: int) -> str:
    """Two held-out messages of different intents in one; and how often one message alone is taken for two."""
    split = data.policy_sized(seed)
    intents = local_intents(split.train, None)
    alone = [row for row in split.test if row.intent != data.OUT_OF_SCOPE]
    pairs = [
        (f"{first.text}{joint}{second.text}", {first.intent, second.intent})
        for (first, second), joint in zip(pairwise(alone), cycle([" and ", ". also, ", "? "]))
        if first.intent != second.intent
    ]
    found = [({guess.intent for guess in intents.judge(one_message(text)).guesses}, both) for text, both in pairs]
    n_both = sum(seen == both for seen, both in found)
    n_wrong = sum(bool(seen - both) for seen, both in found)
    n_taken_for_two = sum(len(intents.judge(one_message(row.text)).guesses) > 1 for row in alone)
    return (
        f"| two requests in one message | {seed} | both found {n_both}/{len(pairs)} = {n_both / len(pairs):.3f} "
        f"| a third found {n_wrong}/{len(pairs)} | one request taken for two {n_taken_for_two}/{len(alone)} |"
    )


def one_message(text: str) -> list[Message]:
    return [Message("customer", text, data.THEN)]
