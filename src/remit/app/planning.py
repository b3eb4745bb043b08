"""Where a plan's volumes come from: what people type, the history, or the ledger."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from remit.adapters.text_files import read_text
from remit.conversations import AgentName, IntentName
from remit.errors import ImportFormatError, SettingsError
from remit.evidence import Ledger, Selection
from remit.policy.live_metrics import STARTED
from remit.policy.model import Policy


def volumes_typed(policy: Policy, per_day: float, shares: Mapping[str, float]) -> Mapping[IntentName, float]:
    """`per_day` of every intent, or of all together where shares say how it is divided.

    Raises:
        SettingsError: A share is of an unknown intent or out of range, or all together exceed 1.
    """
    if not shares:
        return dict.fromkeys(policy.intents, per_day)
    unknown = [name for name in shares if name not in policy.intents]
    if unknown:
        raise SettingsError(
            f"remit plan: the policy knows no intent {unknown[0]!r}.\n  Known: {', '.join(policy.intents)}."
        )
    if any(share <= 0.0 for share in shares.values()) or sum(shares.values()) > 1.0 + 1e-9:
        raise SettingsError(
            f"remit plan: shares of {sum(shares.values()):g} in all are not possible.\n"
            "  Each lies above 0, and together they are at most 1."
        )
    return {IntentName(name): per_day * share for name, share in shares.items()}


def volumes_of_history(policy: Policy, path: Path) -> Mapping[IntentName, float]:
    """Conversations a day of each intent in a history (JSON lines with `at` and `intent`), over the days it spans.

    Raises:
        ImportFormatError: The file cannot be read, or is no history.
    """
    text = read_text(path, ImportFormatError, mend="Name a history of JSON lines, or give --volume.")
    counts: Counter[str] = Counter()
    days: list[date] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            days.append(datetime.fromisoformat(row["at"]).date())
            counts[str(row["intent"])] += 1
        except (ValueError, KeyError, TypeError):
            problem = "is no conversation with `at` and `intent`"
            raise ImportFormatError(path, number, problem, "Correct the line, or give --volume.") from None
    if not days:
        raise ImportFormatError(path, None, "holds no conversation", "Give --volume.")
    n_days = (max(days) - min(days)).days + 1
    return {intent: counts[intent] / n_days for intent in policy.intents if counts[intent]}


async def volumes_of_ledger(policy: Policy, agent: AgentName, ledger: Ledger) -> Mapping[IntentName, float]:
    """Conversations a day of each intent that the agent has carried, over the days on which it carried any."""
    days: dict[IntentName, Counter[str]] = {}
    for one in await ledger.aggregates(Selection(agent=agent, metric=STARTED)):
        days.setdefault(one.intent, Counter())[one.cluster] += one.n_passed
    found = {}
    for intent in policy.intents:
        seen = sorted(days.get(intent, ()))
        if seen:
            n_days = (date.fromisoformat(seen[-1]) - date.fromisoformat(seen[0])).days + 1
            found[intent] = sum(days[intent].values()) / n_days
    return found


def history_of(policy: Policy) -> Path | None:
    """The history that the policy's baseline names, beside the policy; None if it names none that is there."""
    named = policy.baseline.get("from")
    path = Path(policy.source).parent / named if isinstance(named, str) else None
    return path if path is not None and path.is_file() else None
