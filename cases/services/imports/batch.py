"""Some hundred rows in one transaction: complaints, orders, quotes, cases, clocks and journal, each in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cases.clock.moment import now
from cases.models import (
    Case,
    CaseComplaint,
    Complaint,
    Deadline,
    HotlineOrder,
    Identity,
    QuotedNumber,
    Source,
)
from cases.refusals import Refused
from cases.services import casefile, deadlines, identity, journal, triage
from cases.services.imports.rows import Row
from cases.services.imports.ties import Group, groups_of, known_about, live_cases, newly_joined, still_open
from cases.services.intake import title_of
from teams.policies import SYSTEM, Actor


def rows_write(*, actor: Actor, street_id: int, rows: Sequence[Row]) -> int:
    """Take the rows up; returns how many quoting complaints found company. [case.received, case.complaint_joined]

    The caller has left out numbers that are known already. 1. group rows by the numbers they bear and quote, with
    earlier complaints; 2. lock the live cases of those; 3. write complaints and what hangs on them; 4. open a case a
    group, or add to the live one; 5. start clocks, write the journal; 6. join earlier cases that a row ties together.
    """
    if not rows:
        return 0
    moment = now()
    with transaction.atomic():
        known = known_about(rows)
        groups = groups_of(rows, known)
        earlier = live_cases({pk for group in groups for pk in group.complaints})
        wanted = {case_id for cases in earlier.values() for case_id in cases}
        locked = {case.pk: case for case in still_open(casefile.cases_lock(wanted))} if wanted else {}
        complaints = _complaints(actor, street_id, rows, moment)
        opened, links, survivors, clocks = _cases(street_id, groups, complaints, earlier, locked, moment)
        CaseComplaint.objects.bulk_create(links)
        entries = [casefile.received_entry(case, complaint) for case, complaint in opened]
        first = {complaint.pk for _case, complaint in opened}
        entries += [
            journal.Entry(link.case, "case.complaint_joined", {"complaint": link.complaint_id, "by": "quoted_number"})
            for link in links
            if link.complaint_id not in first
        ]
        Deadline.objects.bulk_create(clocks)
        journal.record_many(entries=entries, actor=actor)
        for case_ids in survivors:
            _join(case_ids)
        return newly_joined(rows, known)


def _complaints(actor: Actor, street_id: int, rows: Sequence[Row], moment: datetime) -> dict[str, Complaint]:
    references = casefile.references_take(count=len(rows), at=moment)
    found: dict[str, Complaint] = {}
    for row, reference in zip(rows, references, strict=True):
        found[row.number] = Complaint(
            reference=reference,
            street_id=street_id,
            source=Source.HOTLINE,
            kind=row.kind,
            urgency=row.urgency,
            text=row.text,
            party_name=row.party_name,
            address=row.address,
            lat=row.lat,
            lng=row.lng,
            occurred_at=row.occurred_at,
            received_at=moment,
            identity=_identity(row),
            keep_secret=row.keep_secret,
            taken_by_id=actor.user_id,
        )
    Complaint.objects.bulk_create(found.values())
    HotlineOrder.objects.bulk_create(
        HotlineOrder(
            complaint=found[row.number],
            number=row.number,
            classes=list(row.classes),
            original_unit=row.original_unit,
            unit=row.unit,
            channel=row.channel,
            row_hash=row.hash,
        )
        for row in rows
    )
    QuotedNumber.objects.bulk_create(
        QuotedNumber(complaint=found[row.number], number=number) for row in rows for number in row.quotes
    )
    return found


def _identity(row: Row) -> Identity | None:
    return identity.identity_create(name=row.name, phone=row.phone) if row.name or row.phone else None


def _cases(
    street_id: int,
    groups: Sequence[Group],
    complaints: dict[str, Complaint],
    earlier: dict[int, set[int]],
    locked: dict[int, Case],
    moment: datetime,
) -> tuple[list[tuple[Case, Complaint]], list[CaseComplaint], list[list[int]], list[Deadline]]:
    """Cases opened with their first complaint, every new link, earlier cases that now belong together, and the
    deadlines of the new cases, not saved yet."""
    opened: list[tuple[Case, Complaint]] = []
    chosen: list[tuple[Case, Group]] = []
    together: list[list[int]] = []
    grown: list[Case] = []
    for group in groups:
        there = sorted({pk for c in group.complaints for pk in earlier.get(c, ()) if pk in locked})
        if there:
            case = locked[there[0]]
            case.complaint_count += len(group.rows)
            grown.append(case)
            if len(there) > 1:
                together.append(there)
        else:
            row = group.rows[0]
            complaint = complaints[row.number]
            case = Case(
                reference=complaint.reference,
                street_id=street_id,
                source=Source.HOTLINE,
                urgency=row.urgency,
                title=title_of(row.text, row.party_name)[: casefile.TITLE_LENGTH],
                address=row.address,
                lat=row.lat,
                lng=row.lng,
                opened_at=moment,
                stage_at=moment,
                complaint_count=len(group.rows),
            )
            opened.append((case, complaint))
        chosen.append((case, group))
    clocks = deadlines.deadlines_make(
        starts=[start for case, _complaint in opened for start in casefile.opening_clocks(case, contact=True)],
        street_id=street_id,
    )
    deadlines.case_due_first(started=clocks)
    Case.objects.bulk_create(case for case, _complaint in opened)
    Case.objects.bulk_update(grown, ["complaint_count"])
    links = [
        CaseComplaint(case=case, complaint=complaints[row.number], joined_at=moment)
        for case, group in chosen
        for row in group.rows
    ]
    return opened, links, together, clocks


def _join(case_ids: Sequence[int]) -> None:
    """Join later cases to the first, where nothing was planned for them yet; a refusal leaves them side by side."""
    for case_id in case_ids[1:]:
        try:
            with transaction.atomic():
                triage.case_join(actor=SYSTEM, case_id=case_id, into_case_id=case_ids[0], reason="quoted_number")
        except Refused:
            continue
