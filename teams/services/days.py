"""Days between which something is in force: what may be written about them, refused in words."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused


def today() -> date:
    return timezone.localdate()


def yesterday() -> date:
    return today() - timedelta(days=1)


def check_days(starts_on: date, ends_on: date | None, *, field: str = "starts_on", backdated: bool = False) -> None:
    """``starts_in_the_past`` and ``ends_before_it_starts``; what has been in force is never altered afterwards."""
    if not backdated and starts_on < today():
        raise Refused(
            "starts_in_the_past", _("It may begin today at the earliest: what has passed is not altered."), field=field
        )
    if ends_on is not None and ends_on < starts_on:
        raise Refused("ends_before_it_starts", _("The last day is before the first."), field="ends_on")


def check_last_day(last_day: date, *, field: str = "last_day") -> None:
    """``ends_in_the_past``: yesterday as the last day means at once; nothing earlier."""
    if last_day < yesterday():
        raise Refused(
            "ends_in_the_past",
            _("The last day may be yesterday at the earliest (that is: at once). What has passed is not altered."),
            field=field,
        )
