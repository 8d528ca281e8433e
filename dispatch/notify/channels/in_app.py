"""The list behind the bell: the message row itself is the delivery."""

from __future__ import annotations

from dispatch.notify.channels.base import Letter
from teams.models import User


class InApp:
    needs_sending = False

    def reaches(self, user: User) -> bool:
        return user.is_active

    def send(self, letter: Letter) -> None:
        return
