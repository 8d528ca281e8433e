"""What a dispatcher is offered at triage, each with its reasons. Computed when the form is opened, never before;
a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Generic, TypeVar

from django.db.models import Count, DateField, Max, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import flow
from cases.clock.moment import now
from cases.law import Note
from cases.models import (
    Case,
    CaseComplaint,
    Category,
    CategoryWord,
    Complaint,
    InspectionItem,
    Target,
)
from cases.papers import MaskedSpan, apply_masks, mask_text
from cases.planner.likeness import CaseFacts, PartyFacts, Place, score_parties, score_repeats
from cases.planner.quotes import addresses, party_names
from cases.planner.words import Lexicon, cut, score_categories
from cases.selectors.candidates import Earlier, Party, Said, party_candidates, repeat_candidates, said_of
from cases.selectors.office import FAR_M
from teams.geo import distance_m
from teams.models import Agency, Function, Street
from teams.policies import Actor
from teams.selectors import in_force, powers_for, squads_at
from teams.statements import Slot, Statement, among

_TEXTS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Suggested(Generic[T]):
    """Something offered: how well it fits, 0..1 (no probability), and why, in the reader's language."""

    subject: T
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuggestedAgency:
    """``proposed``: to be ticked beforehand. ``leads``: the street's own team, which leads whatever is ticked."""

    agency: Agency
    proposed: bool
    leads: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuggestedRepeat:
    """A case that this one may repeat. ``joinable``: the table and the party allow joining this one to it."""

    case: Case
    score: float
    reasons: tuple[str, ...]
    joinable: bool


@dataclass(frozen=True, slots=True)
class BriefProposal:
    """What the squads might read: ``text`` as it came, ``masked`` with every proposed mask applied."""

    text: str
    spans: tuple[MaskedSpan, ...]
    masked: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    categories: tuple[Suggested[Category], ...]
    agencies: tuple[SuggestedAgency, ...]
    parties: tuple[Suggested[Target], ...]
    repeats: tuple[SuggestedRepeat, ...]
    brief: BriefProposal
    lexicon: Lexicon


def suggest(case: Case, *, actor: Actor) -> Suggestions:
    """Everything the triage form offers for the case. The caller has fetched the case through ``visible_to``."""
    complaints = _complaints(case)
    text = "\n".join(complaint.text for complaint in complaints) or case.title
    words = lexicon()
    categories = suggest_categories(text, words=words)
    chosen = case.category or (categories[0].subject if categories else None)
    return Suggestions(
        categories=categories,
        agencies=suggest_agencies(chosen, case.street, text) if chosen else (),
        parties=suggest_parties(case, complaints, text),
        repeats=suggest_repeats(case, text, actor=actor),
        brief=propose_brief("\n\n".join(complaint.text for complaint in complaints)),
        lexicon=words,
    )


def suggest_categories(text: str, *, limit: int = 5, words: Lexicon | None = None) -> tuple[Suggested[Category], ...]:
    """Minor classes whose words stand in the text."""
    hits = score_categories(text, words or lexicon(), limit)
    rows = {row.code: row for row in _CATEGORIES(codes=[hit.code for hit in hits])} if hits else {}
    return tuple(
        Suggested(rows[hit.code], hit.score, (_("The text says: %(words)s.") % {"words": _listed(hit.words)},))
        for hit in hits
        if hit.code in rows
    )


def suggest_agencies(category: Category, street: Street, text: str) -> tuple[SuggestedAgency, ...]:
    """Agencies with the power for the category on the street; an optional one is ticked only when the text speaks of
    what its items ask about. The street's own agency first."""
    today = timezone.localdate(now())
    powers = powers_for(category.code, street, today)
    serving = {squad.agency_id for squad in squads_at(street.pk)}
    asked = _asked_about({p.agency.function for p in powers if p.optional}, today)
    found: dict[int, SuggestedAgency] = {}
    for power in powers:
        agency = power.agency
        leads = agency.function == Function.STREET
        reasons: list[str] = []
        proposed = True
        if leads:
            reasons.append(_("The street's team leads the joint visit."))
        if power.optional:
            words = [word for word in asked.get(agency.function, ()) if word in text]
            proposed = bool(words)
            reasons.append(
                _("The text speaks of what it checks: %(words)s.") % {"words": _listed(words[:5])}
                if words
                else _("It may join; the text doesn't speak of what it checks.")
            )
        else:
            reasons.append(_("It has the power for “%(category)s”.") % {"category": category})
        if power.basis:
            reasons.append(_("Basis: %(basis)s.") % {"basis": power.basis})
        if agency.pk not in serving:
            proposed = False
            reasons.append(_("None of its squads serves this street."))
        earlier = found.get(agency.pk)
        if earlier is None or (proposed and not earlier.proposed):
            found[agency.pk] = SuggestedAgency(agency, proposed, leads, tuple(reasons))
    return tuple(sorted(found.values(), key=lambda row: (not row.leads, not row.proposed, row.agency.pk)))


def suggest_parties(
    case: Case, complaints: Sequence[Complaint], text: str, *, limit: int = 5
) -> tuple[Suggested[Target], ...]:
    """Parties of the street that the text, the address or the point lead to; a party that a complainant chose first."""
    named = [complaint.party_name for complaint in complaints if complaint.party_name]
    places = [case.address, *addresses(text)]
    rows = party_candidates(case, complaints, [*named, *party_names(text)], [place for place in places if place], text)
    facts = [
        PartyFacts(
            id=row.pk,
            name=row.name,
            aliases=(*row.aliases, *(part for part in row.name.split("·")[1:] if len(part) >= 4)),
            address=row.address,
            point=_point(row.lat, row.lng),
            last_case_at=row.last_case_at,
        )
        for row in rows.values()
    ]
    where = Place(address=next((place for place in places if place), ""), point=_point(case.lat, case.lng))
    hits = score_parties("\n".join([*named, text]), where, facts, now(), limit)
    chosen = [c.target_id for c in complaints if c.target_id] + ([case.target_id] if case.target_id else [])
    found = {hit.id: (hit.score, _words(hit.notes)) for hit in hits}
    for target_id in dict.fromkeys(chosen):
        if target_id in rows:
            reasons = found[target_id][1] if target_id in found else ()
            told = (_("Chosen from the register when it was sent."), *_far(complaints, rows[target_id]))
            found[target_id] = (1.0, (*told, *reasons))
    best = sorted(found, key=lambda pk: (-found[pk][0], pk))[:limit]
    targets = {row.pk: row for row in _PARTIES(parties=best)} if best else {}
    return tuple(Suggested(targets[pk], *found[pk]) for pk in best if pk in targets)


def _far(complaints: Iterable[Complaint], target: Party) -> tuple[str, ...]:
    """A line for the office when the nearest position sent with the choice lies ``FAR_M`` or more from the party."""
    if target.lat is None or target.lng is None:
        return ()
    away = [
        distance_m(complaint.lat, complaint.lng, target.lat, target.lng)
        for complaint in complaints
        if complaint.target_id == target.pk and complaint.lat is not None and complaint.lng is not None
    ]
    if not away or min(away) < FAR_M:
        return ()
    metres = min(away)
    far = _("%(n)s km") % {"n": f"{metres / 1000:.1f}"} if metres >= 1000 else _("%(n)s m") % {"n": round(metres, -1)}
    return (_("But the position sent with it is %(far)s away.") % {"far": far},)


def suggest_repeats(case: Case, text: str, *, actor: Actor, limit: int = 8) -> tuple[SuggestedRepeat, ...]:
    """Cases of the street that this one may repeat, by quoted number, party, place, time and words."""
    mine = _case_facts(case, replace(said_of([case.pk]).get(case.pk, Said()), text=text))
    rows = {row.pk: row for row in repeat_candidates(case, mine, actor)}
    said = said_of(rows)
    hits = score_repeats(mine, [_facts_of(row, said.get(row.pk, Said(row.title))) for row in rows.values()], limit)
    cases = {row.pk: row for row in _SHOWN(cases=[hit.id for hit in hits])} if hits else {}
    return tuple(
        SuggestedRepeat(cases[hit.id], hit.score, _words(hit.notes), _joinable(case, cases[hit.id]))
        for hit in hits
        if hit.id in cases
    )


def propose_brief(text: str) -> BriefProposal:
    """The words with phones, identity numbers, accounts, flats and names masked; a person confirms it."""
    spans = mask_text(text)
    return BriefProposal(text, tuple(spans), apply_masks(text, spans))


def lexicon() -> Lexicon:
    """The catalogue's words, built anew only when they changed."""
    return _lexicon(*next(iter(_WORDS()), (0, 0, 0)))


_CATEGORIES = Statement(lambda: Category.objects.filter(among("code", "codes")))
_WORDS = Statement(
    lambda: (
        CategoryWord.objects.order_by()
        .values(every=Value(1))
        .annotate(rows=Count("pk"), last=Max("pk"), weight=Sum("weight"))
        .values_list("rows", "last", "weight")
    )
)


@lru_cache(maxsize=2)
def _lexicon(_rows: int, _last: int, _weight: int) -> Lexicon:
    words = CategoryWord.objects.filter(category__active=True).values_list("category__code", "word", "weight")
    return Lexicon.of(words)


def _complaints(case: Case) -> list[Complaint]:
    """The newest reports of the case; a flood of repeats adds nothing to a suggestion."""
    return [link.complaint for link in _NEWEST(case=case.pk)]


_NEWEST = Statement(
    lambda: (
        CaseComplaint.objects.filter(case=Slot("case"))
        .select_related("complaint")
        .order_by("-complaint__received_at", "-pk")[:_TEXTS]
    )
)


_ITEMS = Statement(
    lambda: InspectionItem.objects.filter(
        in_force(Slot("day", DateField())), among("function", "functions")
    ).values_list("function", "name")
)


def _asked_about(functions: Iterable[str], today: date) -> dict[str, tuple[str, ...]]:
    """Words of the items of each function, as the dictionary cuts their names."""
    found: dict[str, dict[str, None]] = {}
    for function, name in _ITEMS(day=today, functions=list(functions)):
        found.setdefault(function, {}).update(dict.fromkeys((*cut(name), name)))
    return {function: tuple(words) for function, words in found.items()}


_SHOWN = Statement(lambda: Case.objects.filter(among("id", "cases")).select_related("category", "target"))
"""Cases that :func:`repeat_candidates` found for the reader."""
_PARTIES = Statement(lambda: Target.objects.filter(among("id", "parties")))


def _case_facts(case: Case, said: Said) -> CaseFacts:
    return CaseFacts(
        id=case.pk,
        text=said.text,
        at=case.opened_at,
        target_id=case.target_id,
        category=case.category.code if case.category else None,
        place=Place(address=case.address, point=_point(case.lat, case.lng)),
        number=said.number,
        quotes=said.quotes,
    )


def _facts_of(row: Earlier, said: Said) -> CaseFacts:
    return CaseFacts(
        id=row.pk,
        text=said.text,
        at=row.opened_at,
        target_id=row.target_id,
        category=row.category,
        place=Place(address=row.address, point=_point(row.lat, row.lng)),
        number=said.number,
        quotes=said.quotes,
    )


def _joinable(case: Case, survivor: Case) -> bool:
    same_party = case.target_id is None or case.target_id == survivor.target_id
    return flow.allowed(case, "join") and survivor.stage not in flow.ENDED and same_party


def _point(lat: float | None, lng: float | None) -> tuple[float, float] | None:
    return (lat, lng) if lat is not None and lng is not None else None


def _listed(words: Iterable[str]) -> str:
    return _(", ").join(words)


def _words(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(_reason(note) for note in notes)


def _reason(note: Note) -> str:
    """The sentence of a pure rule's note."""
    days = int(str(note.params.get("days", 0)))
    sentences = {
        "name_in_text": _("The text names %(name)s."),
        "name_resembles": _("The text names something like %(name)s (%(percent)s%% alike)."),
        "address_matches": _("The addresses match (%(percent)s%%)."),
        "metres_away": _("%(metres)s m away.") if str(note.params.get("metres")) != "0" else _("At the same spot."),
        "recent_case": ngettext("Its last case was %(days)s day ago.", "Its last case was %(days)s days ago.", days)
        if days
        else _("It has a case of today."),
        "same_party": _("The same party."),
        "same_category": _("The same category."),
        "words_resemble": _("The words are %(percent)s%% alike."),
        "days_apart": ngettext("%(days)s day apart.", "%(days)s days apart.", days) if days else _("On the same day."),
        "quotes_its_number": _("The text quotes its number %(number)s."),
        "quoted_by_it": _("It quotes this order's number %(number)s."),
        "quotes_same_number": _("Both quote the number %(number)s."),
    }
    return sentences[note.code] % note.params


__all__ = [
    "BriefProposal",
    "Suggested",
    "SuggestedAgency",
    "SuggestedRepeat",
    "Suggestions",
    "lexicon",
    "propose_brief",
    "suggest",
    "suggest_agencies",
    "suggest_categories",
    "suggest_parties",
    "suggest_repeats",
]
