"""One messenger for every kind of recipient."""

from remit.adapters.notices.email import SmtpMessenger
from remit.adapters.notices.webhook import WebhookMessenger
from remit.control.notices import Notice


class Messengers:
    """Implements `Messenger` by the kind of the recipient."""

    def __init__(self, email: SmtpMessenger, webhook: WebhookMessenger) -> None:
        self._email = email
        self._webhook = webhook

    async def send(self, notice: Notice) -> None:
        """Once. Raises NoticeFailed."""
        match notice.recipient.kind:
            case "email":
                await self._email.send(notice)
            case "webhook":
                await self._webhook.send(notice)
