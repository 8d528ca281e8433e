"""What speaks against a visit nobody waits for: the pure guard fed from the database and the office's numbers.

Read by the services that draft an order or put a planned check into one, and by the preview a dispatcher sees before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from cases.models import Answer, InspectionItem, Need, NeedCause, Order, OrderKind, Result, Target
from cases.planner.guard import Checked, Guarded, GuardRule, Past, guard
from cases.selectors.composition import Composition
from cases.selectors.office import office_values

KEYS = ("cooling_off_days", "recognition_days", "recognition_days_key", "yearly_cap", "cap_counts", "guard_refuses")


class Record:
    """What was inspected at parties lately: read once for all of them, asked for each."""

    def __init__(self, target_ids: Iterable[int], item_ids: Iterable[int], on: date, since: date) -> None:
        """``item_ids``: items that may be asked for; nothing older than ``since`` is read. Two queries at most."""
        self._past: dict[int, list[Past]] = defaultdict(list)
        self._by_item: dict[tuple[int, int], date] = {}
        self._by_clause: dict[tuple[int, str], date] = {}
        targets, items = set(target_ids), set(item_ids)
        year = date(on.year, 1, 1)
        orders = Order.objects.filter(target__in=targets, on_scene_at__date__gte=min(year, since))
        for target_id, at, kind in orders.exclude(kind=OrderKind.HANDLING).values_list("target", "on_scene_at", "kind"):
            if at:
                self._past[target_id].append(Past(timezone.localdate(at), kind))
        if items:
            self._answers(targets, items, since)

    def _answers(self, targets: set[int], items: set[int], since: date) -> None:
        """The last day on which a visit answered the same item, whoever asked, or an item of the same clause."""
        clauses = InspectionItem.objects.filter(pk__in=items).exclude(clause_group="").values("clause_group")
        rows = (
            Answer.objects.filter(
                Q(part_item__item__in=items) | Q(part_item__item__clause_group__in=clauses),
                visit__order__target__in=targets,
                result__in=(Result.CONFORMS, Result.FAILS),
                answered_at__date__gte=since,
            )
            .order_by()
            .values_list("visit__order__target", "part_item__item", "part_item__item__clause_group")
            .annotate(last=Max("answered_at"))
        )
        for target_id, item_id, clause, last in rows:
            day = timezone.localdate(last)
            one = (target_id, item_id)
            self._by_item[one] = max(day, self._by_item.get(one, day))
            if clause:
                same = (target_id, clause)
                self._by_clause[same] = max(day, self._by_clause.get(same, day))

    def past(self, target: Target) -> list[Past]:
        return self._past[target.pk]

    def checked(self, target: Target, items: Iterable[InspectionItem]) -> list[Checked]:
        found = []
        for item in {item.pk: item for item in items}.values():
            days = [
                day
                for day in (
                    self._by_item.get((target.pk, item.pk)),
                    self._by_clause.get((target.pk, item.clause_group)),
                )
                if day is not None
            ]
            if days:
                found.append(Checked(item.pk, max(days), item.key_item))
        return found


def guard_rule(target: Target, values: Mapping[str, object] | None = None) -> GuardRule:
    """The office's numbers; a party's own yearly cap goes before the general one. ``values``: those of the street
    (``KEYS``) where they are read already, else one query."""
    plain = GuardRule()
    values = office_values(KEYS, target.street_id) if values is None else values

    def number(key: str, usual: int) -> int:
        value = values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else usual

    def several(key: str, usual: frozenset[str]) -> frozenset[str]:
        value = values.get(key)
        return frozenset(str(one) for one in value) if isinstance(value, list) else usual

    cap = target.yearly_cap if target.yearly_cap is not None else number("yearly_cap", 0)
    return GuardRule(
        cooling_off_days=number("cooling_off_days", plain.cooling_off_days),
        recognition_days=number("recognition_days", plain.recognition_days),
        recognition_days_key=number("recognition_days_key", plain.recognition_days_key),
        yearly_cap=cap or None,
        counts=several("cap_counts", plain.counts),
        refuses=several("guard_refuses", plain.refuses),
    )


def guard_of(
    *,
    target: Target,
    needs: Sequence[Need],
    plan: Composition,
    on: date,
    awaited: bool = False,
    rule: GuardRule | None = None,
    record: Record | None = None,
) -> Guarded:
    """What speaks against visiting for these needs on the day. ``awaited``: the visit takes place for others anyway;
    ``rule`` and ``record``: what the caller has read already. Nothing is asked where none of the needs is a planned
    check. At most three queries."""
    items = guarded_items(needs, plan)
    if items is None:
        return Guarded()
    rule = rule or guard_rule(target)
    record = record or Record([target.pk], {item.pk for item in items}, on, looks_back(rule, on))
    awaited = awaited or any(need.cause != NeedCause.PLANNED for need in needs)
    return guard(
        on,
        awaited=awaited,
        kind=OrderKind.ROUTINE,
        undisturbed=_undisturbed(target, on),
        past=() if awaited else record.past(target),
        checked=record.checked(target, items),
        rule=rule,
    )


def guarded_items(needs: Sequence[Need], plan: Composition) -> list[InspectionItem] | None:
    """Items that only planned checks ask for; None where there is no planned check among the needs."""
    planned = {need.pk for need in needs if need.cause == NeedCause.PLANNED}
    if not planned:
        return None
    return [item for part in plan.parts if set(part.need_ids) <= planned for item in part.items]


def looks_back(rule: GuardRule, on: date) -> date:
    """The first day that the rule asks about, the year's own aside."""
    return on - timedelta(days=max(rule.cooling_off_days, rule.recognition_days, rule.recognition_days_key))


def _undisturbed(target: Target, on: date) -> bool:
    return target.no_disturb and (target.no_disturb_until is None or target.no_disturb_until >= on)
