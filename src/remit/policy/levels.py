"""The autonomy ladder."""

from enum import IntEnum


class AutonomyLevel(IntEnum):
    """What the agent may do for one intent, from nothing to acting alone within the policy.

    Ordered: a higher level never means less freedom (held by tests/properties).
    """

    SHADOW = 0
    SUPERVISED_ANSWERS = 1
    TOOLS_WITH_APPROVAL = 2
    TOOLS_WITHIN_LIMITS = 3
    AUTONOMOUS = 4

    @property
    def label(self) -> str:
        """The name in documents and on screens, such as `tools_within_limits`."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> "AutonomyLevel":
        """The level of that name; KeyError if there is none."""
        return cls[label.upper()]
