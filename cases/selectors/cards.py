"""The squad's day as cards of plain facts: what a phone shows of a part, and nothing that would ask the database again.

A phone opens its day all day long, so the questions are written out (composing them took longer than answering them)
and a card is nothing but what it shows: its drawing may be kept under its own facts (``dispatch.field.cards``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    DeadlineKind,
    DeadlineState,
    FindingState,
    LabState,
    NeedCause,
    OrderKind,
    OrderState,
    PartState,
    Urgency,
    finding_words,
)
from cases.selectors.board import PartGlance, squad_name
from teams.models import Role
from teams.models.base import in_english
from teams.policies import Actor
from teams.statements import Written

STEPS = ("here", "acknowledge", "go", "close", "rule", "lab", "wait")
"""What a card asks for, in the order in which cards of the same urgency stand."""

LIVE_PARTS = (PartState.CALLED, PartState.ACKNOWLEDGED, PartState.ON_SCENE)
LIVE_ORDERS = (OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.ON_SCENE, OrderState.RULING)
_CLOCK = {"acknowledge": DeadlineKind.ACKNOWLEDGE, "go": DeadlineKind.REPORT_IN}
_ENDED_AT_MOST = 30
CALLS = 10
"""Urgent calls are counted to here."""
_FAR = datetime.max.replace(tzinfo=timezone.get_fixed_timezone(0))
_WORDS = {
    "live_parts": [state.value for state in LIVE_PARTS],
    "live_orders": [state.value for state in LIVE_ORDERS],
    "there_still": [OrderState.ON_SCENE.value, OrderState.RULING.value],
    "done": PartState.DONE.value,
    "order_done": OrderState.DONE.value,
    "called": PartState.CALLED.value,
    "unseen": [PartState.RELEASED.value, PartState.PLANNED.value],
    "ticking": [DeadlineState.RUNNING.value, DeadlineState.PAUSED.value],
    "commissioned": LabState.COMMISSIONED.value,
    "open": FindingState.OPEN.value,
    "general": Urgency.GENERAL.value,
    "acknowledge": DeadlineKind.ACKNOWLEDGE.value,
}
"""The words of our own that the statements speak of."""
_asked = partial(Written, "cases_part", words=_WORDS)
_PARTS = """
SELECT part.id, part.order_id, part.squad_id, part.state, part.is_lead, part.called_at,
  orders.state AS order_state, orders.kind, orders.urgency, orders.planned_day, orders.planned_from,
  orders.planned_until, target.name AS target, target.address, target.lat, target.lng, target.radius_m,
  (SELECT count(*) FROM cases_partitem item WHERE item.part_id = part.id) AS items,
  (SELECT count(*) FROM cases_answer answer JOIN cases_partitem item ON item.id = answer.part_item_id
    WHERE item.part_id = part.id AND answer.visit_id =
      (SELECT visit.id FROM cases_visit visit WHERE visit.order_id = orders.id ORDER BY visit.sequence DESC LIMIT 1)
  ) AS answered,
  EXISTS (SELECT FROM cases_labtest test JOIN cases_partitem item ON item.id = test.part_item_id
    WHERE item.part_id = part.id AND test.state = %(commissioned)s) AS tested
FROM cases_part part JOIN cases_order orders ON orders.id = part.order_id
  JOIN cases_target target ON target.id = orders.target_id
WHERE """
_WAIT = """part.id IN (
  SELECT mine.id FROM cases_part mine JOIN cases_order live ON live.id = mine.order_id
    WHERE mine.squad_id = ANY(%(squads)s) AND mine.state = ANY(%(live_parts)s) AND live.state = ANY(%(live_orders)s)
  UNION ALL SELECT mine.id FROM cases_part mine JOIN cases_order live ON live.id = mine.order_id
    WHERE mine.squad_id = ANY(%(squads)s) AND mine.state = %(done)s AND live.state = ANY(%(there_still)s))"""
"""Asked in two halves: a squad has done many parts, few of them for orders that are still under way."""
_WAITING = _asked(_PARTS + _WAIT)
_ONE = _asked(_PARTS + "part.id = %(part)s")
_ENDED = _asked("""
SELECT part.id, part.done_at, target.name
FROM cases_part part JOIN cases_order orders ON orders.id = part.order_id
  JOIN cases_target target ON target.id = orders.target_id
WHERE part.squad_id = ANY(%(squads)s) AND part.state = %(done)s AND orders.state = %(order_done)s
  AND part.done_at >= %(begin)s AND part.done_at < %(end)s
ORDER BY part.done_at DESC LIMIT %(most)s""")
_BESIDE = _asked("""
SELECT part.order_id, part.id, part.state, part.is_lead,
  squad.name, squad.name_en, squad.short_name, squad.short_name_en, clock.kind, clock.due_at, clock.warn_at
FROM cases_part part JOIN teams_squad squad ON squad.id = part.squad_id
  LEFT JOIN cases_deadline clock ON clock.part_id = part.id AND clock.state = ANY(%(ticking)s)
WHERE part.order_id = ANY(%(orders)s) AND part.state <> ALL(%(unseen)s)
ORDER BY part.is_lead DESC, part.id, clock.due_at""")
_FINDINGS = _asked("""
SELECT finding.part_id, finding.id, finding.text, item.name, item.name_en, clock.due_at, clock.warn_at
FROM cases_finding finding LEFT JOIN cases_inspectionitem item ON item.id = finding.item_id
  LEFT JOIN cases_deadline clock ON clock.finding_id = finding.id AND clock.state = ANY(%(ticking)s)
WHERE finding.part_id = ANY(%(parts)s) AND finding.state = %(open)s
ORDER BY finding.id, clock.due_at""")
_TOPICS = _asked("""
SELECT link.order_id, category.name, category.name_en, need.cause
FROM cases_orderneed link JOIN cases_need need ON need.id = link.need_id
  LEFT JOIN cases_case told ON told.id = need.case_id
  LEFT JOIN cases_category category ON category.id = told.category_id
WHERE link.order_id = ANY(%(orders)s) AND link.released_at IS NULL
ORDER BY link.id""")
_CALLS = _asked("""
SELECT part.id, target.name, target.address, clock.due_at, clock.warn_at
FROM cases_part part JOIN cases_order orders ON orders.id = part.order_id
  JOIN cases_target target ON target.id = orders.target_id
  LEFT JOIN cases_deadline clock ON clock.part_id = part.id AND clock.kind = %(acknowledge)s
    AND clock.state = ANY(%(ticking)s)
WHERE part.squad_id = ANY(%(squads)s) AND part.state = %(called)s AND orders.state = ANY(%(live_orders)s)
  AND orders.urgency <> %(general)s
ORDER BY part.called_at DESC, part.id DESC LIMIT %(most)s""")


class _Part(NamedTuple):
    """A row of ``_PARTS``."""

    id: int
    order_id: int
    squad_id: int
    state: str
    is_lead: bool
    called_at: datetime | None
    order_state: str
    kind: str
    urgency: str
    planned_day: date | None
    planned_from: time | None
    planned_until: time | None
    target: str
    address: str
    lat: float | None
    lng: float | None
    radius_m: int | None
    items: int
    answered: int
    tested: bool


class _Beside(NamedTuple):
    """A row of ``_BESIDE``: a part of the order with one of its running clocks."""

    order_id: int
    id: int
    state: str
    is_lead: bool
    name: str
    name_en: str
    short_name: str
    short_name_en: str
    clock: str | None
    due_at: datetime | None
    warn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToRule:
    """An open finding of the squad's own part, in words for its reader."""

    pk: int
    shown: str


@dataclass(frozen=True, slots=True)
class Card:
    """A part as a phone shows it. ``step`` is what it asks for; ``squads`` is for the tag of that name.

    Nothing but plain values in the reader's language: equal cards look the same.
    """

    part_id: int
    squad_id: int
    order_id: int
    state: str
    order_state: str
    kind: str
    urgency: str
    planned_day: date | None
    planned_from: time | None
    planned_until: time | None
    target: str
    address: str
    lat: float | None
    lng: float | None
    radius_m: int | None
    step: str
    squads: tuple[PartGlance, ...]
    items: int
    answered: int
    due_at: datetime | None
    warn_at: datetime | None
    findings: tuple[ToRule, ...]
    topics: tuple[str, ...]
    called_at: datetime | None

    @property
    def urgent(self) -> bool:
        return self.urgency != Urgency.GENERAL

    @property
    def handling(self) -> bool:
        return self.kind == OrderKind.HANDLING


class Ended(NamedTuple):
    """A part that ended today."""

    part_id: int
    done_at: datetime
    target: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """Cards of today (urgent first), of later days, and rows of what ended today."""

    today: list[Card]
    later: list[Card]
    ended: list[Ended]


@dataclass(frozen=True, slots=True)
class Whistle:
    """An urgent call that nobody of the squad has taken up yet."""

    part_id: int
    target: str
    address: str
    due_at: datetime | None
    warn_at: datetime | None
    more: int


def worklist(actor: Actor) -> Worklist:
    """Everything that waits for the squads of the actor. Five queries at most, whatever their number."""
    squads = sorted(actor.squads())
    if not squads:
        return Worklist([], [], [])
    day = timezone.localdate(now())
    begin = timezone.make_aware(datetime.combine(day, time.min))
    cards = _cards([_Part(*row) for row in _WAITING(squads=squads)])
    ended = _ENDED(squads=squads, begin=begin, end=begin + timedelta(days=1), most=_ENDED_AT_MOST)
    today = [card for card in cards if not _is_later(card, day)]
    later = [card for card in cards if _is_later(card, day)]
    return Worklist(today, later, [Ended(*row) for row in ended])


def card_of(part_id: int) -> Card:
    """The card of one part, whatever its state. The caller has checked that the reader may see it."""
    return _cards([_Part(*row) for row in _ONE(part=part_id)])[0]


def whistle_of(actor: Actor) -> Whistle | None:
    """The newest urgent call to the squads where the actor is an officer: each one that comes is seen and heard.

    One query.
    """
    squads = sorted(actor.squads(Role.OFFICER, Role.SQUAD_LEADER))
    calls = _CALLS(squads=squads, most=CALLS) if squads else []
    if not calls:
        return None
    part_id, target, address, due_at, warn_at = calls[0]
    return Whistle(part_id, target, address, due_at, warn_at, len(calls) - 1)


def whistle_among(cards: Iterable[Card], squads: Collection[int]) -> Whistle | None:
    """``whistle_of`` for whoever has the cards of all these squads at hand."""
    calls = [c for c in cards if c.squad_id in squads and c.step == "acknowledge" and c.urgent]
    if not calls:
        return None
    newest = max(calls, key=lambda card: (card.called_at or _FAR, card.part_id))
    return Whistle(
        newest.part_id, newest.target, newest.address, newest.due_at, newest.warn_at, min(len(calls), CALLS) - 1
    )


def _cards(parts: Sequence[_Part]) -> list[Card]:
    if not parts:
        return []
    orders = sorted({part.order_id for part in parts})
    beside: dict[int, dict[int, list[_Beside]]] = {}
    for found in _BESIDE(orders=orders):
        row = _Beside(*found)
        beside.setdefault(row.order_id, {}).setdefault(row.id, []).append(row)
    findings: dict[int, dict[int, ToRule]] = {}
    clocks: dict[int, tuple[datetime, datetime]] = {}
    for part_id, pk, text, name, name_en, due_at, warn_at in _FINDINGS(parts=[part.id for part in parts]):
        shown = finding_words(text, name or "", (in_english() and name_en) or name or "")
        findings.setdefault(part_id, {})[pk] = ToRule(pk, shown)
        if due_at is not None and (part_id not in clocks or due_at < clocks[part_id][0]):
            clocks[part_id] = (due_at, warn_at)
    topics, moment = _topics(orders), now()
    cards = [
        _card(
            part,
            beside.get(part.order_id, {}),
            tuple(findings.get(part.id, {}).values()),
            clocks.get(part.id),
            tuple(topics.get(part.order_id, ())),
            moment,
        )
        for part in parts
    ]
    cards.sort(key=lambda card: (not card.urgent, STEPS.index(card.step), card.due_at or _FAR, card.order_id))
    return cards


def _card(
    part: _Part,
    beside: dict[int, list[_Beside]],
    findings: tuple[ToRule, ...],
    clock: tuple[datetime, datetime] | None,
    topics: tuple[str, ...],
    moment: datetime,
) -> Card:
    """The card with its live deadline, and who of the other squads is late."""
    step = _step(part, beside.values(), findings)
    own = [row for row in beside.get(part.id, ()) if row.clock == _CLOCK.get(step, "")]
    due_at, warn_at = (own[0].due_at, own[0].warn_at) if own else (None, None)
    if step not in _CLOCK and clock:
        due_at, warn_at = clock
    squads = tuple(
        PartGlance(
            squad_name(rows[0]),
            rows[0].state,
            any(row.due_at is not None and row.due_at < moment for row in rows),
            rows[0].is_lead,
        )
        for rows in beside.values()
    )
    return Card(
        part_id=part.id,
        squad_id=part.squad_id,
        order_id=part.order_id,
        state=part.state,
        order_state=part.order_state,
        kind=part.kind,
        urgency=part.urgency,
        planned_day=part.planned_day,
        planned_from=part.planned_from,
        planned_until=part.planned_until,
        target=part.target,
        address=part.address,
        lat=part.lat,
        lng=part.lng,
        radius_m=part.radius_m,
        step=step,
        squads=squads,
        items=part.items,
        answered=part.answered,
        due_at=due_at,
        warn_at=warn_at,
        findings=findings,
        topics=topics,
        called_at=part.called_at,
    )


def _topics(orders: list[int]) -> dict[int, list[str]]:
    """Names of the categories an order is about, and that it is planned, each once."""
    found: dict[int, list[str]] = {}
    english, planned = in_english(), str(NeedCause.PLANNED.label)
    for order_id, name, name_en, cause in _TOPICS(orders=orders):
        names = found.setdefault(order_id, [])
        shown = (english and name_en) or name
        if shown and shown not in names:
            names.append(shown)
        elif cause == NeedCause.PLANNED and planned not in names:
            names.append(planned)
    return found


def _step(part: _Part, beside: Iterable[Sequence[_Beside]], findings: Sequence[ToRule]) -> str:
    if part.state == PartState.CALLED:
        return "acknowledge"
    if part.state == PartState.ACKNOWLEDGED:
        return "go"
    if part.state == PartState.ON_SCENE:
        return "here"
    if part.state == PartState.DONE and part.order_state == OrderState.ON_SCENE:
        there = any(rows[0].state == PartState.ON_SCENE for rows in beside)
        return "close" if part.is_lead and not there else "wait"
    if findings:
        return "rule"
    return "lab" if part.tested else "wait"


def _is_later(card: Card, day: date) -> bool:
    planned = card.planned_day
    return card.step in ("acknowledge", "go") and not card.urgent and planned is not None and planned > day
