"""Which needs of one target may share a check-once order.

1. Windows overlap: there is a moment that lies in all of them.
2. Announced and unannounced visits never mix: telling the party of one would tell of the other.
3. A need that stays alone (a laboratory's hand-over, say) shares with nobody.
4. A recheck comes on a later day than the visit that caused it, and never joins that visit's order.
5. Hours of the day that exclude each other do not keep needs apart: they become two visits of one order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from cases.law.notes import Note

_MINUTES = 24 * 60
_WHOLE_DAY = (1 << _MINUTES) - 1


class Cause(StrEnum):
    """Why a need exists; whether it is reactive or planned comes from here."""

    COMPLAINT = "complaint"
    GRID_ALERT = "grid_alert"
    PATROL = "patrol"
    RECHECK = "recheck"
    PLANNED = "planned"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day in which a need can be served, [start, end), local time; may run over midnight."""

    start: time
    end: time

    @property
    def mask(self) -> int:
        """The minutes of the day as bits; equal start and end mean the whole day."""
        start, end = _minute(self.start), _minute(self.end)
        if start == end:
            return _WHOLE_DAY
        if start < end:
            return ((1 << (end - start)) - 1) << start
        return _WHOLE_DAY ^ (((1 << (start - end)) - 1) << end)


@dataclass(frozen=True, slots=True)
class Need:
    """A reason to visit. `opens` and `due` are the window, both inclusive."""

    id: int
    target_id: int
    agencies: tuple[str, ...]
    opens: datetime
    due: datetime
    cause: Cause
    categories: tuple[str, ...] = ()
    urgent: bool = False
    announced: bool = False
    alone: bool = False
    hours: Hours | None = None
    cause_order_id: int | None = None
    cause_visit_on: date | None = None

    @property
    def planned(self) -> bool:
        """Planned needs may ride along; all others are somebody waiting."""
        return self.cause in (Cause.PLANNED, Cause.SPECIAL)

    @property
    def opens_from(self) -> datetime:
        """`opens`, moved past the day of the visit that caused a recheck."""
        if self.cause_visit_on is None:
            return self.opens
        next_day = datetime.combine(self.cause_visit_on + timedelta(days=1), time(0), self.opens.tzinfo)
        return max(self.opens, next_day)


@dataclass(frozen=True, slots=True)
class Order:
    """A target's order as the rule sees it; `live` until the first report-in."""

    id: int
    target_id: int
    opens: datetime
    due: datetime
    announced: bool
    live: bool
    alone: bool = False


def may_join(need: Need, order: Order, *, now: datetime | None = None) -> tuple[Note, ...]:
    """Empty when the need may join the order, else every reason against it.

    With `now`, a window that has passed reaches to the present: what is overdue still has to be visited, and
    must not be visited twice for it.
    """
    notes: list[Note] = []
    if need.target_id != order.target_id:
        notes.append(Note("other_target", {"need": need.id}))
    if not order.live:
        notes.append(Note("order_not_live", {"order": order.id}))
    if need.cause_order_id == order.id:
        notes.append(Note("recheck_of_this_visit", {"need": need.id, "order": order.id}))
    if need.announced != order.announced:
        notes.append(Note("announcement_differs", {"need": need.id}))
    if need.alone or order.alone:
        notes.append(Note("stays_alone", {"need": need.id}))
    if max(need.opens_from, order.opens) > min(_due(need.due, now), _due(order.due, now)):
        notes.append(Note("windows_apart", {"need": need.id, "opens": need.opens_from.date().isoformat()}))
    return tuple(notes)


def choose_order(need: Need, orders: Iterable[Order], *, now: datetime | None = None) -> Order | None:
    """The order that the need joins, the one that goes first; a target has one live order at most."""
    fitting = [order for order in orders if not may_join(need, order, now=now)]
    return min(fitting, key=lambda order: (order.due, order.id), default=None)


def joined_window(order: Order | None, needs: Sequence[Need]) -> tuple[datetime, datetime]:
    """Latest opening and earliest due moment; the due moment lies before it only when something is overdue.

    ValueError without an order and needs.
    """
    opens = [need.opens_from for need in needs]
    due = [need.due for need in needs]
    if order is not None:
        opens.append(order.opens)
        due.append(order.due)
    return max(opens), min(due)


def split(needs: Iterable[Need], *, now: datetime | None = None) -> list[tuple[Need, ...]]:
    """Groups of needs that may each share one order: as few as the rules allow, the most pressing group first.

    Greedy piercing: the earliest due need opens a group and takes along every compatible need that is open by
    then, which is optimal for windows (Tardos' interval piercing). The order of the input does not matter.
    """
    families: dict[tuple[int, bool], list[Need]] = {}
    found: list[tuple[Need, ...]] = []
    for need in needs:
        if need.alone:
            found.append((need,))
        else:
            families.setdefault((need.target_id, need.announced), []).append(need)
    # Sorted party by party: many short lists cost a third of one long one.
    for family in families.values():
        if len(family) == 1:
            found.append((family[0],))
            continue
        family.sort(key=lambda need: (_due(need.due, now), need.opens_from, need.id))
        group: list[Need] = []
        reach = family[0].due
        for need in family:
            if group and need.opens_from <= reach:
                group.append(need)
                continue
            if group:
                found.append(tuple(group))
            group, reach = [need], _due(need.due, now)
        found.append(tuple(group))
    found.sort(key=lambda group: (not any(n.urgent for n in group), group[0].due, group[0].id))
    return found


def visits_of(needs: Sequence[Need]) -> list[tuple[Hours | None, tuple[Need, ...]]]:
    """The visits of one order: needs whose hours overlap go together, the others need an hour of their own.

    Needs that ask for no hour ride on the first visit. The hours are the part that all of a visit share.
    """
    fixed = sorted((need for need in needs if need.hours is not None), key=lambda need: (need.due, need.id))
    slots: list[tuple[int, list[Need]]] = []
    for need in fixed:
        mask = need.hours.mask if need.hours is not None else _WHOLE_DAY
        for place, (shared, rows) in enumerate(slots):
            if shared & mask:
                slots[place] = (shared & mask, [*rows, need])
                break
        else:
            slots.append((mask, [need]))
    free = [need for need in needs if need.hours is None]
    if not slots:
        return [(None, tuple(free))] if free else []
    first_mask, first_rows = slots[0]
    slots[0] = (first_mask, [*first_rows, *free])
    return [(_hours(mask), tuple(sorted(rows, key=lambda need: need.id))) for mask, rows in slots]


def _due(due: datetime, now: datetime | None) -> datetime:
    return due if now is None else max(due, now)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _hours(mask: int) -> Hours | None:
    """The first unbroken run of minutes of a mask, going round midnight."""
    if mask == _WHOLE_DAY:
        return None
    start = next(m for m in range(_MINUTES) if mask >> m & 1 and not mask >> (m - 1) % _MINUTES & 1)
    end = next(m for m in range(start, start + _MINUTES) if not mask >> m % _MINUTES & 1) % _MINUTES
    return Hours(time(*divmod(start, 60)), time(*divmod(end, 60)))
