"""Who has signed, and what attempts cost."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.releases.attempts import Attempt, Ending, ledger_of, open_attempt
from remit.releases.signatures import Signature, missing_functions
from unit.releases.samples import REFUND, SHOP, named

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FUNCTIONS = st.sampled_from(["operations", "risk", "privacy"])
PEOPLE = st.sampled_from(["ann", "ben", "cleo", "dan"])
SIGNED = st.dictionaries(PEOPLE, st.frozensets(FUNCTIONS, max_size=3), max_size=4)


def signatures(signed: dict[str, frozenset[str]]) -> list[Signature]:
    return [Signature(actor, functions, NOW) for actor, functions in signed.items()]


@given(st.lists(FUNCTIONS, unique=True), SIGNED, PEOPLE)
def test_as_many_functions_are_filled_as_people_can_fill_each_of_them_one(
    required: list[str], signed: dict[str, frozenset[str]], proposer: str
) -> None:
    missing = missing_functions(required, signatures(signed), proposer=proposer)

    others = [actor for actor in signed if actor != proposer]
    people = [*others, *[None] * len(required)]
    most = max(
        (
            sum(one is not None and function in signed[one] for function, one in zip(required, seats, strict=True))
            for seats in permutations(people, len(required))
        ),
        default=0,
    )
    assert len(required) - len(missing) == most


@given(st.lists(FUNCTIONS, unique=True), SIGNED, PEOPLE, PEOPLE, st.frozensets(FUNCTIONS))
def test_another_signature_never_unsigns_and_the_proposers_changes_nothing(
    required: list[str], signed: dict[str, frozenset[str]], proposer: str, other: str, functions: frozenset[str]
) -> None:
    before = missing_functions(required, signatures(signed), proposer=proposer)
    more = {**signed, other: signed.get(other, frozenset()) | functions}
    after = missing_functions(required, signatures(more), proposer=proposer)

    assert len(after) <= len(before)
    if other == proposer:
        assert after == before


def test_one_person_may_stand_for_several_functions_only_where_it_is_allowed() -> None:
    bea = [Signature("bea", frozenset({"operations", "risk"}), NOW)]

    assert missing_functions(("operations", "risk"), bea, proposer="ann") == ("risk",)
    assert missing_functions(("operations", "risk"), bea, proposer="ann", one_for_several=True) == ()
    assert missing_functions(("operations",), bea, proposer="bea", one_for_several=True) == ("operations",)


def attempt(release: str, ending: Ending) -> Attempt:
    opened = Attempt(SHOP, REFUND, named(release), 1, 0.03, "ann", NOW)
    return opened if ending is Ending.OPEN else opened.closed(ending, "so", NOW)


ENDINGS = st.lists(st.sampled_from(Ending), max_size=12)


@given(ENDINGS)
def test_only_failed_attempts_since_the_last_promotion_spend_alpha_whoever_made_them(endings: list[Ending]) -> None:
    tries = [attempt(f"r-{place}", ending) for place, ending in enumerate(endings)]
    since = max((place + 1 for place, one in enumerate(endings) if one is Ending.PROMOTED), default=0)

    ledger = ledger_of(tries, alpha=0.05)

    assert ledger.n_failed == endings[since:].count(Ending.FAILED)
    assert ledger.spent + ledger.share <= 0.05


def test_an_attempt_ends_once_and_is_signed_once_by_each() -> None:
    ended = attempt("r-1", Ending.FAILED)
    with pytest.raises(ValueError, match="ended before: failed"):
        ended.closed(Ending.PROMOTED, "no", NOW)
    signature = Signature("bea", frozenset({"risk"}), NOW)
    once = attempt("r-1", Ending.OPEN).signed(signature)
    assert once.signed(signature) == once
    assert open_attempt([ended, once], named("r-1")) == once
    assert open_attempt([ended], named("r-1")) is None
