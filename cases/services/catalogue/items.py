"""Inspection items with their limits and legal bases, each in force between days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Category, InspectionItem, ItemBasis, ItemKind, ItemLimit, PartItem, Period
from cases.refusals import Refused
from teams.models import ChangeAction, Function, Subject
from teams.policies import Actor, require
from teams.services.days import check_days, check_last_day
from teams.services.history import Facts, change_record, facts
from teams.services.people import need_reason

_WORDING = (
    "name", "name_en", "hint", "hint_en", "choices_en", "unit_en",
    "key_item", "photo_required", "clause_group", "order",
)  # fmt: skip
_MEANING = ("function", "kind", "choices", "unit")
_FACTS = ("code", *_MEANING, *_WORDING, "categories", "starts_on", "ends_on")


def item_create(
    *, actor: Actor, code: str, category_ids: Iterable[int], starts_on: date, values: Mapping[str, Any]
) -> InspectionItem:
    """Enter an item from a day on. Refuses ``bad_code``, ``code_taken``, ``name_missing``, ``choices_missing``,
    ``choices_unequal``, ``unit_missing``, ``starts_in_the_past``."""
    with transaction.atomic():
        require(actor, "catalogue.edit")
        check_days(starts_on, None)
        row = InspectionItem(code=_code(code), starts_on=starts_on)
        _fill(row, values, (*_MEANING, *_WORDING))
        row.save()
        row.categories.set(Category.objects.filter(pk__in=list(category_ids)))
        _record(actor, row, ChangeAction.CREATED, {}, "")
        return row


def item_edit(
    *, actor: Actor, item_id: int, category_ids: Iterable[int], reason: str = "", values: Mapping[str, Any]
) -> InspectionItem:
    """Change wording and where it is asked. What its answers mean (function, kind, choices, unit) only while no visit
    has it: afterwards ``item_means_otherwise``, replace it instead."""
    with transaction.atomic():
        row = _lock(item_id)
        require(actor, "catalogue.edit")
        before = facts(row, _FACTS)
        meaning = {name: getattr(row, name) for name in _MEANING}
        _fill(row, values, (*_MEANING, *_WORDING))
        if {name: getattr(row, name) for name in _MEANING} != meaning and PartItem.objects.filter(item=row).exists():
            raise Refused(
                "item_means_otherwise",
                _("Visits have answers to it: kind, choices, unit and function stay. Replace it from a day on."),
                field="kind",
            )
        row.save()
        row.categories.set(Category.objects.filter(pk__in=list(category_ids)))
        _record(actor, row, ChangeAction.CHANGED, before, reason)
        return row


def item_end(*, actor: Actor, item_id: int, last_day: date, reason: str) -> InspectionItem:
    """Ask it no more after this day; visits of before keep it. Refuses ``ended_already``, ``ends_in_the_past``."""
    with transaction.atomic():
        row = _lock(item_id)
        require(actor, "catalogue.edit")
        need_reason(reason)
        check_last_day(last_day)
        if row.ends_on is not None and row.ends_on <= last_day:
            raise Refused("ended_already", _("It ends earlier than that."), field="last_day")
        before = facts(row, _FACTS)
        row.ends_on = last_day
        row.save(update_fields=["ends_on"])
        _record(actor, row, ChangeAction.ENDED, before, reason)
        return row


def item_replace(
    *, actor: Actor, item_id: int, code: str, starts_on: date, reason: str, values: Mapping[str, Any]
) -> InspectionItem:
    """End an item and begin another with other meaning; limits, bases and classes go along. Refuses as both would."""
    with transaction.atomic():
        old = _lock(item_id)
        check_days(starts_on, None)
        item_end(actor=actor, item_id=item_id, last_day=starts_on - timedelta(days=1), reason=reason)
        kept = {name: getattr(old, name) for name in (*_MEANING, *_WORDING)}
        classes = list(old.categories.values_list("pk", flat=True))
        made = item_create(actor=actor, code=code, category_ids=classes, starts_on=starts_on, values={**kept, **values})
        still = Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)
        for basis in old.bases.filter(still):
            basis.pk, basis.item = None, made
            basis.save()
        for limit in old.limits.filter(still):
            limit.pk, limit.item = None, made
            limit.starts_on = max(limit.starts_on, starts_on)
            limit.save()
        return made


def limit_set(
    *,
    actor: Actor,
    item_id: int,
    maximum: Decimal,
    unit: str,
    standard: str,
    zone: int | None,
    period: str,
    starts_on: date,
    reason: str = "",
) -> ItemLimit:
    """A limit from a day on; the present one of the same zone and period ends the day before.

    Refuses ``no_limit_here`` (only measured and laboratory items have one), ``bad_limit``, ``standard_missing``,
    ``starts_in_the_past``.
    """
    with transaction.atomic():
        row = _lock(item_id)
        require(actor, "catalogue.edit")
        if row.kind not in (ItemKind.MEASURED, ItemKind.LAB, ItemKind.NUMBER):
            raise Refused("no_limit_here", _("Only what is measured has a limit."))
        check_days(starts_on, None)
        if maximum <= 0:
            raise Refused("bad_limit", _("The limit is above zero."), field="maximum")
        if not standard.strip():
            raise Refused("standard_missing", _("Name the standard it stands in."), field="standard")
        if period not in Period.values or (zone is not None and not 0 <= zone <= 4):
            raise Refused("bad_limit", _("Zones are 0 to 4."), field="zone")
        same = row.limits.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on), zone=zone, period=period)
        before = "、".join(_limit_words(one) for one in same)
        for one in same:
            if one.starts_on >= starts_on:
                one.delete()
            else:
                one.ends_on = starts_on - timedelta(days=1)
                one.save(update_fields=["ends_on"])
        made = ItemLimit.objects.create(
            item=row,
            maximum=maximum,
            unit=unit.strip() or row.unit,
            standard=standard.strip(),
            zone=zone,
            period=period,
            starts_on=starts_on,
        )
        _note(actor, row, {"limit": before}, {"limit": _limit_words(made)}, reason)
        return made


def basis_add(
    *, actor: Actor, item_id: int, text: str, text_en: str = "", starts_on: date, to_confirm: bool, reason: str = ""
) -> ItemBasis:
    """A legal basis with the day it came (or comes) into force: that day is the law's own and may lie in the past.

    Refuses ``basis_missing``, ``basis_twice``.
    """
    with transaction.atomic():
        row = _lock(item_id)
        require(actor, "catalogue.edit")
        if not text.strip():
            raise Refused("basis_missing", _("Name law and article."), field="text")
        if row.bases.filter(text=text.strip()).exists():
            raise Refused("basis_twice", _("This basis stands there already."), field="text")
        made = ItemBasis.objects.create(
            item=row, text=text.strip(), text_en=text_en.strip(), starts_on=starts_on, to_confirm=to_confirm
        )
        _note(
            actor, row, {}, {"basis": made.text, "starts_on": starts_on.isoformat(), "to_confirm": to_confirm}, reason
        )
        return made


def basis_confirm(*, actor: Actor, basis_id: int, reason: str) -> ItemBasis:
    """Take off "to be confirmed"; the reason says who confirmed it. Refuses ``confirmed_already``."""
    with transaction.atomic():
        basis, row = _basis(basis_id)
        require(actor, "catalogue.edit")
        need_reason(reason)
        if not basis.to_confirm:
            raise Refused("confirmed_already", _("It is confirmed already."))
        basis.to_confirm = False
        basis.save(update_fields=["to_confirm"])
        facts_ = {"basis": basis.text}
        _note(actor, row, {**facts_, "to_confirm": True}, {**facts_, "to_confirm": False}, reason)
        return basis


def basis_end(*, actor: Actor, basis_id: int, last_day: date, reason: str) -> ItemBasis:
    """The law's last day, as the law says it; conduct of before is still judged by it. Refuses
    ``ends_before_it_starts``."""
    with transaction.atomic():
        basis, row = _basis(basis_id)
        require(actor, "catalogue.edit")
        need_reason(reason)
        if last_day < basis.starts_on:
            raise Refused("ends_before_it_starts", _("The last day is before the first."), field="last_day")
        before = basis.ends_on.isoformat() if basis.ends_on else None
        basis.ends_on = last_day
        basis.save(update_fields=["ends_on"])
        _note(actor, row, {"ends_on": before}, {"ends_on": last_day.isoformat()}, f"{basis.text}: {reason}")
        return basis


def _basis(basis_id: int) -> tuple[ItemBasis, InspectionItem]:
    basis = ItemBasis.objects.select_for_update(no_key=True, of=("self",)).filter(pk=basis_id).first()
    if basis is None:
        raise Refused("no_basis", _("There is no such basis."), status=404)
    return basis, basis.item


def _lock(item_id: int) -> InspectionItem:
    row = InspectionItem.objects.select_for_update(no_key=True, of=("self",)).filter(pk=item_id).first()
    if row is None:
        raise Refused("no_item", _("There is no such item."), status=404)
    return row


def _code(code: str) -> str:
    code = code.strip().upper()
    if not re.fullmatch(r"[A-Z0-9-]{2,24}", code):
        raise Refused("bad_code", _("Capital letters, digits and hyphens, like MK-07."), field="code")
    if InspectionItem.objects.filter(code=code).exists():
        raise Refused("code_taken", _("This code is given already."), field="code")
    return code


def _fill(row: InspectionItem, values: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name in values:
            value = values[name]
            setattr(row, name, value.strip() if isinstance(value, str) else value)
    if not row.name:
        raise Refused("name_missing", _("A name is needed."), field="name")
    if row.function not in Function.values or row.kind not in ItemKind.values:
        raise Refused("bad_kind", _("Choose whose item it is and how it is answered."), field="kind")
    if row.kind == ItemKind.CHOICE and len(row.choices) < 2:
        raise Refused("choices_missing", _("A choice needs at least two answers."), field="choices")
    if row.choices_en and len(row.choices_en) != len(row.choices):
        unequal = _("As many English answers as Chinese ones, in the same order.")
        raise Refused("choices_unequal", unequal, field="choices_en")
    if row.kind in (ItemKind.MEASURED, ItemKind.LAB) and not row.unit:
        raise Refused("unit_missing", _("What is measured has a unit."), field="unit")


def _limit_words(limit: ItemLimit) -> str:
    where = "" if limit.zone is None else f" [{limit.zone}]"
    when = "" if limit.period == Period.ANY else f" {limit.get_period_display()}"
    return f"≤ {limit.maximum.normalize():f} {limit.unit}{where}{when} {limit.standard} {limit.starts_on.isoformat()}"


def _note(actor: Actor, row: InspectionItem, before: Facts, after: Facts, reason: str) -> None:
    change_record(
        actor=actor,
        kind=Subject.ITEM,
        subject_id=row.pk,
        name=f"{row.code} {row.name}",
        action=ChangeAction.CHANGED,
        before=before,
        after=after,
        reason=reason,
    )


def _record(actor: Actor, row: InspectionItem, action: str, before: Facts, reason: str) -> None:
    change_record(
        actor=actor,
        kind=Subject.ITEM,
        subject_id=row.pk,
        name=f"{row.code} {row.name}",
        action=action,
        before=before,
        after=facts(row, _FACTS),
        reason=reason,
    )
