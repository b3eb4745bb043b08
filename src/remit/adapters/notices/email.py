"""E-mail by SMTP, in a thread of its own: a slow mail server must not hold up the controller."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from remit.control.notices import Notice
from remit.errors import NoticeFailed

_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. Without a host nothing can be sent; with a user the connection must be encrypted.

    Args:
        host: Its name.
        port: 587 usually.
        sender: The address in `From`.
        user: For the log-in; empty for none.
        password: See above.
        encrypt: Whether STARTTLS is demanded.
    """

    host: str = ""
    port: int = 587
    sender: str = ""
    user: str = ""
    password: str = ""
    encrypt: bool = True


class SmtpMessenger:
    """Implements `Messenger` for e-mail."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, notice: Notice) -> None:
        """Once. Raises NoticeFailed."""
        to = notice.recipient.address
        if not self._server.host:
            raise NoticeFailed(to, "no mail server is set (REMIT_SMTP_HOST)")
        try:
            await asyncio.to_thread(self._send, _mail(notice, self._server.sender))
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise NoticeFailed(
                to, f"the mail server refuses the address ({codes})", lasting=min(codes) >= 500
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise NoticeFailed(to, f"the mail server refuses the log-in ({error.smtp_code})") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NoticeFailed(to, f"the mail server could not take it ({type(error).__name__})") from error

    def _send(self, mail: EmailMessage) -> None:
        held = self._server
        with smtplib.SMTP(held.host, held.port, timeout=_TIMEOUT_S) as server:
            if held.encrypt:
                server.starttls(context=ssl.create_default_context())
            if held.user:
                server.login(held.user, held.password)
            server.send_message(mail)


def _mail(notice: Notice, sender: str) -> EmailMessage:
    tidings = notice.tidings
    mail = EmailMessage()
    mail["From"] = sender or "remit@localhost"
    mail["To"] = notice.recipient.address
    mail["Subject"] = f"[Remit] {_one_line(tidings.title)}"
    mail["Date"] = format_datetime(tidings.at)
    # The same notice has the same id: a mail box that gets it twice can tell.
    mail["Message-ID"] = f"<{sha256(notice.key.encode()).hexdigest()[:32]}@remit>"
    more = f"\n\nIncident {tidings.incident}: remit incident show {tidings.incident}" if tidings.incident else ""
    mail.set_content(f"{tidings.text}{more}\n\nAgent {tidings.agent}. Sent by Remit on its own.\n")
    return mail


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
