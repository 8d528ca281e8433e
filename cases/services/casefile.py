"""What intake, triage, patrols and closure share about a case: opening it, locking it, moving it, noting on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseComplaint,
    CaseNote,
    CaseStage,
    Complaint,
    DeadlineKind,
    Event,
    Order,
    Severity,
    Urgency,
)
from cases.refusals import Refused
from cases.services import deadlines, journal
from teams import prepared, rows
from teams.policies import Actor
from teams.selectors import grid_at, office_people
from teams.statements import Statement, among

STAGE_CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        CaseStage.RECEIVED.value: DeadlineKind.REGISTER.value,
        CaseStage.ACCEPTED.value: DeadlineKind.TRIAGE.value,
        CaseStage.CHECKING.value: DeadlineKind.CHECK_AFTER.value,
    }
)
"""Stages that the office itself must leave in time; the other clocks run on orders, parts, findings and rulings."""

TITLE_LENGTH = 160
_LOCKED = Statement(
    lambda: Case.objects.select_for_update(no_key=True, of=("self",)).filter(among("id", "ids")).order_by("pk")
)


def references_take(*, count: int, at: datetime) -> list[str]:
    """``count`` new references ``yymmdd-NNNN`` (local day of ``at``); the number never resets, so it may have gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_case_reference') FROM generate_series(1, %s)", [count])
        numbers = [row[0] for row in cursor.fetchall()]
    return [_reference(number, at) for number in numbers]


def _reference(number: int, at: datetime) -> str:
    return f"{timezone.localtime(at).strftime('%y%m%d')}-{number:04}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What rows are called before they are written, so that they can name each other. ``sent``: the complaint that came
    with the client key before; then nothing was drawn."""

    reference: str
    case_id: int
    complaint_id: int
    identity_id: int
    sent: int | None = None


_NUMBERS = """
SELECT sent.id, CASE WHEN sent.id IS NULL THEN nextval('cases_case_reference') END,
    CASE WHEN sent.id IS NULL THEN nextval('cases_case_id_seq') END,
    CASE WHEN sent.id IS NULL THEN nextval('cases_complaint_id_seq') END,
    CASE WHEN sent.id IS NULL THEN nextval('cases_identity_id_seq') END
FROM (SELECT) AS one LEFT JOIN cases_complaint sent ON sent.client_key = %s
"""


def numbers_take(*, at: datetime, client_key: str | None = None) -> Numbers:
    """The next reference and the next ids, unless a complaint came with this client key before."""
    [(sent, number, *ids)] = prepared.ask(_NUMBERS, [client_key or None], "cases_numbers")
    return Numbers("", 0, 0, 0, sent) if sent else Numbers(_reference(number, at), *ids)


def case_open(
    *,
    actor: Actor,
    street_id: int,
    source: str,
    title: str,
    urgency: str = Urgency.GENERAL,
    complaint: Complaint | None = None,
    address: str = "",
    lat: float | None = None,
    lng: float | None = None,
    severity: str = Severity.GENERAL,
    category_id: int | None = None,
    target_id: int | None = None,
    contact: bool = False,
    at: datetime | None = None,
    numbers: Numbers | None = None,
    beside: Sequence[Model] = (),
) -> Case:
    """A new case to accept, with its register and whole-case clocks. [case.received]

    ``contact`` also starts the clock of the first contact with the complainant. ``beside``: rows that the same
    statement inserts, the complaint among them; their ids and the case's are out of ``numbers``.

    The caller has asked the policy (a resident has none). ``title`` must already be free of a complainant's data:
    squads may come to read it.
    """
    moment = at or now()
    with transaction.atomic(savepoint=False):
        grid = grid_at(street_id, lat, lng) if lat is not None and lng is not None else None
        drawn = numbers or numbers_take(at=moment)
        case = Case(
            pk=drawn.case_id,
            reference=drawn.reference,
            street_id=street_id,
            grid=grid,
            target_id=target_id,
            category_id=category_id,
            severity=severity,
            urgency=urgency,
            source=source,
            title=title[:TITLE_LENGTH],
            address=address,
            lat=lat,
            lng=lng,
            opened_at=moment,
            stage_at=moment,
            complaint_count=1 if complaint else 0,
        )
        clocks = deadlines.deadlines_make(starts=opening_clocks(case, contact=contact), street_id=street_id)
        deadlines.case_due_first(started=clocks)
        rows.write([*beside, case])
        link = [CaseComplaint(case=case, complaint=complaint, joined_at=moment)] if complaint is not None else []
        # The search words of a case are put together when its complaint is tied to it: that must be a statement later.
        entries = [received_entry(case, complaint)]
        journal.record_many(entries=entries, actor=actor, at=at, first=True, beside=[*link, *clocks])
    return case


def complaint_add(*, case: Case, complaint: Complaint, actor: Actor, by: str, contact: bool = True) -> None:
    """A further report of a locked case, without a case of its own. [case.complaint_joined]

    ``by``: what brought them together (``resident``, ``quoted_number``, else the source of what staff took down).
    ``contact`` starts the clock of the first contact, unless it runs already.
    """
    CaseComplaint.objects.create(case=case, complaint=complaint, joined_at=complaint.received_at)
    case.complaint_count += 1
    case.save(update_fields=["complaint_count"])
    if contact:
        deadlines.deadline_start(kind=DeadlineKind.CONTACT, subject=case, street_id=case.street_id, urgent=urgent(case))
    journal.record(subject=case, kind="case.complaint_joined", actor=actor, body={"complaint": complaint.pk, "by": by})
    deadlines.case_due_refresh(case_ids=[case.pk])


def opening_clocks(case: Case, *, contact: bool) -> list[deadlines.Start]:
    """The deadlines of a case just received; for ``deadlines_start``, one case or many."""
    kinds = [DeadlineKind.REGISTER, DeadlineKind.WHOLE_CASE, *([DeadlineKind.CONTACT] if contact else [])]
    return [deadlines.Start(kind.value, case, urgent(case)) for kind in kinds]


def received_entry(case: Case, complaint: Complaint | None) -> journal.Entry:
    """The first fact of a case's journal."""
    body = {"source": case.source, "urgency": case.urgency, "complaint": complaint.pk if complaint else None}
    return journal.Entry(case, "case.received", body)


def case_lock(case_id: int) -> Case:
    """The case, locked until the transaction ends. ``Refused("not_found")`` when there is none."""
    return cases_lock([case_id])[0]


def cases_lock(case_ids: Iterable[int]) -> list[Case]:
    """The cases in the order of their ids, locked one after the other in that order."""
    if not connection.in_atomic_block:
        raise RuntimeError("a lock needs the transaction that it is for")
    wanted = sorted(set(case_ids))
    found = _LOCKED(ids=wanted)
    if len(found) != len(wanted):
        raise Refused("not_found", _("This case does not exist."), status=404)
    return found


def case_move(
    *,
    case: Case,
    action: str,
    actor: Actor,
    kind: str,
    body: Mapping[str, object] | None = None,
    reason: str = "",
    fields: Sequence[str] = (),
    at: datetime | None = None,
    refresh: bool = True,
) -> Event:
    """Move a locked case, stop the clock of the stage it leaves, start that of the stage it enters, write it down.

    ``fields`` names further columns that the caller set on ``case``, saved with the stage. ``refresh=False``
    leaves ``deadlines.case_due_refresh`` to a caller that still starts or ends deadlines of this case.
    """
    moment = at or now()
    before = flow.move(case, action, reason=reason)
    case.stage_at = moment
    saved = {"stage", "stage_at", *fields}
    if case.stage in flow.ENDED:
        case.closed_at = moment
        saved.add("closed_at")
    elif before in flow.ENDED:
        case.closed_at = None
        saved.add("closed_at")
    with transaction.atomic(savepoint=False):
        used = None
        if before in STAGE_CLOCKS:
            used = deadlines.deadline_end(kind=STAGE_CLOCKS[before], subject=case, at=moment)
        if case.stage in flow.ENDED:
            deadlines.deadline_end(
                kind=DeadlineKind.WHOLE_CASE, subject=case, at=moment, cancelled=case.stage == CaseStage.JOINED
            )
            deadlines.case_deadlines_cancel(case=case)
        else:
            _clocks_start(case, whole=before in flow.ENDED)
        if refresh:
            deadlines.case_due_read(case)
            saved.update(deadlines.DUE_FIELDS)
        rows.change(case, sorted(saved))
        return journal.record(
            subject=case,
            kind=kind,
            actor=actor,
            body={"from": before, "to": case.stage, **({"reason": reason} if reason else {}), **(body or {})},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
            at=at,
        )


def case_note(*, actor: Actor, case_id: int, text: str, client_key: str | None = None) -> CaseNote:
    """An internal note; its words stay in the note, the journal says only that one was written. [case.noted]

    The same ``client_key`` twice answers the first note.
    """
    words = text.strip()
    if not words:
        raise Refused("text_needed", _("Write something first."), field="text", status=422)
    with transaction.atomic():
        case = case_lock(case_id)
        policies.require(actor, "case.note", street_id=case.street_id)
        assert actor.user_id is not None  # the system writes no notes
        if client_key and (first := CaseNote.objects.filter(client_key=client_key, case=case).first()):
            return first
        note = CaseNote.objects.create(
            case=case, text=words, written_by_id=actor.user_id, client_key=client_key or None
        )
        journal.record(subject=case, kind="case.noted", actor=actor, body={"note": note.pk})
    return note


def case_assign(*, actor: Actor, case_id: int, owner_id: int | None) -> Case:
    """Put an open case into the hands of somebody of the office, or of nobody (None). [case.assigned]

    Refuses: ``ended``, ``not_in_office``. In those hands already: nothing is written.
    """
    with transaction.atomic():
        case = case_lock(case_id)
        policies.require(actor, "case.assign", street_id=case.street_id)
        if case.stage in flow.ENDED:
            raise Refused("ended", _("This case has ended: nobody needs to have it in hand."))
        if owner_id is not None and not office_people(case.street_id).filter(pk=owner_id).exists():
            raise Refused("not_in_office", _("Only people of this street's office take a case in hand."), field="owner")
        if case.owner_id == owner_id:
            return case
        before, case.owner_id = case.owner_id, owner_id
        case.save(update_fields=["owner"])
        journal.record(subject=case, kind="case.assigned", actor=actor, body={"owner": owner_id, "before": before})
    return case


def urgent(subject: Case | Order) -> bool:
    """Whether the urgent clocks apply."""
    return subject.urgency != Urgency.GENERAL


def _clocks_start(case: Case, *, whole: bool) -> None:
    kinds = [*([STAGE_CLOCKS[case.stage]] if case.stage in STAGE_CLOCKS else []), *([_WHOLE] if whole else [])]
    if kinds:
        starts = [deadlines.Start(kind, case, urgent(case)) for kind in kinds]
        deadlines.deadlines_start(starts=starts, street_id=case.street_id, unless_live=True)


_WHOLE = DeadlineKind.WHOLE_CASE.value
