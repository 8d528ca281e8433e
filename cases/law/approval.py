"""Approval before an inspection; an urgent one may be made up afterwards, and its paper says so.

Source: DOMAIN §4 (approval first; urgent ones are reported at once and approved within 24 hours).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.law.notes import Note

MADE_UP_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Approval:
    """Where an order stands with its approval.

    `allowed`: it may go ahead now. `made_up`: it goes or went ahead of its approval, and the paper says so.
    `overdue`: the approval was not made up in time. `due`: until when it is to be made up (None: not asked).
    """

    allowed: bool
    made_up: bool
    overdue: bool
    due: datetime | None
    notes: tuple[Note, ...]


def approval_state(
    *,
    urgent: bool,
    begun_at: datetime | None,
    approved_at: datetime | None,
    now: datetime,
    grace: timedelta = MADE_UP_WITHIN,
) -> Approval:
    """`begun_at` is when the order was issued (whistle), None before. A late approval leaves the lateness."""
    if approved_at is not None and (begun_at is None or approved_at <= begun_at):
        return Approval(True, False, False, None, (Note("approved_before"),))
    if begun_at is None:
        notes = (Note("approval_may_be_made_up", {"hours": int(grace.total_seconds() // 3600)}),)
        return Approval(urgent, urgent, False, None, notes if urgent else (Note("approval_missing"),))
    due = begun_at + grace
    if not urgent:
        # It should never have begun; an approval afterwards does not heal it.
        return Approval(approved_at is not None, False, True, None, (Note("begun_without_approval"),))
    overdue = (approved_at or now) > due
    code = "approval_made_up" if approved_at is not None else "approval_to_make_up"
    notes = (Note(code, {"until": due.isoformat()}),)
    return Approval(True, True, overdue, due, (*notes, Note("approval_overdue")) if overdue else notes)
