"""The lower threshold: from where on an expert is asked, and below which people take over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AskRule:
    """What the policy says.

    Args:
        from_probability: An expert is asked from this probability on.
        expert_share: Share of proposals that experts can look at; None if the policy does not say.
    """

    from_probability: float
    expert_share: float | None = None


def ask_threshold(scores: NDArray[np.float64], send: float | None, rule: AskRule) -> tuple[float, str]:
    """The lower threshold and where it comes from, in words.

    With a declared share the surest proposals below `send` go to experts, as many as they can look at: the threshold
    is the lowest score at which at most that share lies between. It is chosen on the same labels as `send`; it
    carries no guarantee and needs none, for an expert sees each of these.

    Args:
        scores: shape (n,), of the certified labels.
        send: The upper threshold; None if nothing is sent.
        rule: The policy's.
    """
    top = 1.0 if send is None else send
    if rule.expert_share is None:
        if rule.from_probability > top:
            return top, f"everything below the sending threshold {top:.4f} is below the policy's asking threshold too"
        return rule.from_probability, f"the policy asks from probability {rule.from_probability:g} on"
    below = np.sort(scores[scores < top])[::-1]
    n_most = int(rule.expert_share * len(scores))
    if n_most >= len(below):
        words = "all below the sending threshold: experts can look at more than that"
        return (0.0, f"the policy's expert share of {rule.expert_share:g} covers {words}")
    # The first that no longer fits sets a border just above itself, so that equal scores stay together.
    too_many = float(below[n_most])
    fitting = below[below > too_many]
    threshold = float(fitting[-1]) if len(fitting) else top
    return threshold, (
        f"the policy's expert share of {rule.expert_share:g}: {len(fitting)} of {len(scores)} certified proposals lie "
        "between the thresholds"
    )
