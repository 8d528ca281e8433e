"""What the triage page draws: the words that were said, suggestions with their reasons, the proposed masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from cases.models import Case, Disposition
from cases.papers import MaskKind, mask_text
from cases.planner.quotes import addresses
from cases.planner.words import Lexicon, score_categories
from cases.selectors import register
from cases.selectors.clues import earlier_cases
from cases.selectors.dossier import Voice
from cases.selectors.suggestions import SuggestedAgency, Suggestions
from dispatch.console import line
from dispatch.console.case_parts import photo_rows
from dispatch.console.highlight import highlighted
from dispatch.console.triage_form import KEYS, TriageForm
from dispatch.web.access import actor_for
from teams.geo import distance_m
from teams.models import Agency, User
from teams.numbers import is_number

VERY_LIKELY, LIKELY = 0.75, 0.4
MAP_M = 800
"""Farther parties are left off the map: it would show a district."""
KINDS = {
    MaskKind.IDENTITY: gettext_lazy("identity number"),
    MaskKind.CARD: gettext_lazy("bank card"),
    MaskKind.PHONE: gettext_lazy("phone number"),
    MaskKind.ACCOUNT: gettext_lazy("account"),
    MaskKind.PLATE: gettext_lazy("number plate"),
    MaskKind.FLAT: gettext_lazy("flat"),
    MaskKind.NAME: gettext_lazy("personal name"),
}
SAYS = {
    Disposition.INSPECTION: gettext_lazy("Send it to be inspected"),
    Disposition.HANDLING: gettext_lazy("Send the squad to handle it"),
    Disposition.ANSWERED: gettext_lazy("Answer and close"),
    Disposition.MEDIATION: gettext_lazy("Hand to mediation"),
    Disposition.TRANSFER: gettext_lazy("Transfer and tell the complainants"),
    Disposition.JOINED: gettext_lazy("Join and tell the complainants"),
    Disposition.QUESTION: gettext_lazy("Ask and wait for the answer"),
    Disposition.REJECTED: gettext_lazy("Reject and tell why"),
}
"""What the one solid button says for each decision."""
SHORT = {
    Disposition.INSPECTION: pgettext_lazy("decision", "Inspect"),
    Disposition.HANDLING: pgettext_lazy("decision", "One squad"),
    Disposition.ANSWERED: pgettext_lazy("decision", "Answer"),
    Disposition.MEDIATION: pgettext_lazy("decision", "Mediate"),
    Disposition.TRANSFER: pgettext_lazy("decision", "Transfer"),
    Disposition.JOINED: pgettext_lazy("decision", "Join"),
    Disposition.QUESTION: pgettext_lazy("decision", "Ask"),
    Disposition.REJECTED: pgettext_lazy("decision", "Reject"),
}
"""What its button in the row of eight says: one or two words, so that all stay of one height."""


def page(
    request: HttpRequest,
    case: Case,
    offer: Suggestions,
    voices: list[Voice],
    form: TriageForm,
    *,
    holder: User | None,
) -> dict[str, Any]:
    """The context of ``console/triage.html``. ``holder``: the colleague before whom it lies open."""
    actor = actor_for(request)
    text = form["party_text"].value() or ""
    found = register.targets_page(actor, text=text, size=8)[0] if text and form.is_bound else []
    likely = case.target or (offer.parties[0].subject if offer.parties else None)
    chosen = {int(value) for value in (form["agencies"].value() or []) if is_number(str(value))}
    values = {name: value_of(form, name) for name in ("category", "target", "into", "disposition")}
    offered = {row.subject.pk for row in offer.categories}
    brief = form["brief"].value() or ""
    own = line.line_of(request)
    return {
        "case": case,
        "may_be_present": True,
        "form": form,
        "holder": holder,
        "voices": [
            {"voice": voice, "text": marked(voice.complaint.text, offer.lexicon), "photos": photo_rows(voice.photos)}
            for voice in voices
        ],
        "earlier": earlier_cases(case, actor=actor, target_id=likely.pk if likely else None),
        "known": register.known_of(likely) if likely else None,
        "categories": [scored(row) for row in offer.categories],
        "other_categories": [row for row in form.all_categories if row.pk not in offered],
        "open_others": bool(values["category"]) and values["category"] not in {str(pk) for pk in offered},
        **parties_of(case, offer),
        "repeats": [scored(row) for row in sorted(offer.repeats, key=lambda row: not row.joinable)],
        **agencies_of(form.all_agencies, offer.agencies, chosen),
        **masks_of(brief if form.is_bound else offer.brief.text, typed=form.is_bound or brief != offer.brief.masked),
        "found": [row for row in found if row.street_id == case.street_id],
        "decisions": [
            {
                "value": kind.value,
                "label": kind.label,
                "short": SHORT[kind],
                "key": KEYS[kind],
                "says": SAYS[kind],
            }
            for kind in Disposition
        ],
        "says": SAYS.get(Disposition(values["disposition"])) if values["disposition"] in Disposition.values else "",
        "values": values,
        "line": own,
        "place": own.place(case.pk),
        "undo": line.undoable(own),
        "last": _last(own),
        "before_url": _url(own.beside(case.pk, -1)),
        "after_url": _url(own.beside(case.pk, 1)),
    }


def value_of(form: TriageForm, name: str) -> str:
    value = form[name].value()
    return "" if value is None else str(value)


def marked(text: str, lexicon: Lexicon) -> SafeString:
    """The words that led to a category and the addresses, underlined."""
    hits = score_categories(text, lexicon, 5)
    return highlighted(text, [word for hit in hits for word in hit.words], addresses(text))


def scored(row: Any) -> dict[str, Any]:
    """A suggestion with its likelihood in words; the score itself is no probability and is not shown."""
    if row.score >= VERY_LIKELY:
        words = _("very likely")
    elif row.score >= LIKELY:
        words = _("likely")
    else:
        words = pgettext("suggestion", "possible")
    return {"row": row, "score": f"{row.score:.2f}", "words": words}


def parties_of(case: Case, offer: Suggestions) -> dict[str, Any]:
    """The parties offered; those near the reported point stand on its map under the number that the list gives them."""
    rows: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for row in offer.parties:
        target, number = row.subject, None
        if case.lat is not None and case.lng is not None and target.lat is not None and target.lng is not None:
            away = distance_m(case.lat, case.lng, target.lat, target.lng)
            if away <= MAP_M:
                number = len(marks) + 1
                geometry = {"type": "Point", "coordinates": [target.lng, target.lat]}
                words = {"id": f"party-{target.pk}", "n": number, "label": target.name, "text": target.address}
                marks.append({"type": "Feature", "geometry": geometry, "properties": words})
        rows.append({**scored(row), "number": number})
    return {"parties": rows, "party_marks": {"type": "FeatureCollection", "features": marks} if marks else None}


def agencies_of(every: Iterable[Agency], rows: Iterable[SuggestedAgency], chosen: set[int]) -> dict[str, Any]:
    """The agencies offered for the category, and the others of ``every`` one that works on the street."""
    offered = list(rows)
    there = {row.agency.pk for row in offered}
    others = [row for row in every if row.pk not in there]
    return {
        "agencies": [{"row": row, "on": row.agency.pk in chosen} for row in offered],
        "others": [{"agency": row, "on": row.pk in chosen} for row in others],
    }


def masks_of(text: str, *, typed: bool) -> dict[str, Any]:
    """The text in pieces, each as it stands or with what would stand in its place. ``typed``: a person's words, so what
    is found there still stands in the brief."""
    spans = mask_text(text)
    ends = [0, *(span.end for span in spans)]
    pieces: list[dict[str, Any]] = []
    for span, start in zip(spans, ends, strict=False):
        pieces.append({"text": text[start : span.start]})
        pieces.append({"text": span.text, "mask": span.replacement, "kind": KINDS[span.kind]})
    pieces.append({"text": text[ends[-1] :]})
    return {"pieces": pieces, "mask_count": len(spans), "typed": typed}


def _last(own: line.Line) -> dict[str, Any] | None:
    if own.last is None:
        return None
    return {
        **own.last,
        "label": Disposition(own.last["disposition"]).label,
        "url": reverse("console:case", args=[own.last["pk"]]),
    }


def _url(case_id: int | None) -> str:
    return reverse("console:triage", args=[case_id]) if case_id else ""
