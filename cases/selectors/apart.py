"""Who took part in a case, and whether it was checked after: what keeps handling and judging apart (监管分离)."""

from __future__ import annotations

from cases.models import Case, CheckAfter, ReportIn, Ruling, Visit, VisitOfficer


def visit_members(case: Case) -> set[int]:
    """Everybody who stood at a visit of any order of the case, reported in for it or closed it."""
    of_case = {"order__need_links__need__case": case}
    reports = ReportIn.objects.filter(visit__order__need_links__need__case=case)
    officers = VisitOfficer.objects.filter(visit__order__need_links__need__case=case)
    closers = Visit.objects.filter(**of_case, closed_by__isnull=False)
    return {
        *reports.values_list("by_id", flat=True),
        *officers.values_list("user_id", flat=True),
        *(pk for pk in closers.values_list("closed_by_id", flat=True) if pk is not None),
    }


def handlers(case: Case) -> set[int]:
    """Who ruled on its findings."""
    return set(Ruling.objects.filter(finding__need__case=case).values_list("ruled_by_id", flat=True))


def passed_check(case: Case) -> CheckAfter | None:
    """The passed check of the present round; one before a rework no longer counts."""
    return CheckAfter.objects.filter(case=case, passed=True, at__gte=case.stage_at).order_by("-pk").first()
