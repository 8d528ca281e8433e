"""Which ratings ask for rework. Streets side by side: ``dispatch.insights.streets``."""

from __future__ import annotations

from cases.models import Case, Feedback, ReworkState
from teams.policies import Actor


def rework_asked(actor: Actor, limit: int = 100) -> list[Feedback]:
    """Ratings that wait for a decision, oldest first."""
    cases = Case.objects.visible_to(actor)
    rows = Feedback.objects.filter(rework=ReworkState.ASKED, case__in=cases)
    return list(rows.select_related("case__target", "case__category", "complaint").order_by("at", "pk")[:limit])
