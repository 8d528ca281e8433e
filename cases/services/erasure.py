"""One person's data: found by the blind index, handed out, erased. The case and its history stay, the person goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import (
    Case,
    Complaint,
    DataPurpose,
    Feedback,
    File,
    FileState,
    Identity,
    IdentityLookup,
    LineKind,
    LookupPurpose,
    ResidentLine,
    Reveal,
)
from cases.papers import address_of_building, apply_masks, mask_text
from cases.refusals import Refused
from cases.services import files, identity, journal
from teams.policies import Actor, not_allowed

MOST = 200
"""Reports of one person that are handled at once; whoever has more comes again."""
ERASES = (DataPurpose.REQUEST, DataPurpose.MISTAKE)
EXPORTS = (DataPurpose.REQUEST, DataPurpose.AUTHORITY)
_LOOKUPS = {"identity.erase": LookupPurpose.ERASE, "identity.export": LookupPurpose.EXPORT}


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of one report: the report, its contact in clear, the files that came with it, who looked when."""

    complaint: Complaint
    contact: dict[str, str]
    lines: Sequence[ResidentLine]
    ratings: Sequence[Feedback]
    files: Sequence[File]
    looks: Sequence[Reveal]


def person_find(*, actor: Actor, text: str, right: str) -> list[Complaint]:
    """Reports left under this whole phone, or by whoever sent the report of this reference; newest first.

    ``right`` is what they are wanted for: ``identity.erase`` (all streets) or ``identity.export`` (the actor's own).
    Every search is written down, found or not; the number itself is kept nowhere. [case.identity_searched]
    ``Refused``: ``phone_wrong``, ``not_allowed``.
    """
    reports = _reports_of(actor, right)
    if actor.user_id is None:  # the machine looks for nobody
        raise not_allowed(right)
    if identity.PHONE.fullmatch(identity.phone_normal(text)):
        found = reports.filter(identity__phone_index=identity.phone_index(text))
    elif one := reports.filter(reference=text.strip().upper()).select_related("identity").first():
        index = one.identity.phone_index if one.identity else ""
        found = reports.filter(identity__phone_index=index) if index else reports.filter(pk=one.pk)
    elif any(sign.isascii() and sign.isalpha() for sign in text) or "-" in text:
        found = reports.none()
    else:
        raise Refused(
            "phone_wrong", _("Write the whole phone number or the report's reference."), field="q", status=422
        )
    rows = list(found.select_related("identity", "street").order_by("-pk")[:MOST])
    with transaction.atomic():
        cases = _cases_locked(row.pk for row in rows)
        lookup = IdentityLookup.objects.create(user_id=actor.user_id, found=len(cases), purpose=_LOOKUPS[right])
        _tell(cases, "case.identity_searched", actor, {"lookup": lookup.pk, "purpose": lookup.purpose})
    return rows


def identity_erase(*, actor: Actor, complaint_ids: Collection[int], purpose: str) -> int:
    """Take the person out of these reports for good; how many there were. The one place that sets ``erased_at``.

    Contact, masked forms and blind index go, and the originals of photos with what a camera writes into them. What the
    person wrote keeps its sense, with every number, name and flat masked as in a brief. Cases, journal, results and the
    private link (which names nobody) stay. Each case tells it. [case.identity_erased]
    ``Refused``: ``purpose_needed``, ``not_allowed``, ``nothing_chosen``.
    """
    if purpose not in ERASES and not (actor.is_system and purpose == DataPurpose.PERIOD):
        raise Refused("purpose_needed", _("Say why the data is erased."), field="purpose", status=422)
    policies.require(actor, "identity.erase")
    _copies_made(complaint_ids)
    with transaction.atomic():
        cases = _cases_locked(complaint_ids)
        rows = {
            row.pk: row
            for row in Identity.objects.select_for_update(no_key=True)
            .filter(complaints__in=complaint_ids, erased_at__isnull=True)
            .order_by("pk")
        }
        if not rows:
            raise Refused("nothing_chosen", _("Choose at least one report that still has a contact."), status=422)
        reports = list(Complaint.objects.filter(identity__in=rows))
        for row in rows.values():
            row.cipher, row.phone_index, row.masked_name, row.masked_phone = b"", "", "", ""
            row.erased_at = now()
        Identity.objects.bulk_update(
            rows.values(), ["cipher", "phone_index", "masked_name", "masked_phone", "erased_at"]
        )
        _words_mask(reports)
        files.originals_forget(files=File.objects.filter(attachments__complaint__in=reports))
        body = {"complaints": sorted(report.pk for report in reports), "purpose": purpose}
        _tell(cases, "case.identity_erased", actor, body)
    return len(reports)


def identity_export(*, actor: Actor, complaint_ids: Collection[int], purpose: str) -> list[Held]:
    """All that is kept of these reports' sender, for handing it to that person. [case.identity_exported]

    ``Refused``: ``purpose_needed``, ``not_allowed``, ``nothing_chosen``, ``identity_unreadable``.
    """
    if purpose not in EXPORTS:
        raise Refused("purpose_needed", _("Say what the data is handed out for."), field="purpose", status=422)
    reports = list(
        _reports_of(actor, "identity.export")
        .filter(pk__in=complaint_ids)
        .select_related("identity", "street")
        .prefetch_related("lines", "feedback", "cases")
        .order_by("-pk")
    )
    if not reports:
        raise Refused("nothing_chosen", _("Choose at least one report that still has a contact."), status=422)
    with transaction.atomic():
        _tell(
            _cases_locked(report.pk for report in reports),
            "case.identity_exported",
            actor,
            {"complaints": sorted(report.pk for report in reports), "purpose": purpose},
        )
        held = []
        for report in reports:
            assert report.identity is not None
            held.append(
                Held(
                    report,
                    identity.identity_opened(report.identity),
                    list(report.lines.all()),
                    list(report.feedback.all()),
                    files.files_of(complaint=report),
                    list(report.identity.reveals.order_by("pk")),
                )
            )
    return held


def _reports_of(actor: Actor, right: str) -> QuerySet[Complaint]:
    """Reports with a contact on the streets where the actor holds the right. ``Refused``: ``not_allowed``."""
    reports = Complaint.objects.filter(identity__isnull=False, identity__erased_at__isnull=True)
    if right == "identity.erase":
        policies.require(actor, right)
        return reports
    streets = [street for street in actor.streets() if policies.may(actor, right, street_id=street)]
    if not streets:
        policies.require(actor, right)
    return reports.filter(street__in=streets)


def _cases_locked(complaint_ids: Iterable[int]) -> list[Case]:
    ids = list(complaint_ids)
    cases = Case.objects.filter(pk__in=Case.objects.filter(complaint_links__complaint__in=ids).values("pk"))
    return list(cases.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _tell(cases: Sequence[Case], kind: str, actor: Actor, body: Mapping[str, object]) -> None:
    if cases:
        journal.record_many(entries=[journal.Entry(case, kind, body) for case in cases], actor=actor)


def _copies_made(complaint_ids: Collection[int]) -> None:
    """The copy that is shown comes from the original: it is made before that goes. A full disk leaves it for later."""
    waiting = File.objects.filter(attachments__complaint__in=complaint_ids, state=FileState.STORED)
    for pk in list(waiting.values_list("pk", flat=True)):
        with suppress(OSError):
            files.file_reencode(pk)


def _words_mask(reports: Sequence[Complaint]) -> None:
    """What the person wrote, masked like a brief; what the office wrote to them as well."""
    for report in reports:
        report.text, report.address = _masked(report.text), address_of_building(report.address)
    Complaint.objects.bulk_update(reports, ["text", "address"])
    lines = list(ResidentLine.objects.filter(complaint__in=reports, kind__in=(LineKind.ANSWER, LineKind.QUESTION)))
    for line in lines:
        line.text = _masked(line.text)
    ResidentLine.objects.bulk_update(lines, ["text"])
    ratings = list(Feedback.objects.filter(complaint__in=reports).exclude(words=""))
    for rating in ratings:
        rating.words = _masked(rating.words)
    Feedback.objects.bulk_update(ratings, ["words"])


def _masked(text: str) -> str:
    return apply_masks(text, mask_text(text))
