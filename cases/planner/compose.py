"""The order over a target's needs: who leads, who joins with which items, and why.

The street's enforcement team leads (由街道牵头); another lead needs a reason, which a person gives. Every agency
asked for joins with one squad: one on duty before one that is not, the one stationed at the street before a
module squad that serves it, the one with less to do before the busier.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.law.notes import Note
from cases.planner.merge import Hours, Need, joined_window, visits_of


class SquadKind(StrEnum):
    STREET_TEAM = "street_team"
    STATIONED = "stationed"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Power:
    """An agency's items for a category; an obligatory power joins even where triage did not ask for it."""

    agency: str
    category: str
    items: tuple[str, ...] = ()
    obligatory: bool = False


@dataclass(frozen=True, slots=True)
class SquadFacts:
    """A squad that could be called. `street` is where it is stationed; `serves` empty means the whole district."""

    id: int
    agency: str
    kind: SquadKind
    street: str | None = None
    serves: frozenset[str] = field(default_factory=frozenset)
    on_duty: bool = True
    load: int = 0

    def reaches(self, street: str) -> bool:
        if self.street is not None:
            return self.street == street or street in self.serves
        return not self.serves or street in self.serves


@dataclass(frozen=True, slots=True)
class Part:
    """An agency's part; `squad_id` is None where the agency has no squad for the street."""

    agency: str
    squad_id: int | None
    lead: bool
    items: tuple[str, ...]
    need_ids: tuple[int, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """A visit of the order and the hours it is bound to, if any."""

    hours: Hours | None
    need_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What would be ordered. `lead` is None where the street has no team: a person has to choose one."""

    target_id: int
    lead: Part | None
    joint: tuple[Part, ...]
    visits: tuple[VisitPlan, ...]
    opens: datetime
    due: datetime
    urgent: bool
    announced: bool
    notes: tuple[Note, ...]
    visits_saved: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """The lead first."""
        return (self.lead, *self.joint) if self.lead is not None else self.joint


@dataclass(slots=True)
class _Asked:
    """An agency, by whom it is asked for, and its items."""

    need_ids: list[int] = field(default_factory=list)
    items: dict[str, None] = field(default_factory=dict)
    obligatory: bool = False


def compose(
    needs: Sequence[Need],
    powers: Iterable[Power],
    squads: Iterable[SquadFacts],
    street: str,
    now: datetime,
    *,
    lead_squad_id: int | None = None,
) -> OrderPlan:
    """The plan of an order that serves all these needs of one target.

    ValueError without needs, for several targets, for announced and unannounced ones together, or for a lead
    that is not among the squads. Whether they may share an order at all is `merge.split`'s question.
    """
    rows = sorted(needs, key=lambda need: need.id)
    if not rows:
        raise ValueError("an order needs a need")
    if len({(need.target_id, need.announced) for need in rows}) > 1:
        raise ValueError("these needs cannot share an order")
    ground = sorted((squad for squad in squads if squad.reaches(street)), key=lambda squad: squad.id)
    asked = _asked(rows, tuple(powers))
    lead = _lead(ground, street, rows, asked, lead_squad_id)
    joint = tuple(
        _joint(agency, wish, ground, street)
        for agency, wish in sorted(asked.items())
        if lead is None or agency != lead.agency
    )
    opens, due = joined_window(None, rows)
    visits = tuple(VisitPlan(hours, tuple(n.id for n in served)) for hours, served in visits_of(rows))
    saved = visits_saved(asked)
    notes = _why(rows, due, now)
    if lead is None:
        notes.append(Note("no_street_team", {"street": street}))
    if len(visits) > 1:
        notes.append(Note("hours_apart", {"visits": len(visits)}))
    notes.append(Note("saves_visits", {"count": saved, "agencies": sorted(asked)}))
    return OrderPlan(
        target_id=rows[0].target_id,
        lead=lead,
        joint=joint,
        visits=visits,
        opens=opens,
        due=due,
        urgent=any(need.urgent for need in rows),
        announced=rows[0].announced,
        notes=tuple(notes),
        visits_saved=saved,
    )


def added_parts(before: Iterable[str], plan: OrderPlan) -> tuple[Part, ...]:
    """The parts of agencies that were not in the order before: they are called, the others told."""
    present = set(before)
    return tuple(part for part in plan.parts if part.agency not in present)


def visits_saved(agencies: Iterable[str]) -> int:
    """Departments merged − 1. A lead that was not itself asked for is no department: it saves nobody a visit."""
    return max(0, len(set(agencies)) - 1)


def _asked(needs: Sequence[Need], powers: Sequence[Power]) -> dict[str, _Asked]:
    """Agencies asked for: those triage named, those a power obliges, and all with the power if none was named."""
    asked: dict[str, _Asked] = {}
    for need in needs:
        mine = [power for power in powers if power.category in need.categories]
        named = set(need.agencies) or {power.agency for power in mine}
        for agency in sorted(named | {power.agency for power in mine if power.obligatory}):
            wish = asked.setdefault(agency, _Asked())
            wish.need_ids.append(need.id)
            wish.obligatory |= agency not in named
            wish.items.update(dict.fromkeys(i for power in mine if power.agency == agency for i in power.items))
    return asked


def _lead(
    ground: Sequence[SquadFacts],
    street: str,
    needs: Sequence[Need],
    asked: dict[str, _Asked],
    lead_squad_id: int | None,
) -> Part | None:
    teams = [squad for squad in ground if squad.kind is SquadKind.STREET_TEAM and squad.street == street]
    team = min(teams, key=_preference, default=None)
    if lead_squad_id is not None and (team is None or team.id != lead_squad_id):
        chosen = next((squad for squad in ground if squad.id == lead_squad_id), None)
        if chosen is None:
            raise ValueError("the chosen lead does not serve this street")
        notes = [Note("lead_by_choice", {"squad": chosen.id})]
        team = chosen
    elif team is not None:
        notes = [Note("street_team_leads", {"squad": team.id})]
    else:
        return None
    wish = asked.get(team.agency, _Asked())
    return Part(
        agency=team.agency,
        squad_id=team.id,
        lead=True,
        items=tuple(wish.items),
        need_ids=tuple(need.id for need in needs),
        notes=(*notes, *_duty(team)),
    )


def _joint(agency: str, wish: _Asked, ground: Sequence[SquadFacts], street: str) -> Part:
    notes = [Note("obligatory" if wish.obligatory else "asked_for", {"needs": list(wish.need_ids)})]
    squad = min((squad for squad in ground if squad.agency == agency), key=_preference, default=None)
    if squad is None:
        notes.append(Note("no_squad", {"agency": agency, "street": street}))
    else:
        code = "stationed_squad" if squad.street == street else "module_squad"
        notes += [Note(code, {"squad": squad.id, "street": street}), *_duty(squad)]
    return Part(
        agency=agency,
        squad_id=None if squad is None else squad.id,
        lead=False,
        items=tuple(wish.items),
        need_ids=tuple(wish.need_ids),
        notes=tuple(notes),
    )


def _preference(squad: SquadFacts) -> tuple[bool, bool, bool, int, int]:
    # On duty beats near: a stationed squad that is off duty brings nobody.
    return (not squad.on_duty, squad.street is None, not squad.serves, squad.load, squad.id)


def _duty(squad: SquadFacts) -> tuple[Note, ...]:
    return () if squad.on_duty else (Note("squad_off_duty", {"squad": squad.id}),)


def _why(needs: Sequence[Need], due: datetime, now: datetime) -> list[Note]:
    """Which needs, why now, and what could have waited."""
    notes: list[Note] = []
    pressing = any(need.urgent or not need.planned for need in needs)
    for need in needs:
        notes.append(Note("serves_need", {"need": need.id, "cause": need.cause.value, "due": _day(need.due)}))
        if need.cause_visit_on is not None:
            notes.append(Note("recheck_after", {"need": need.id, "visit": need.cause_visit_on.isoformat()}))
        if need.due < now:
            notes.append(Note("now_overdue", {"need": need.id, "due": _day(need.due)}))
        elif need.urgent:
            notes.append(Note("now_urgent", {"need": need.id}))
        elif need.planned and pressing:
            notes.append(Note("rides_along", {"need": need.id, "until": _day(need.due)}))
    if due >= now:
        notes.append(Note("go_until", {"due": _day(due)}))
    return notes


def _day(at: datetime) -> str:
    return at.date().isoformat()
