"""A team that edits one article every working day still graduates its other intents: evidence adds up over releases."""

from math import log
from random import Random

from remit.conversations import IntentName
from remit.releases.model import Release, releases_that_count
from remit.releases.reach import only
from remit.statistics import AlphaLedger, log_e_value
from unit.releases.samples import article, flow, release

ADVICE, REFUND = IntentName("advice"), IntentName("refund")
EPS, TRUE_RATE, PER_DAY, DAYS = 0.02, 0.005, 20, 120
SEED = 20_261_125


def release_of(day: int) -> Release:
    """The advice article is edited on each of five working days a week; the refund flow never is."""
    n_edits = day // 7 * 5 + min(day % 7, 5)
    return release(article("advice.md", f"edit {n_edits}", only(ADVICE)), flow(REFUND, "as it was"))


def day_of_graduation(intent: IntentName, random: Random, *, carried_over: bool) -> int | None:
    """The first day on which the evidence that counts for that day's release shows an error rate below the budget."""
    history: list[Release] = []
    outcomes: dict[str, tuple[int, int]] = {}
    for day in range(DAYS):
        current = release_of(day)
        if current not in history:
            history.append(current)
        failed = sum(random.random() < TRUE_RATE for _ in range(PER_DAY))
        n, errors = outcomes.get(current.id, (0, 0))
        outcomes[current.id] = (n + PER_DAY, errors + failed)
        counting = releases_that_count(intent, current, history) if carried_over else (current.id,)
        total, wrong = (sum(outcomes[one][place] for one in counting) for place in (0, 1))
        if log_e_value(total, wrong, eps=EPS, side="promote") >= log(1.0 / AlphaLedger(0.05).share):
            return day
    return None


def test_the_intents_that_no_edit_reaches_graduate_as_if_nobody_edited() -> None:
    print(f"seed {SEED}")
    days = [day_of_graduation(REFUND, Random(SEED + run), carried_over=True) for run in range(40)]
    assert all(day is not None for day in days[:10])
    assert sum(day is not None for day in days) >= 36
    known = sorted(day for day in days if day is not None)
    assert known[len(known) // 2] <= 40, "about 4.2 / eps to 19 / eps conversations at 20 a day"


def test_if_evidence_began_anew_with_each_release_nothing_would_ever_graduate() -> None:
    assert not [
        run for run in range(20) if day_of_graduation(REFUND, Random(SEED + run), carried_over=False) is not None
    ]


def test_the_intent_that_is_edited_every_day_does_not_ride_on_the_evidence_of_yesterday() -> None:
    assert day_of_graduation(ADVICE, Random(SEED), carried_over=True) is None
