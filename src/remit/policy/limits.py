"""Limits of tools: CEL expressions, compiled once, evaluated fail-closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remit.policy.rules import Limits


@dataclass(frozen=True, slots=True)
class AllLimits:
    """Limits of several grants: all of them must hold."""

    members: tuple[Limits, ...]

    @property
    def expression(self) -> str:
        """The limits as one CEL expression."""
        return " && ".join(f"({member.expression})" for member in self.members)

    def allow(self, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
        """Whether every one of them allows the call."""
        return all(member.allow(arguments, facts) for member in self.members)
