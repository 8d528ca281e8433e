"""The page of a party: what is known of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.law import Note
from cases.policies import may
from cases.selectors.partyfile import PartyFile, party_file
from dispatch.console.case_parts import photo_rows
from dispatch.console.frame import console_view, show
from dispatch.console.party_words import history_entries, hours_words
from dispatch.web.access import actor_for, target_or_404

STEPS = {
    "first_exempt": gettext_lazy("First time: it may go unpunished"),
    "second_lenient": gettext_lazy("Not the first time: lenient"),
    "strict": gettext_lazy("Again and again: strict"),
}
LADDER = {
    "ladder_prior": gettext_lazy("Confirmed violations of this kind in the last %(years)s years: %(count)s."),
    "ladder_outside_window": gettext_lazy("Older ones that no longer count: %(count)s."),
    "ladder_unconfirmed": gettext_lazy("Found but nothing wrong: %(count)s; they do not count."),
    "ladder_key_area": gettext_lazy("A key area: the first one is not exempt."),
    "ladder_slight_unknown": gettext_lazy("Exempt only if it is slight: that is for you to say."),
    "ladder_corrected_unknown": gettext_lazy("Exempt only if it is put right in time."),
    "ladder_uncorrected": gettext_lazy("Earlier ones that were not put right: %(count)s."),
}


@require_safe
@console_view()
def party(request: HttpRequest, pk: int) -> HttpResponse:
    """The party's file; one that was merged leads to the one it lives on in."""
    target, actor = target_or_404(request, pk), actor_for(request)
    if target.merged_into_id is not None:
        messages.info(request, _("“%(name)s” was merged into this party.") % {"name": target.name})
        return redirect("console:party", target.merged_into_id)
    file = party_file(target, actor)
    context = {
        "target": target,
        "file": file,
        "hours": hours_words(target.hours),
        "history": history_entries(file.history),
        "photos": photo_rows(file.photos),
        "ladder": _ladder(file),
        "may_edit": may(actor, "target.edit", street_id=target.street_id),
        "printed": now(),
    }
    return show(request, "console/party.html", context, at="parties")


def _ladder(file: PartyFile) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "step": STEPS[row.proposal.step.value],
            "why": [_said(note) for note in row.proposal.notes if note.code in LADDER],
            "last": row.last,
        }
        for row in file.ladder
    ]


def _said(note: Note) -> str:
    return str(LADDER[note.code]) % note.params
