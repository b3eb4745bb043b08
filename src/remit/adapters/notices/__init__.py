"""Carries notices to their recipients: e-mail, and webhooks with a signature."""

from remit.adapters.notices.email import MailServer, SmtpMessenger
from remit.adapters.notices.post import Messengers
from remit.adapters.notices.webhook import SIGNATURE, WebhookMessenger, signature_of

__all__ = ["SIGNATURE", "MailServer", "Messengers", "SmtpMessenger", "WebhookMessenger", "signature_of"]
