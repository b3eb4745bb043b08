"""Grants that are given once and change only when told to."""

from collections.abc import Mapping
from dataclasses import replace

from remit.conversations import Conversation, IntentName
from remit.policy.rules import IntentRule
from remit.runtime.ports import GrantState, Permit


class FixedGrants:
    """Implements `Grants` over one permit. `stop` and `replace_rules` raise the epoch."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit

    async def permit(self, conversation: Conversation) -> Permit:
        """The same permit for every conversation."""
        return self._permit

    async def state(self) -> GrantState:
        """Stop flag and epoch, now."""
        return GrantState(self._permit.epoch, self._permit.stopped)

    async def rules_now(self, permit: Permit) -> Mapping[IntentName, IntentRule]:
        """The rules as they stand now, whatever the permit froze."""
        return self._permit.rules

    def stop(self) -> None:
        """Nothing may happen from now on."""
        self._permit = replace(self._permit, stopped=True, epoch=self._permit.epoch + 1)

    def replace_rules(self, rules: Mapping[IntentName, IntentRule]) -> None:
        """Other grants from now on."""
        self._permit = replace(self._permit, rules=rules, epoch=self._permit.epoch + 1)
