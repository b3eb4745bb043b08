"""Releases: what an agent is made of, what a change reaches, and how a release earns its place intent by intent."""

from remit.releases.diff import PartChange, ReleaseDiff, compare_parts
from remit.releases.model import Part, PartKind, Registration, Release, release_id, releases_that_count
from remit.releases.reach import ALL, Reach, everything_but, only

__all__ = [
    "ALL",
    "Part",
    "PartChange",
    "PartKind",
    "Reach",
    "Registration",
    "Release",
    "ReleaseDiff",
    "compare_parts",
    "everything_but",
    "only",
    "release_id",
    "releases_that_count",
]
