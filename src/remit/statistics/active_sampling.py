"""Certify an error rate from few expert labels, with a judge that says where to look."""

from dataclasses import dataclass
from math import log1p

from remit.errors import StatisticsError
from remit.statistics.e_process import mixture

STAKES = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.95)


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """Expert labels so far among conversations on which the judge gave this verdict."""

    verdict: str
    n_labels: int = 0
    loss: float = 0.0

    def rate(self, *, at_start: float) -> float:
        """Running mean loss, shrunk by one pseudo-label towards `at_start`; any value in [0, 1] is valid."""
        return (self.loss + at_start) / (self.n_labels + 1)


@dataclass(frozen=True, slots=True)
class ActiveEvidence:
    """Evidence that the mean loss is below eps, from conversations of which only some were labelled.

    Every conversation counts, labelled or not:

        Z = f(v) + (labelled / pi) (loss - f(v)),        E = mean over k of prod (1 + lambda_k (eps - Z))

    where v is the judge's verdict, f(v) the mean of earlier labels on that verdict and pi the probability with
    which this conversation was to be labelled. Z is unbiased for the loss however bad the judge is; a good
    judge only makes it vary less. State: eight log-wealths and two numbers a verdict.

    Guarantee: if the mean loss is at least eps, 1/alpha is ever reached with probability at most alpha. It
    needs that the draw was made with exactly the recorded probability, independently of the loss given the
    verdict, and was recorded BEFORE the label; that the label is right; and that pi never fell below `least_pi`.
    Conversations whose probability was not recorded, or that were labelled for another reason, must not be
    fed in. Feed conversations in the order of their draws and wait for a label that is pending: running ahead
    with the unlabelled ones would count guesses without their corrections. Held by
    tests/statistical/test_active_sampling.py.

    Args:
        eps: The error budget, in (0, 1).
        least_pi: Declared least sampling probability, in (0, 1]; below 0.1 evidence grows very slowly.
        log_wealths: One per stake.
        verdicts: Labels so far by verdict.
        n: Conversations, labelled or not.
        n_labels: Labelled ones.

    Source:
        Zrnic & Candes (2024), arXiv 2403.03208; Xu, Karampatziakis & Mineiro (2024), arXiv 2406.10490.
    """

    eps: float
    least_pi: float
    log_wealths: tuple[float, ...] = (0.0,) * len(STAKES)
    verdicts: tuple[VerdictCounts, ...] = ()
    n: int = 0
    n_labels: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.eps < 1.0:
            raise StatisticsError(f"eps is {self.eps!r}; an error budget lies strictly between 0 and 1.")
        if not 0.0 < self.least_pi <= 1.0:
            raise StatisticsError(f"the least sampling probability is {self.least_pi!r}; it must be in (0, 1].")

    @property
    def log_e(self) -> float:
        """Log of the evidence that the mean loss is below eps."""
        return mixture(self.log_wealths)

    def after(self, *, verdict: str, pi: float, loss: float | None) -> "ActiveEvidence":
        """The state after one further conversation.

        Args:
            verdict: The judge's verdict, one of few values: `flagged` or `other`.
            pi: Recorded probability with which it was to be labelled, least_pi <= pi <= 1.
            loss: The expert's label in [0, 1]; None if the draw left it unlabelled.

        Raises:
            StatisticsError: pi or the loss is out of range, or pi is 1 and the label is missing.
        """
        if not self.least_pi <= pi <= 1.0:
            raise StatisticsError(
                f"a sampling probability of {pi!r} is outside [{self.least_pi!r}, 1]; "
                "declare a lower `least_pi` before the first conversation, or sample more."
            )
        if loss is None and pi == 1.0:
            raise StatisticsError("a conversation that was to be labelled for certain has no label; wait for it.")
        if loss is not None and not 0.0 <= loss <= 1.0:
            raise StatisticsError(f"a loss of {loss!r} is outside [0, 1].")
        counts = _of(self.verdicts, verdict)
        guess = counts.rate(at_start=self.eps)
        estimate = guess if loss is None else guess + (loss - guess) / pi
        unit = (self.eps - estimate) / (1.0 / self.least_pi - self.eps)
        verdicts = self.verdicts if loss is None else _with_label(self.verdicts, counts, loss)
        held = [wealth + log1p(stake * unit) for wealth, stake in zip(self.log_wealths, STAKES, strict=True)]
        return ActiveEvidence(
            eps=self.eps,
            least_pi=self.least_pi,
            log_wealths=tuple(held),
            verdicts=verdicts,
            n=self.n + 1,
            n_labels=self.n_labels + (loss is not None),
        )


def _of(verdicts: tuple[VerdictCounts, ...], verdict: str) -> VerdictCounts:
    for seen in verdicts:
        if seen.verdict == verdict:
            return seen
    return VerdictCounts(verdict)


def _with_label(verdicts: tuple[VerdictCounts, ...], counts: VerdictCounts, loss: float) -> tuple[VerdictCounts, ...]:
    counted = VerdictCounts(counts.verdict, n_labels=counts.n_labels + 1, loss=counts.loss + loss)
    others = tuple(seen for seen in verdicts if seen.verdict != counts.verdict)
    return (*others, counted)
