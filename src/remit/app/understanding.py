"""Which classifier a contact centre understands its customers with, trained from its policy."""

from pathlib import Path

from remit.adapters.intents.embeddings import MiniLmEncoder
from remit.adapters.intents.local import LocalIntents
from remit.app.centre import FILE, IntentsModel, load_centre
from remit.policy.model import Policy


def trained_intents(policy: Policy, model: IntentsModel) -> LocalIntents:
    """The classifier, trained from the policy's examples; `embeddings` takes ten times the time of `words`.

    Raises:
        SettingsError: No intent has an example, or the extra for embeddings is not installed.
    """
    examples = {intent.name: intent.examples for intent in policy.intents.values() if intent.examples}
    return LocalIntents.train(examples, encoder=MiniLmEncoder.installed() if model == "embeddings" else None)


def intents_model_beside(policy: Path) -> IntentsModel:
    """What the contact centre's file beside a policy says, so that evaluations hear as the gateway does."""
    folder = policy.resolve().parent
    return load_centre(folder).intents if (folder / FILE).is_file() else "words"
