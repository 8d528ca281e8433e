"""What every triage decision needs: words for the complainants, a written reason, the case as it then stands."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as translate_now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from cases.models import Case, Complaint, LineKind
from cases.refusals import Refused
from cases.services import intake
from teams.policies import Actor

TOLD_JOINED = gettext_noop(
    "Your report was put together with another one about the same matter. You will read the result here."
)
TOLD_REJECTED = gettext_noop("Your report can't be taken up. Reason: %(reason)s")
TOLD_SPLIT = gettext_noop(
    "Your report names two problems. Each is looked after by itself; you will read both results here."
)
TOLD_TRANSFERRED = gettext_noop("Your report was handed to %(unit)s, which is responsible for it.")


def tell(
    *,
    case: Case,
    actor: Actor,
    message: str,
    params: Mapping[str, object] | None,
    kind: str = LineKind.NOTICE,
) -> None:
    """A line to every complainant with a private page, each in the language of the report. ``params`` None: as is."""
    readers = Complaint.objects.filter(case_links__case=case, withdrawn_at__isnull=True, token_hash__isnull=False)
    for complaint in readers.order_by("pk"):
        with override(complaint.language):
            text = message if params is None else translate_now(message) % params
        line = intake.line_put(complaint=complaint, kind=kind, text=text, actor=actor)
        intake.line_recorded(case=case, line=line, actor=actor)


def written(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Refused("reason_needed", _("Write the reason: it stays in the record."), field="reason", status=422)
    return words


def fresh(case: Case) -> Case:
    case.refresh_from_db()
    return case
