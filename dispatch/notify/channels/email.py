"""E-mail by Django's mail backend."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from dispatch.notify.channels.base import Letter, TransportError
from teams.models import User

TIMEOUT = 10  # seconds a step of the conversation may take
_FOR_GOOD = 500


class Email:
    needs_sending = True

    def reaches(self, user: User) -> bool:
        return user.is_active and bool(user.email)

    def send(self, letter: Letter) -> None:
        if not letter.recipient.email:
            raise TransportError("no e-mail address", permanent=True)
        host = urlsplit(settings.SITE_URL).hostname or "localhost"
        message = EmailMessage(
            subject=letter.subject,
            body=letter.body,
            to=[letter.recipient.email],
            # The same at every attempt: a mail box shows a second copy as what it is.
            headers={"Message-ID": f"<{letter.key}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        try:
            with get_connection(timeout=TIMEOUT) as connection:
                connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise TransportError(f"recipient refused {codes}", permanent=min(codes, default=0) >= _FOR_GOOD) from error
        except smtplib.SMTPSenderRefused as error:
            raise TransportError(f"sender refused {error.smtp_code}", channel_down=True) from error
        except smtplib.SMTPDataError as error:
            raise TransportError(f"mail refused {error.smtp_code}", permanent=error.smtp_code >= _FOR_GOOD) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportError(f"{type(error).__name__}: {error}", channel_down=True) from error
