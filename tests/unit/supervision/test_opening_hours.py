"""Office hours: an opening that is named is one, and changes of the clock are followed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from remit.supervision.opening_hours import OpeningHours, Span

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def hours(draw: st.DrawFn) -> OpeningHours:
    spans = st.tuples(st.integers(0, 22), st.integers(1, 24)).filter(lambda ends: ends[0] < ends[1])
    weekly = draw(st.dictionaries(st.integers(0, 6), st.lists(spans, min_size=1, max_size=2)))
    closed = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5))
    return OpeningHours(
        ZoneInfo(draw(st.sampled_from(ZONES))),
        {day: tuple(Span(time(begin), time(end % 24)) for begin, end in each) for day, each in weekly.items()},
        closed,
    )


@given(hours(), MOMENTS)
def test_people_are_there_when_the_next_opening_says(office: OpeningHours, at: datetime) -> None:
    opens = office.opens_next(at)
    if opens is not None:
        assert opens > at
        assert office.is_open(opens)


@given(hours(), MOMENTS)
def test_nothing_opens_before_the_next_opening(office: OpeningHours, at: datetime) -> None:
    opens = office.opens_next(at)
    if office.is_open(at) or opens is None:
        return
    n_looks = min(int((opens - at) / timedelta(minutes=30)), 200)
    between = [at + timedelta(minutes=30 * look) for look in range(n_looks + 1)]
    assert not any(office.is_open(moment) for moment in between if moment < opens)


def test_nine_in_berlin_is_another_hour_in_summer() -> None:
    office = OpeningHours(ZoneInfo("Europe/Berlin"), {0: (Span(time(9), time(17)),)})
    assert office.opens_next(datetime(2026, 7, 19, tzinfo=UTC)) == datetime(2026, 7, 20, 7, tzinfo=UTC)
    assert office.opens_next(datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_centre_that_never_opens_names_no_opening() -> None:
    assert OpeningHours(UTC, {}).opens_next(datetime(2026, 11, 22, tzinfo=UTC)) is None
