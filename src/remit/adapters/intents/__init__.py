"""What the customer wants: classifiers behind runtime.ports.Intents."""

from remit.adapters.intents.local import ASKS_FOR_PERSON, LocalIntents
from remit.adapters.intents.model import LabelledWindow

__all__ = ["ASKS_FOR_PERSON", "LabelledWindow", "LocalIntents"]
