"""Time limits, numbers and texts of the office: the general ones, and a street's own beside them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import DeadlineKind, DeadlineRule, OfficeText, Setting, Unit
from cases.papers import check_pattern
from cases.refusals import Refused
from cases.selectors.office import CHOICES, OPEN_SETTINGS
from teams.models import ChangeAction, Street, Subject
from teams.policies import Actor, require
from teams.services.days import check_days, today
from teams.services.history import change_record
from teams.services.people import need_reason

TEXT_KEYS = ("close_result", "ask_resident")
HIDDEN_SETTINGS = frozenset({"reference_loaded"})


def clock_set(
    *,
    actor: Actor,
    kind: str,
    urgent: bool,
    street_id: int | None,
    amount: int,
    unit: str,
    source: str,
    starts_on: date,
    reason: str = "",
) -> DeadlineRule:
    """A time limit from a day on; the present one ends the day before. Deadlines that run keep the moment they have.

    Refuses ``bad_kind``, ``bad_amount``, ``source_missing``, ``starts_in_the_past``.
    """
    with transaction.atomic():
        require(actor, "catalogue.edit")
        check_days(starts_on, None)
        if kind not in DeadlineKind.values or unit not in Unit.values:
            raise Refused("bad_kind", _("Choose stage and unit."), field="unit")
        if not 0 < amount <= 1000:
            raise Refused("bad_amount", _("A number from 1 to 1000."), field="amount")
        if not source.strip():
            raise Refused("source_missing", _("Say where this limit comes from."), field="source")
        street = Street.objects.filter(pk=street_id).first() if street_id else None
        present = list(
            DeadlineRule.objects.select_for_update(no_key=True, of=("self",)).filter(
                Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on), kind=kind, urgent=urgent, street=street
            )
        )
        before = present[0] if present else None
        told = _clock_words(before)
        for row in present:
            if row.starts_on >= starts_on:
                row.delete()
            else:
                row.ends_on = starts_on - timedelta(days=1)
                row.save(update_fields=["ends_on"])
        made = DeadlineRule.objects.create(
            kind=kind,
            urgent=urgent,
            street=street,
            amount=amount,
            unit=unit,
            source=source.strip()[:120],
            starts_on=starts_on,
        )
        _record_clock(actor, made, told, _clock_words(made), reason)
        return made


def clock_withdraw(*, actor: Actor, rule_id: int, reason: str) -> None:
    """Take a street's own limit back, from today: the general one counts again.

    Refuses ``general_stays``, ``no_clock``, ``ended_already``.
    """
    with transaction.atomic():
        require(actor, "catalogue.edit")
        need_reason(reason)
        row = DeadlineRule.objects.select_for_update(no_key=True, of=("self",)).filter(pk=rule_id).first()
        if row is None:
            raise Refused("no_clock", _("There is no such time limit."), status=404)
        if row.street_id is None:
            raise Refused("general_stays", _("The general limit can be changed, not taken away."))
        if row.ends_on is not None and row.ends_on < today():
            raise Refused("ended_already", _("It has ended."))
        _record_clock(actor, row, _clock_words(row), {}, reason)
        if row.starts_on >= today():
            row.delete()
        else:
            row.ends_on = today() - timedelta(days=1)
            row.save(update_fields=["ends_on"])


def setting_set(
    *, actor: Actor, key: str, street_id: int | None, value: str, source: str, reason: str = ""
) -> Setting | None:
    """A number, switch or pattern that the rules ask for, from now on; empty takes a street's own value back.

    Refuses ``no_setting`` (only known keys), ``bad_value`` (another kind than the general value), ``bad_pattern``.
    """
    with transaction.atomic():
        require(actor, "catalogue.edit")
        general = Setting.objects.filter(key=key, street__isnull=True).first()
        if (general is None and key not in OPEN_SETTINGS) or key in HIDDEN_SETTINGS:
            raise Refused("no_setting", _("There is no such setting."), status=404)
        row = Setting.objects.select_for_update().filter(_at(street_id), key=key).first()
        before = {"value": _json(row.value), "source": row.source} if row else {}
        if not value.strip() and (street_id is not None or key in OPEN_SETTINGS):
            if row is not None:
                _record_setting(actor, row, ChangeAction.ENDED, before, {}, reason)
                row.delete()
            return None
        read = _read(key, value, general.value if general else "")
        row = row or Setting(key=key, street_id=street_id)
        row.value, row.source = read, source.strip()[:160]
        row.save()
        after = {"value": _json(row.value), "source": row.source}
        _record_setting(actor, row, ChangeAction.CHANGED if before else ChangeAction.CREATED, before, after, reason)
        return row


def text_set(
    *, actor: Actor, key: str, street_id: int | None, text: str, text_en: str = "", reason: str = ""
) -> OfficeText | None:
    """A text that forms begin with, from now on; empty takes it away. Refuses ``no_text``, ``text_too_long``."""
    with transaction.atomic():
        require(actor, "catalogue.edit")
        if key not in TEXT_KEYS:
            raise Refused("no_text", _("There is no such text."), status=404)
        if max(len(text), len(text_en)) > 2000:
            raise Refused("text_too_long", _("At most 2,000 signs."), field="text")
        row = OfficeText.objects.select_for_update().filter(_at(street_id), key=key).first()
        before = {"text": row.text, "text_en": row.text_en} if row else {}
        if not text.strip():
            if row is not None:
                _record_text(actor, row, ChangeAction.ENDED, before, {}, reason)
                row.delete()
            return None
        row = row or OfficeText(key=key, street_id=street_id)
        row.text, row.text_en = text.strip(), text_en.strip()
        row.save()
        after = {"text": row.text, "text_en": row.text_en}
        _record_text(actor, row, ChangeAction.CHANGED if before else ChangeAction.CREATED, before, after, reason)
        return row


def _at(street_id: int | None) -> Q:
    return Q(street_id=street_id) if street_id is not None else Q(street__isnull=True)


def _read(key: str, value: str, like: Any) -> Any:
    if key == "paper_pattern":
        if check_pattern(value):
            message = _("A paper number needs {agency}, {kind}, {year} and {serial}, and nothing else in braces.")
            raise Refused("bad_pattern", message, field="value")
        return value.strip()
    if key in CHOICES and value.strip() not in CHOICES[key]:
        words = {"words": ", ".join(CHOICES[key])}
        raise Refused("bad_value", _("Write one of these: %(words)s.") % words, field="value")
    if isinstance(like, str):
        return value.strip()
    try:
        read = json.loads(value)
    except ValueError:
        read = None
    numbers = isinstance(like, int | float) and not isinstance(like, bool)
    fits = isinstance(read, int | float) and not isinstance(read, bool) if numbers else type(read) is type(like)
    if not fits:
        raise Refused(
            "bad_value", _("It has to be of the same kind as the general value: %(like)s.") % {"like": _json(like)},
            field="value",
        )  # fmt: skip
    return read


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _clock_words(row: DeadlineRule | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {"amount": row.amount, "unit": row.unit, "source": row.source, "starts_on": row.starts_on.isoformat()}


def _record_clock(actor: Actor, row: DeadlineRule, before: dict[str, Any], after: dict[str, Any], reason: str) -> None:
    change_record(
        actor=actor,
        kind=Subject.CLOCK,
        subject_id=row.pk,
        name=f"{row.get_kind_display()}{' !' if row.urgent else ''}{f' {row.street.name}' if row.street else ''}",
        action=ChangeAction.CHANGED if after else ChangeAction.ENDED,
        before=before,
        after=after,
        reason=reason,
        street_id=row.street_id,
    )


def _record_setting(
    actor: Actor, row: Setting, action: str, before: dict[str, Any], after: dict[str, Any], reason: str
) -> None:
    change_record(
        actor=actor,
        kind=Subject.SETTING,
        subject_id=row.pk,
        name=row.key,
        action=action,
        before=before,
        after=after,
        reason=reason,
        street_id=row.street_id,
    )


def _record_text(
    actor: Actor, row: OfficeText, action: str, before: dict[str, Any], after: dict[str, Any], reason: str
) -> None:
    change_record(
        actor=actor,
        kind=Subject.TEXT,
        subject_id=row.pk,
        name=row.key,
        action=action,
        before=before,
        after=after,
        reason=reason,
        street_id=row.street_id,
    )
