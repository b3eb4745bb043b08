"""What a change reaches: the algebra of reach, the dependency diff, whose evidence counts, what is inherited."""

from hypothesis import given
from hypothesis import strategies as st

from remit.conversations import IntentName
from remit.policy.levels import AutonomyLevel
from remit.releases.diff import compare_parts
from remit.releases.inheritance import Begins, Guarded, HeldGrant, Keeps, inherit
from remit.releases.model import Part, PartKind, Release, merged, releases_that_count
from remit.releases.reach import Reach
from unit.releases.samples import INTENTS, release

OUTSIDE = IntentName("an intent that no part names")
ANY_INTENT = st.sampled_from([*INTENTS, OUTSIDE])
REACHES = st.builds(lambda named, others: Reach(named, all_others=others), st.frozensets(ANY_INTENT), st.booleans())
PARTS = st.builds(
    Part,
    kind=st.sampled_from(list(PartKind)[:4]),
    name=st.sampled_from("abc"),
    digest=st.sampled_from(["1", "2"]),
    reach=REACHES,
    why=st.just("so"),
)
RELEASES = st.builds(
    lambda parts, opaque: release(*parts, opaque=opaque),
    st.lists(PARTS, unique_by=lambda part: part.key, max_size=6),
    st.booleans(),
)


@given(REACHES, REACHES, ANY_INTENT)
def test_reach_is_a_set_of_intents(one: Reach, other: Reach, intent: IntentName) -> None:
    a, b = one.covers(intent), other.covers(intent)
    assert (one | other).covers(intent) == (a or b)
    assert (one & other).covers(intent) == (a and b)
    assert (one ^ other).covers(intent) == (a != b)
    assert (~one).covers(intent) == (not a)


@given(RELEASES)
def test_a_release_does_not_differ_from_itself(one: Release) -> None:
    assert compare_parts(one, one).changes == ()


@given(RELEASES, RELEASES, ANY_INTENT)
def test_a_diff_reaches_the_same_intents_in_both_directions(one: Release, other: Release, intent: IntentName) -> None:
    assert compare_parts(one, other).reaches(intent) == compare_parts(other, one).reaches(intent)


@given(RELEASES, RELEASES, ANY_INTENT)
def test_evidence_counts_exactly_where_the_change_does_not_reach(
    one: Release, other: Release, intent: IntentName
) -> None:
    counts = other.id in releases_that_count(intent, one, [one, other])
    assert counts == (one.id == other.id or not compare_parts(one, other).reaches(intent))


@given(RELEASES, st.lists(RELEASES, max_size=5), ANY_INTENT)
def test_whose_evidence_counts_is_mutual(one: Release, others: list[Release], intent: IntentName) -> None:
    every = [one, *others]
    for other in others:
        assert (other.id in releases_that_count(intent, one, every)) == (
            one.id in releases_that_count(intent, other, every)
        )


@given(st.lists(PARTS, max_size=8), ANY_INTENT)
def test_two_ways_to_one_part_reach_what_either_reaches(parts: list[Part], intent: IntentName) -> None:
    same = [Part(part.kind, part.name, "1", part.reach, part.why) for part in parts]
    for part in merged(same):
        ways = [one for one in same if one.key == part.key]
        assert part.reach.covers(intent) == any(way.reach.covers(intent) for way in ways)


GRANTS = st.lists(
    st.builds(
        HeldGrant,
        intent=st.sampled_from(INTENTS),
        level=st.sampled_from(AutonomyLevel),
        release=st.just(release().id),
        review=st.floats(0.0, 1.0),
        budget=st.floats(0.005, 0.2),
    ),
    unique_by=lambda grant: grant.intent,
)


@given(GRANTS, RELEASES, RELEASES, st.booleans())
def test_inheritance_widens_nothing_and_keeps_only_what_cannot_be_reached(
    grants: list[HeldGrant], old: Release, new: Release, drift: bool
) -> None:
    diff = compare_parts(old, new)
    held = [HeldGrant(one.intent, one.level, old.id, one.review, one.budget) for one in grants]
    plan = inherit(held, diff, drift_suspected=drift)
    assert [entry.intent for entry in plan.entries] == [one.intent for one in held]
    for one, entry in zip(held, plan.entries, strict=True):
        match entry:
            case Keeps(level=level):
                assert level is one.level > AutonomyLevel.SHADOW
                assert not diff.reaches(one.intent)
                assert not (drift and diff.opaque)
            case Guarded(level=level, why=why, review=review, exposure_at_most=exposure):
                assert level is one.level
                assert why
                assert review >= one.review
                assert all(n > 0 for n in exposure.values())
            case Begins():
                assert one.level is AutonomyLevel.SHADOW


@given(GRANTS, RELEASES, RELEASES)
def test_a_grant_of_another_release_is_never_kept(grants: list[HeldGrant], old: Release, new: Release) -> None:
    elsewhere = [HeldGrant(one.intent, one.level, release(Part(PartKind.CODE, "z", "9")).id) for one in grants]
    assert inherit(elsewhere, compare_parts(old, new)).kept == ()


@given(st.lists(st.sampled_from(INTENTS), min_size=1, max_size=120))
def test_a_team_that_edits_one_article_a_day_keeps_the_evidence_of_its_other_intents(edited: list[IntentName]) -> None:
    """Whatever is edited, in whatever order: an intent's evidence goes back to the day its own article changed."""

    def on(day: int) -> Release:
        parts = []
        for intent in INTENTS:
            version = max((n for n in range(1, day + 1) if edited[n - 1] == intent), default=0)
            parts.append(Part(PartKind.ARTICLE, f"{intent}.md", str(version), Reach(frozenset({intent})), "it says so"))
        return release(*parts)

    history = [on(day) for day in range(len(edited) + 1)]
    for intent in INTENTS:
        last_edit = max((n for n in range(1, len(edited) + 1) if edited[n - 1] == intent), default=0)
        counting = set(releases_that_count(intent, history[-1], history))
        assert counting >= {one.id for one in history[last_edit:]}
        assert not counting & {one.id for one in history[:last_edit]}
