"""What the journal says in words: a sentence for every kind, and the facts of a body worth reading beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import (
    Case,
    DeadlineKind,
    Disposition,
    LineKind,
    LookupPurpose,
    RevealPurpose,
    RulingOutcome,
    Target,
    VisitOutcome,
)
from teams.models import Agency, Role, Squad, User
from teams.statements import Statement, among

KEY, NOTE, LATE, PLAIN = "key", "note", "late", ""


class Said(NamedTuple):
    """The sentence of a kind, its weight in the drawing, and whether it concerns the office alone."""

    what: str | Promise
    weight: str = PLAIN
    office_only: bool = False


SENTENCES: Mapping[str, Said] = MappingProxyType(
    {
        # the case
        "case.received": Said(_("Case received"), KEY),
        "case.complaint_joined": Said(_("Another report joined this case")),
        "case.photo_shared": Said(_("A photo was shared with the squads")),
        "case.photo_withheld": Said(_("A photo was taken back from the squads"), NOTE, True),
        "case.noted": Said(_("A note was written"), NOTE, True),
        "case.accepted": Said(_("Case accepted")),
        "case.assigned": Said(_("Given into other hands"), NOTE, True),
        "case.handed_over": Said(_("Handed over to another member of the office"), NOTE, True),
        "case.rejected": Said(_("Case rejected"), KEY),
        "case.asked": Said(_("The resident was asked"), PLAIN, True),
        "case.resumed": Said(_("Went on without an answer")),
        "case.answered_by_resident": Said(_("The resident answered"), PLAIN, True),
        "case.line_written": Said(_("Written to the resident"), NOTE, True),
        "case.identity_revealed": Said(_("The contact of a resident was looked at"), NOTE, True),
        "case.identity_searched": Said(_("Found by a resident's phone"), NOTE, True),
        "case.identity_erased": Said(_("A resident's contact was erased"), NOTE, True),
        "case.identity_exported": Said(_("A resident's data was handed out"), NOTE, True),
        "case.complaint_withdrawn": Said(_("A resident withdrew the report"), NOTE, True),
        "case.withdrawn": Said(_("Withdrawn by the resident"), KEY, True),
        "case.triaged": Said(_("Triaged"), KEY),
        "case.mediated": Said(_("Mediation ended")),
        "case.taken_back": Said(_("Taken back to triage")),
        "case.returned": Said(_("Sent back to triage")),
        "case.merged_into": Said(_("Joined to another case"), KEY),
        "case.absorbed": Said(_("Another case was joined to this one")),
        "case.split": Said(_("A second problem of the report got its own case")),
        "case.split_off": Said(_("Split off from another case of the same report")),
        "case.target_changed": Said(_("The party was changed")),
        "case.need_opened": Said(_("A visit is needed"), NOTE),
        "case.need_withdrawn": Said(_("The visit is not needed any more"), NOTE),
        "case.ordered": Said(_("Put into a check-once order")),
        "case.dispatched": Said(_("Dispatched"), KEY),
        "case.undispatched": Said(_("Back to planning")),
        "case.visit_started": Said(_("The visit began")),
        "case.revisit": Said(_("A second visit is needed")),
        "case.to_rule": Said(_("Waits for a ruling")),
        "case.rectifying": Said(_("Being put right")),
        "case.recheck_planned": Said(_("A recheck is planned")),
        "case.rectified": Said(_("Put right"), KEY),
        "case.checking": Said(_("Waits for the check-after")),
        "case.checked_after": Said(_("Checked after"), KEY),
        "case.rework": Said(_("Goes back for rework"), KEY),
        "case.rework_refused": Said(_("Rework was refused"), PLAIN, True),
        "case.closed": Said(_("Case closed"), KEY),
        "case.rated": Said(_("A resident has rated the result"), PLAIN, True),
        "case.deadline_warned": Said(_("Soon due"), NOTE),
        "case.deadline_passed": Said(_("Overdue"), LATE),
        "case.escalated": Said(_("Escalated"), LATE),
        # the order
        "order.drafted": Said(_("Order drafted")),
        "order.submitted": Said(_("Submitted for approval")),
        "order.approved": Said(_("Order approved")),
        "order.approval_made_up": Said(_("Approval made up afterwards")),
        "order.sent_back": Said(_("Sent back")),
        "order.issued": Said(_("Squads called"), KEY),
        "order.need_joined": Said(_("A further matter joined the order")),
        "order.need_released": Said(_("A matter was taken out of the order")),
        "order.cancelled": Said(_("Order cancelled"), KEY),
        "order.planned": Said(_("Planned into the day")),
        "order.target_changed": Said(_("The order goes to another party")),
        "order.part_acknowledged": Said(_("Acknowledged")),
        "order.part_returned": Said(_("Part returned"), KEY),
        "order.part_called_again": Said(_("Called again")),
        "order.part_reassigned": Said(_("Another squad is called")),
        "order.part_released": Said(_("Squad excused")),
        "order.part_urged": Said(_("Urged"), NOTE),
        "order.part_missed": Said(_("Squad did not come"), LATE),
        "order.reported_in": Said(_("On scene"), KEY),
        "order.part_finished": Said(_("Checklist finished")),
        "order.record_signed": Said(_("The party saw the site record")),
        "order.visit_closed": Said(_("Visit closed"), KEY),
        "order.finding_added": Said(_("A fact was found")),
        "order.lab_commissioned": Said(_("A laboratory test was commissioned")),
        "order.lab_cancelled": Said(_("A laboratory test was called off")),
        "order.lab_reported": Said(_("The laboratory reported")),
        "order.ruled": Said(_("Ruled"), KEY),
        "order.done": Said(_("Order done"), KEY),
        "order.deadline_warned": Said(_("Soon due"), NOTE),
        "order.deadline_passed": Said(_("Overdue"), LATE),
        "order.escalated": Said(_("Escalated"), LATE),
    }
)

TALK = frozenset(
    {
        "case.complaint_joined",
        "case.noted",
        "case.asked",
        "case.answered_by_resident",
        "case.line_written",
        "case.complaint_withdrawn",
        "case.withdrawn",
        "case.rework_refused",
        "case.rated",
    }
)
"""Kinds that are somebody's words: the residents', or the office's to them or to itself."""

_SQUADS = ("squad", "squads", "laboratory", "to_squad", "called")


def _by_value(*choices: type[TextChoices]) -> Mapping[str, TextChoices]:
    """What each value means; of two that are the same the first counts."""
    return {one.value: one for some in reversed(choices) for one in some}


_LABELS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "clock": _by_value(DeadlineKind),
        "disposition": _by_value(Disposition),
        "outcome": _by_value(VisitOutcome, RulingOutcome),
        "purpose": _by_value(RevealPurpose, LookupPurpose),
        "as": _by_value(LineKind),
    }
)
_PLAIN = ("number", "paper", "paper_number", "to_unit", "handed_to")
_WORDS = ("reason", "note")


@dataclass(slots=True)
class Names:
    """Names of what the bodies only know by id, read once for a whole timeline."""

    squads: dict[int, str] = field(default_factory=dict)
    agencies: dict[int, str] = field(default_factory=dict)
    targets: dict[int, str] = field(default_factory=dict)
    cases: dict[int, str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)


def said(kind: str) -> Said:
    """The sentence of a kind; a kind that nobody put into words shows itself."""
    return SENTENCES.get(kind) or Said(kind)


_NAMED_SQUADS = Statement(lambda: Squad.objects.filter(among("id", "ids")))
_NAMED_AGENCIES = Statement(lambda: Agency.objects.filter(among("id", "ids")))


def names_for(bodies: Iterable[tuple[str, Mapping[str, Any]]], known: Iterable[Squad | Agency] = ()) -> Names:
    """Look up what (kind, body) pairs name and ``known`` doesn't hold: at most one query a kind of thing."""
    squads: set[int] = set()
    agencies: set[int] = set()
    targets: set[int] = set()
    cases: set[int] = set()
    people: set[int] = set()
    for kind, data in bodies:
        for key in _SQUADS:
            squads |= _ids(data.get(key))
        agencies |= _ids(data.get("agencies"))
        if kind.endswith(".target_changed"):
            targets |= _ids(data.get("from")) | _ids(data.get("to"))
        if kind == _HANDS:
            people |= _ids(data.get("before")) | _ids(data.get("owner"))
        if kind in _OTHER_CASE:
            cases |= _ids(data.get(_OTHER_CASE[kind]))
    held = list(known)
    squad_names = {row.pk: str(row) for row in held if isinstance(row, Squad)}
    if more := squads - squad_names.keys():
        squad_names |= {row.pk: str(row) for row in _NAMED_SQUADS(ids=list(more))}
    agency_names = {row.pk: str(row) for row in held if isinstance(row, Agency)}
    if more := agencies - agency_names.keys():
        agency_names |= {row.pk: str(row) for row in _NAMED_AGENCIES(ids=list(more))}
    return Names(
        squads=squad_names,
        agencies=agency_names,
        targets=dict(Target.objects.filter(pk__in=targets).values_list("pk", "name")) if targets else {},
        cases=dict(Case.objects.filter(pk__in=cases).values_list("pk", "reference")) if cases else {},
        people={row.pk: str(row) for row in User.objects.filter(pk__in=people)} if people else {},
    )


_HANDS = "case.assigned"
_OTHER_CASE = {"case.merged_into": "into", "case.absorbed": "case", "case.split": "into", "case.split_off": "case"}


def detail(kind: str, data: Mapping[str, Any], names: Names) -> str:
    """The facts of a body in one line, in the active language: who, what, which number, and the reason written."""
    parts: list[str] = []
    for key in _SQUADS:
        found = [names.squads[pk] for pk in sorted(_ids(data.get(key))) if pk in names.squads]
        if found:
            parts.append(("→ " if key == "to_squad" else "") + gettext(", ").join(found))
    if "agencies" in data:
        agencies = sorted(_ids(data["agencies"]))
        parts.append(gettext(", ").join(names.agencies[pk] for pk in agencies if pk in names.agencies))
    if kind.endswith(".target_changed"):
        parts.append(" → ".join(names.targets.get(data.get(key) or 0, "") for key in ("from", "to")))
    if kind == _HANDS:
        hands = [names.people.get(data.get(key) or 0, gettext("nobody")) for key in ("before", "owner")]
        parts.append(" → ".join(hands))
    if kind in _OTHER_CASE:
        parts.append(names.cases.get(data.get(_OTHER_CASE[kind]) or 0, ""))
    if kind == "order.planned":
        hours = "–".join(str(data[key]) for key in ("from", "until") if data.get(key))
        parts.append(" ".join(part for part in (str(data.get("day") or ""), hours) if part))
    for key, labels in _LABELS.items():
        if isinstance(value := data.get(key), str) and value in labels:
            parts.append(str(labels[value].label))
    if kind.endswith(".escalated"):
        parts.append(gettext("supervision level %(level)s") % {"level": data.get("level")})
    if data.get("hastened") is True:
        parts.append(gettext("the order is urgent now"))
    if isinstance(conforms := data.get("conforms"), bool):
        parts.append(gettext("within the limit") if conforms else gettext("beyond the limit"))
    parts += [str(data[key]) for key in _PLAIN if data.get(key)]
    parts += [str(data[key]).strip() for key in _WORDS if isinstance(data.get(key), str)]
    return "·".join(part for part in parts if part)


class Acted(Protocol):
    """An event, as a row or as the columns of one: ``actor`` shows the name."""

    @property
    def actor(self) -> object: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def actor_role(self) -> str: ...


_ROLES = {role.value: role for role in Role}


def actor_words(event: Acted) -> str:
    """Who did it, in which role. Residents and the system have no name."""
    if event.actor_role == "resident":
        return gettext("resident")
    if event.actor_id is None:
        return gettext("system")
    role = _ROLES[event.actor_role].label if event.actor_role in _ROLES else ""
    return f"{event.actor} {role}".strip()


def _ids(value: object) -> set[int]:
    if isinstance(value, bool):
        return set()
    if isinstance(value, int):
        return {value}
    if isinstance(value, list):
        return {one for one in value if isinstance(one, int)}
    return set()
