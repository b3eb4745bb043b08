"""The check of the chain finds every single change of it; and what it cannot find, a checkpoint does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.audit import GENESIS, AuditEntry, ChainCheck, Change, Checkpoint, EntryId, Finding, Flaw, link
from remit.audit.chain import change_from, document_of, parse_checkpoint
from remit.errors import SettingsError
from remit.identity import CONTROLLER

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def change(number: int) -> Change:
    return Change(f"k{number}", NOON + timedelta(minutes=number), CONTROLLER, "grant_demoted", "shop/refund", "burned")


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(1, length + 1):
        entries.append(link(change(number), number=number, previous=entries[-1].digest if entries else GENESIS))
    return entries


def rewritten(changes: list[Change]) -> list[AuditEntry]:
    """A chain that somebody computed anew."""
    entries: list[AuditEntry] = []
    for number, one in enumerate(changes, start=1):
        entries.append(link(one, number=number, previous=entries[-1].digest if entries else GENESIS))
    return entries


def findings(entries: list[AuditEntry], checkpoint: Checkpoint | None = None) -> list[Finding]:
    check = ChainCheck(checkpoint)
    for entry in entries:
        check.add(entry)
    check.end()
    return check.findings


def flaws(entries: list[AuditEntry], checkpoint: Checkpoint | None = None) -> set[Flaw]:
    return {finding.flaw for finding in findings(entries, checkpoint)}


@given(st.integers(0, 12))
def test_a_chain_as_it_was_written_has_no_flaw(length: int) -> None:
    entries = chain(length)
    assert findings(entries) == []
    end = Checkpoint(length, entries[-1].digest if entries else GENESIS)
    assert findings(entries, end) == []


@given(st.data())
def test_any_altered_entry_is_found_at_its_place(data: st.DataObject) -> None:
    entries = chain(6)
    place = data.draw(st.integers(0, 5))
    before = entries[place].change
    altered = data.draw(
        st.sampled_from(
            [
                replace(before, reason="nothing happened"),
                replace(before, at=before.at + timedelta(seconds=1)),
                replace(before, actor=replace(CONTROLLER, name="Somebody else")),
                replace(before, after={"level": "autonomous"}),
                replace(before, evidence="v-2"),
                replace(before, key="another"),
            ]
        )
    )
    entries[place] = replace(entries[place], change=altered)
    (finding,) = findings(entries)
    assert (finding.entry, finding.flaw) == (place + 1, Flaw.ALTERED)


@given(st.integers(0, 4))
def test_an_entry_that_was_altered_together_with_its_digest_breaks_the_link_behind_it(place: int) -> None:
    entries = chain(6)
    forged = replace(entries[place].change, reason="nothing happened")
    entries[place] = link(forged, number=place + 1, previous=entries[place].previous)
    assert [(finding.entry, finding.flaw) for finding in findings(entries)] == [(place + 2, Flaw.BROKEN_LINK)]


@given(st.integers(0, 4))
def test_a_removed_entry_is_missing(place: int) -> None:
    entries = chain(6)
    del entries[place]
    assert {Flaw.MISSING, Flaw.BROKEN_LINK} == flaws(entries)
    assert "one entry is missing" in findings(entries)[0].what


@given(st.integers(0, 4))
def test_a_removed_entry_is_found_when_those_behind_it_are_renumbered(place: int) -> None:
    entries = chain(6)
    del entries[place]
    entries = [replace(entry, id=EntryId(number)) for number, entry in enumerate(entries, start=1)]
    assert Flaw.ALTERED in flaws(entries), "the number is part of what the digest covers"


@given(st.permutations(range(5)).filter(lambda order: list(order) != list(range(5))))
def test_reordered_entries_are_found(order: list[int]) -> None:
    original = chain(5)
    moved = [replace(original[old], id=EntryId(number)) for number, old in enumerate(order, start=1)]
    assert flaws(moved)


@given(st.integers(0, 5))
def test_an_inserted_entry_is_found(place: int) -> None:
    entries = chain(5)
    previous = entries[place - 1].digest if place else GENESIS
    entries.insert(place, link(change(99), number=place + 1, previous=previous))
    numbered = [replace(entry, id=EntryId(number)) for number, entry in enumerate(entries, start=1)]
    if place == 5:
        assert flaws(numbered) == set(), "an entry at the end is how a log grows"
    else:
        assert flaws(numbered)


def test_a_chain_computed_anew_is_found_only_by_a_checkpoint() -> None:
    entries = chain(5)
    checkpoint = Checkpoint(4, entries[3].digest)
    forged = rewritten([replace(entry.change, reason="all was well") for entry in entries])
    assert findings(forged) == []
    assert [(finding.entry, finding.flaw) for finding in findings(forged, checkpoint)] == [(4, Flaw.CHECKPOINT)]


def test_a_log_that_was_cut_off_is_found_only_by_a_checkpoint() -> None:
    entries = chain(5)
    checkpoint = Checkpoint(5, entries[4].digest)
    assert findings(entries[:3]) == []
    (finding,) = findings(entries[:3], checkpoint)
    assert finding.flaw is Flaw.CHECKPOINT
    assert "it ends at 3" in finding.what
    assert flaws([], checkpoint) == {Flaw.CHECKPOINT}


def test_a_log_may_grow_behind_its_checkpoint() -> None:
    entries = chain(7)
    assert findings(entries, Checkpoint(4, entries[3].digest)) == []
    assert findings(entries, Checkpoint(0, GENESIS)) == []


def test_an_unreadable_entry_is_a_finding_and_the_rest_is_checked() -> None:
    entries = chain(4)
    check = ChainCheck()
    check.add(entries[0])
    check.add_unreadable(2, "no JSON", digest=entries[1].digest)
    check.add(entries[2])
    check.add(replace(entries[3], change=change(9)))
    check.end()
    assert [(finding.entry, finding.flaw) for finding in check.findings] == [
        (2, Flaw.UNREADABLE),
        (4, Flaw.ALTERED),
    ]


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.text(), st.text())
def test_a_change_comes_back_from_its_document(after: dict[str, None], reason: str, subject: str) -> None:
    one = replace(change(1), after=after, reason=reason, subject=subject)
    assert change_from(document_of(one)) == one


def test_a_document_with_more_than_a_change_has_is_none() -> None:
    with pytest.raises(ValueError, match="more, or other"):
        change_from({**document_of(change(1)), "note": "added later"})
    document = document_of(change(1))
    del document["reason"]
    with pytest.raises(ValueError, match="missing"):
        change_from(document)


def test_a_checkpoint_comes_back_from_its_text() -> None:
    checkpoint = Checkpoint(12, "ab" * 32)
    assert parse_checkpoint(f" {checkpoint}\n") == checkpoint
    for wrong in (
        "",
        "remit-audit:12",
        "remit-audit:x:" + "ab" * 32,
        "remit-audit:12:" + "AB" * 32,
        "a:1:" + "ab" * 32,
    ):
        with pytest.raises(SettingsError, match="no checkpoint"):
            parse_checkpoint(wrong)
