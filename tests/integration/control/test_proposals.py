"""Promotions collect signatures: who asks first proposes, others sign for what is theirs."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from control_samples import LIMITS, POLICY, R1, REFUND, SHOP
from people import NOON, OLGA, PAUL, RITA
from remit.adapters.store import SqliteAuditLog, SqliteDatabase, SqliteProposals
from remit.control.proposals import LASTS, Asked, Proposal, ask
from remit.errors import NotPermitted

ASKED = Asked(SHOP, REFUND, R1, POLICY.digest, LIMITS)
BOTH = ("operations", "risk")


def after(held: Proposal | None, by: object, *, at: timedelta = timedelta()) -> Proposal:
    return ask(held, ASKED, by, BOTH, reason="four good weeks", now=NOON + at)  # type: ignore[arg-type]


def test_the_first_proposes_and_the_others_sign_for_their_functions() -> None:
    signed = after(after(after(None, OLGA), PAUL), RITA)
    assert signed.by == OLGA
    assert [(one.by.id, one.function) for one in signed.signed] == [("paul", "operations"), ("rita", "risk")]


def test_asking_again_changes_nothing() -> None:
    proposed = after(None, PAUL)
    assert after(proposed, PAUL) == proposed, "who proposes cannot sign"
    signed = after(proposed, RITA)
    assert after(signed, RITA) == signed


def test_who_signs_for_nothing_that_is_asked_for_is_refused() -> None:
    with pytest.raises(NotPermitted):
        after(after(None, PAUL), OLGA)


def test_a_proposal_that_nobody_signed_in_time_begins_again() -> None:
    late = after(after(None, OLGA), PAUL, at=LASTS)
    assert (late.by, late.signed) == (PAUL, ())


def test_proposals_and_signatures_are_kept_with_their_lines_in_the_audit_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            proposals = SqliteProposals(database)
            for by in (OLGA, PAUL, PAUL, RITA):
                proposal, _ = await proposals.ask(ASKED, by, BOTH, reason="four good weeks", now=NOON)
            assert list(await proposals.open(SHOP, NOON)) == [proposal]
            assert list(await proposals.open(SHOP, NOON + LASTS)) == []
            lines = [entry.change.action async for entry in SqliteAuditLog(database).entries()]
            assert lines == ["promotion_proposed", "promotion_signed", "promotion_signed"]
            await proposals.close(ASKED)
            assert list(await proposals.open(SHOP, NOON)) == []

    asyncio.run(story())
