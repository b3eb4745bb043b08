"""A certificate meets other traffic: how soon the drift monitor notices, how often it is wrong."""

import numpy as np
from benchmarks.calibration.data import clinc150

from remit.calibration.drift import DriftMonitor, Seen, TrafficMix
from remit.calibration.labels import LabelledProposal
from remit.conversations import IntentName

N_CERTIFIED = 1_300
N_STREAMS = 40
MOST = 20_000
OUTSIDE_SHARE = 1000 / 5500
"""Out of scope in the publishers' test part; 3 % in the validation part that is certified on."""


def measure() -> list[str]:
    """CLINC150 certified at 3 % out of scope: streams of the same mix, and of the test part's 18 %."""
    pool = clinc150(0)
    rng = np.random.default_rng(7)
    return [
        f"{name}: {words}"
        for name, share in (("same mix", None), ("18 % out of scope", OUTSIDE_SHARE))
        for words in [_streams(list(pool.labels), rng, share)]
    ]


def _streams(labels: list[LabelledProposal], rng: np.random.Generator, share: float | None) -> str:
    outside = [each for each in labels if each.out_of_scope]
    inside = [each for each in labels if not each.out_of_scope]
    delays = []
    for _ in range(N_STREAMS):
        certified = [labels[number] for number in rng.permutation(len(labels))[:N_CERTIFIED]]
        monitor = DriftMonitor.of(_mix(certified))
        for seen in range(1, MOST + 1):
            if share is None:
                drawn = labels[rng.integers(len(labels))]
            else:
                part = outside if rng.random() < share else inside
                drawn = part[rng.integers(len(part))]
            monitor = monitor.after(
                Seen(drawn.signals.intent_probability, None, drawn.signals.out_of_scope_probability)
            )
            if monitor.alarm:
                delays.append(seen)
                break
        if share is None and len(delays) > N_STREAMS // 2:
            break
    if not delays:
        return f"no alarm in {N_STREAMS} streams of {MOST} messages"
    return f"{len(delays)} of {N_STREAMS} streams alarm within {MOST} messages, median after {np.median(delays):.0f}"


def _mix(certified: list[LabelledProposal]) -> TrafficMix:
    return TrafficMix.of(
        np.array([each.signals.intent_probability for each in certified]),
        [IntentName("all")] * len(certified),
        np.array([each.signals.out_of_scope_probability for each in certified]),
        n_out_of_scope=sum(each.out_of_scope for each in certified),
    )
