"""What every channel is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from teams.models import User


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words. ``key`` is the same at every attempt, so that a receiver can tell a second copy."""

    key: str
    recipient: User
    subject: str
    body: str


class TransportError(Exception):
    """A channel could not deliver. ``permanent``: another try would fail the same way (no address, refused for good).

    ``channel_down`` says that the far side itself is away: other letters of this channel need not be tried now.
    """

    def __init__(self, message: str, *, permanent: bool = False, channel_down: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.channel_down = channel_down


class Channel(Protocol):
    needs_sending: bool

    def reaches(self, user: User) -> bool:
        """Whether the person has what the channel needs (an address, a number)."""

    def send(self, letter: Letter) -> None:
        """Hand the letter over, within about a minute. Raises TransportError."""
