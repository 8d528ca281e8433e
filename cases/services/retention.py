"""How long personal data is kept: the office's periods, what is over, and the sweeps that take it away in batches."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.clock.moment import now
from cases.models import CaseComplaint, Complaint, DataPurpose, File, FileState, Identity
from cases.selectors.office import office_setting
from cases.services import erasure, files
from teams.models import Street
from teams.policies import SYSTEM

PERIODS = {"identity_days": 1095, "original_days": 365}
"""Days after a report's last case ended, where the office's setting says nothing. 0 keeps for ever."""


def identities_due() -> QuerySet[Complaint]:
    """Reports whose sender's contact has been kept long enough; ``identity_days`` of their street."""
    return _ended_before("identity_days").filter(identity__isnull=False, identity__erased_at__isnull=True)


def identities_sweep(*, limit: int = 100) -> int:
    """Erase the contacts of the oldest reports that are due. Returns how many. [case.identity_erased]"""
    ids = list(identities_due().order_by("pk").values_list("pk", flat=True)[:limit])
    return erasure.identity_erase(actor=SYSTEM, complaint_ids=ids, purpose=DataPurpose.PERIOD) if ids else 0


def originals_due() -> QuerySet[File]:
    """Originals of photos that residents sent, ``original_days`` after the end; those of erased people at once."""
    over = Q(attachments__complaint__in=_ended_before("original_days").values("pk"))
    erased = Q(attachments__complaint__identity__in=Identity.objects.filter(erased_at__isnull=False).values("pk"))
    rows = File.objects.filter(over | erased, uploaded_by__isnull=True, original_gone_at__isnull=True)
    return rows.exclude(state=FileState.STORED).distinct()


def originals_sweep(*, limit: int = 200) -> int:
    """Take the originals away; the copies that are shown stay. Returns how many."""
    ids = list(originals_due().order_by("pk").values_list("pk", flat=True)[:limit])
    if not ids:  # once, at the end of all batches
        files.originals_remove_left()
    return files.originals_forget(files=File.objects.filter(pk__in=ids))


def _ended_before(key: str) -> QuerySet[Complaint]:
    """Reports of which every case ended longer ago than the street's period."""
    due = Q(pk__in=[])
    for street_id in Street.objects.values_list("pk", flat=True):
        days = office_setting(key, street_id, PERIODS[key])
        if days > 0:
            until = now() - timedelta(days=days)
            going_on = Q(case__closed_at__isnull=True) | Q(case__closed_at__gte=until)
            links = CaseComplaint.objects.filter(going_on, complaint=OuterRef("pk"))
            due |= Q(street=street_id, received_at__lt=until) & ~Q(Exists(links))
    return Complaint.objects.filter(due)
