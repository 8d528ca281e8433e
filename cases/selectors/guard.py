"""What speaks against a visit nobody waits for: the pure guard fed from the database and the office's numbers.

Read by the services that draft an order or put a planned check into one, and by the preview a dispatcher sees before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db.models import Max, Q
from django.utils import timezone

from cases.models import Answer, InspectionItem, Need, NeedCause, Order, OrderKind, Result, Target
from cases.planner.guard import Checked, Guarded, GuardRule, Past, guard
from cases.selectors.composition import Composition
from cases.selectors.office import office_values

KEYS = ("cooling_off_days", "recognition_days", "recognition_days_key", "yearly_cap", "cap_counts", "guard_refuses")


def guard_rule(target: Target) -> GuardRule:
    """The office's numbers; a party's own yearly cap goes before the general one. One query."""
    plain = GuardRule()
    values = office_values(KEYS, target.street_id)

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


def guard_of(*, target: Target, needs: Sequence[Need], plan: Composition, on: date, awaited: bool = False) -> Guarded:
    """What speaks against visiting for these needs on the day. ``awaited``: the visit takes place for others anyway.
    Nothing is asked where none of the needs is a planned check. At most three queries."""
    planned = {need.pk for need in needs if need.cause == NeedCause.PLANNED}
    if not planned:
        return Guarded()
    rule = guard_rule(target)
    awaited = awaited or len(planned) < len(needs)
    items = [item for part in plan.parts if set(part.need_ids) <= planned for item in part.items]
    return guard(
        on,
        awaited=awaited,
        kind=OrderKind.ROUTINE,
        undisturbed=_undisturbed(target, on),
        past=() if awaited else _past(target, on, rule),
        checked=_checked(target, items, on, rule),
        rule=rule,
    )


def _undisturbed(target: Target, on: date) -> bool:
    return target.no_disturb and (target.no_disturb_until is None or target.no_disturb_until >= on)


def _past(target: Target, on: date, rule: GuardRule) -> list[Past]:
    since = min(date(on.year, 1, 1), on - timedelta(days=rule.cooling_off_days))
    rows = Order.objects.filter(target=target, on_scene_at__date__gte=since).exclude(kind=OrderKind.HANDLING)
    return [Past(timezone.localdate(at), kind) for at, kind in rows.values_list("on_scene_at", "kind") if at]


def _checked(target: Target, items: Iterable[InspectionItem], on: date, rule: GuardRule) -> list[Checked]:
    """The items with the last day on which a visit answered the same item, whoever asked, or another agency's item of
    the same clause."""
    wanted = {item.pk: item for item in items}
    if not wanted:
        return []
    since = on - timedelta(days=max(rule.recognition_days, rule.recognition_days_key))
    clauses = {item.clause_group for item in wanted.values() if item.clause_group}
    rows = (
        Answer.objects.filter(
            Q(part_item__item__in=wanted) | Q(part_item__item__clause_group__in=clauses),
            visit__order__target=target,
            result__in=(Result.CONFORMS, Result.FAILS),
            answered_at__date__gte=since,
        )
        .order_by()
        .values_list("part_item__item", "part_item__item__clause_group")
        .annotate(last=Max("answered_at"))
    )
    by_item: dict[int, date] = {}
    by_clause: dict[str, date] = {}
    for item_id, clause, last in rows:
        day = timezone.localdate(last)
        by_item[item_id] = max(day, by_item.get(item_id, day))
        if clause:
            by_clause[clause] = max(day, by_clause.get(clause, day))
    found = []
    for pk, item in wanted.items():
        days = [day for day in (by_item.get(pk), by_clause.get(item.clause_group)) if day is not None]
        if days:
            found.append(Checked(pk, max(days), item.key_item))
    return found
