"""What the customer wants: classifiers behind runtime.ports.Intents."""

from remit.adapters.intents.local import LocalIntents
from remit.adapters.intents.model import LabelledWindow

__all__ = ["LabelledWindow", "LocalIntents"]
