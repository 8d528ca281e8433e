"""Where a report stands, in words for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.clock.moment import now
from cases.models import CaseStage, DeadlineKind, Disposition, ReworkState
from cases.selectors.tracking import Matter, Tracked

C = CaseStage
_ON_THE_WAY = (C.PLANNING, C.DISPATCHED, C.VISITING, C.RULING, C.RECTIFYING, C.MEDIATING, C.CHECKING)

SENTENCES: Mapping[str, object] = MappingProxyType(
    {
        C.RECEIVED: gettext_lazy("We have your report."),
        C.ACCEPTED: gettext_lazy("The office has taken up your report."),
        C.ASKING: gettext_lazy("The office needs an answer from you before it can go on."),
        C.PLANNING: gettext_lazy("A visit to the place is being prepared."),
        C.DISPATCHED: gettext_lazy("People have been called to look at the place."),
        C.VISITING: gettext_lazy("People are looking at the place."),
        C.RULING: gettext_lazy("The place was looked at."),
        C.RECTIFYING: gettext_lazy("It has to be put right."),
        C.MEDIATING: gettext_lazy("The office speaks with both sides to find a way."),
        C.CHECKING: gettext_lazy("The work is done. The office checks whether it is really solved."),
        C.CLOSED: gettext_lazy("It is finished. The result stands below."),
        C.REJECTED: gettext_lazy("The office could not take up this report. The reason stands below."),
        C.JOINED: gettext_lazy("Your report is dealt with together with another one about the same matter."),
    }
)
_HANDLING: Mapping[str, object] = MappingProxyType(
    {
        C.PLANNING: gettext_lazy("Somebody is being chosen to deal with it."),
        C.DISPATCHED: gettext_lazy("Somebody has been asked to deal with it."),
        C.VISITING: gettext_lazy("Somebody is dealing with it at the place."),
    }
)


_NEXT: Mapping[str, tuple[object, str]] = MappingProxyType(
    {
        C.RECEIVED: (gettext_lazy("Next the office reads your report."), DeadlineKind.REGISTER),
        C.ACCEPTED: (gettext_lazy("Next it is decided who deals with it."), DeadlineKind.TRIAGE),
        C.PLANNING: (gettext_lazy("Next somebody goes there. You read the result here."), DeadlineKind.WHOLE_CASE),
        C.DISPATCHED: (gettext_lazy("Next somebody goes there. You read the result here."), DeadlineKind.WHOLE_CASE),
        C.VISITING: (
            gettext_lazy("Next it is decided what has to be done. You read it here."),
            DeadlineKind.WHOLE_CASE,
        ),
        C.RULING: (gettext_lazy("Next it is decided what has to be done. You read it here."), DeadlineKind.WHOLE_CASE),
        C.RECTIFYING: (
            gettext_lazy("When the time for putting it right is over, somebody looks again."),
            DeadlineKind.RECTIFICATION,
        ),
        C.MEDIATING: (gettext_lazy("Next you read here what was agreed."), DeadlineKind.WHOLE_CASE),
        C.CHECKING: (
            gettext_lazy("After the check you read the result here."),
            DeadlineKind.CHECK_AFTER,
        ),
    }
)
"""What comes next, and the clock that says until when. Never the moment of a visit."""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next for the resident; ``until`` when a clock runs, ``late`` when it has passed."""

    words: str
    until: datetime | None = None
    late: bool = False


def coming(found: Tracked, matter: Matter) -> Next | None:
    """What happens next and until when, in plain words; None when nothing more comes by itself."""
    if found.withdrawn:
        return None
    if matter.stage == C.TRANSFERRED:
        return Next(_("It deals with it from here on. If you hear nothing, call 12345 and read the reference to them."))
    if matter.stage == C.REJECTED:
        return Next(_("You can report it again and tell more, or call 12345 and read the reference to them."))
    if matter.ended:
        return None
    if matter.stage == C.ASKING:
        return Next(_("It goes on as soon as you have answered."))
    words, clock = _NEXT[matter.stage]
    until = matter.due.get(clock)
    return Next(str(words), until, bool(until and until < now()))


def contact_until(found: Tracked) -> datetime | None:
    """Until when the office writes or calls for the first time; None when it has, or no clock of it runs."""
    if found.withdrawn or found.complaint.contacted_at is not None:
        return None
    moments = [matter.due[DeadlineKind.CONTACT] for matter in found.matters if DeadlineKind.CONTACT in matter.due]
    return min((moment for moment in moments if moment > now()), default=None)


@dataclass(frozen=True, slots=True)
class Way:
    """One of the four steps, for ``parts/ways.html``: ``state`` is done, now, todo or off (no result)."""

    label: str
    at: datetime | None
    note: str
    state: str


def listed(names: Iterable[object]) -> str:
    """Names one after the other, with the reader's comma."""
    return _(", ").join(str(name) for name in names)


def headline(found: Tracked, matter: Matter) -> str:
    """Where it stands, in one sentence."""
    if found.withdrawn:
        return _("You have withdrawn this report.")
    if matter.rateable:
        return _("It is finished. Please tell us how it went.")
    if matter.stage == C.TRANSFERRED:
        return _("%(unit)s is responsible and has your report.") % {
            "unit": matter.transferred_to or _("Another office")
        }
    if matter.reworked and matter.stage == C.ACCEPTED:
        return _("It was not solved yet. The office deals with it once more.")
    if matter.disposition == Disposition.HANDLING and matter.stage in _HANDLING:
        return str(_HANDLING[matter.stage])
    return str(SENTENCES[matter.stage])


def ways(found: Tracked, matter: Matter) -> list[Way]:
    """Received, taken up, dealt with, result."""
    stage, ended = matter.stage, matter.ended
    rows = [Way(_("We have your report"), found.complaint.received_at, "", "done")]
    if stage != C.REJECTED:
        taken = stage not in (C.RECEIVED, C.ASKING) or matter.taken_up_at is not None
        # Taken up, and nobody is on the way yet: the office is still at it.
        here = stage in (C.RECEIVED, C.ACCEPTED, C.ASKING)
        rows.append(Way(_("The office takes it up"), matter.taken_up_at, "", _state(taken and not here, True)))
    # Answered directly, rejected, handed over, withdrawn: nobody goes anywhere.
    if not ended or matter.on_site_at or matter.disposition == Disposition.MEDIATION:
        # Before a visit, or before the next one after a rework, nothing of an earlier one is told.
        been = ended or stage in _ON_THE_WAY
        done = ended or (stage == C.CHECKING and matter.disposition != Disposition.MEDIATION)
        rows.append(
            Way(_third(matter), matter.on_site_at if been else None, _there(matter) if been else "", _state(done, been))
        )
    label = (
        _("Not taken up") if stage == C.REJECTED else _("Handed over") if stage == C.TRANSFERRED else _("The result")
    )
    closing = "off" if stage == C.REJECTED else _state(ended, stage == C.CHECKING)
    rows.append(Way(label, matter.ended_at, "", closing))
    return rows


def _there(matter: Matter) -> str:
    names = listed(matter.agencies)
    return _("There together: %(names)s") % {"names": names} if len(matter.agencies) > 1 else names


def _third(matter: Matter) -> str:
    if matter.disposition == Disposition.MEDIATION:
        return _("The office speaks with both sides")
    if matter.disposition == Disposition.HANDLING:
        return _("Somebody deals with it")
    return _("People look at the place")


def _state(done: bool, now: bool) -> str:
    return "done" if done else "now" if now else "todo"


def rework_words(matter: Matter) -> str:
    """What became of "not solved", empty when the reader did not ask."""
    feedback = matter.feedback
    if feedback is None:
        return ""
    if feedback.rework == ReworkState.ASKED:
        return _("You said it is not solved. The office decides whether to take it up again and tells you here.")
    if feedback.rework == ReworkState.ACCEPTED and matter.stage == C.ACCEPTED:
        return ""  # the headline says it
    if feedback.rework == ReworkState.ACCEPTED:
        return _("You said it is not solved. The office takes it up again.")
    if feedback.rework == ReworkState.REFUSED:
        return _("You said it is not solved. The office does not take it up again. Reason: %(reason)s") % {
            "reason": feedback.rework_reason
        }
    return ""
