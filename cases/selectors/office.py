"""The office's own numbers: data with a source, never constants of the code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.law import LadderRule
from cases.models import DeadlineKind, DeadlineRule, OfficeText, OrderKind, Setting
from cases.papers import check_pattern, format_number
from cases.planner.guard import Guard
from cases.planner.night import RULES

FAR_M = 300
"""From here on two positions of one visit may be two places. A report-in from farther away asks for a reason (the
office's ``report_in_far_m`` goes before it), and triage is told when a complaint was sent from so far."""


MARGIN_DAYS = 5
WEEKDAY = 3
"""A planned check's margin and weekday (1 Monday) where no office has set them."""


def office_value(key: str, street_id: int) -> object:
    """What the office set: the street's own before the general one; None where neither did."""
    rows = Setting.objects.filter(Q(street_id=street_id) | Q(street__isnull=True), key=key)
    found = sorted(rows, key=lambda row: row.street_id is None)
    return found[0].value if found else None


def office_values(keys: Iterable[str], street_id: int) -> dict[str, object]:
    """Several at once, as ``office_value``; keys that nobody set are missing. One query."""
    rows = Setting.objects.filter(Q(street_id=street_id) | Q(street__isnull=True), key__in=list(keys))
    return {row.key: row.value for row in sorted(rows, key=lambda row: row.street_id is not None)}


def office_setting(key: str, street_id: int, default: int) -> int:
    """A number of the office: the street's own before the general one, else the default."""
    value = office_value(key, street_id)
    return default if value is None else int(str(value))


@dataclass(frozen=True, slots=True)
class PlanRule:
    """When a reason to visit goes by itself: one of ``RULES``, days of margin, the street's weekday (0 Monday)."""

    name: str
    margin: int
    weekday: int


def plan_rule(street_id: int) -> PlanRule:
    """The street's own before the general one. One query."""
    held = office_values(("plan_rule", "plan_margin_days", "plan_weekday"), street_id)

    def number(key: str, usual: int) -> int:
        value = held.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else usual

    named = str(held.get("plan_rule", ""))
    return PlanRule(
        named if named in RULES else RULES[0],
        max(0, number("plan_margin_days", MARGIN_DAYS)),
        (number("plan_weekday", WEEKDAY) - 1) % 7,
    )


def office_phone(street_id: int | None) -> str:
    """The telephone of a street's office (``office_phone``), else the one for all streets; empty where none is set."""
    return str(office_value("office_phone", street_id or 0) or "").strip()


def office_phones() -> dict[int | None, str]:
    """All of them by street; under None the one for all streets."""
    rows = Setting.objects.filter(key="office_phone").values_list("street_id", "value")
    return {street_id: str(value or "").strip() for street_id, value in rows}


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One stage: the limits in force today and those to come, normal and urgent, general and of streets."""

    kind: str
    label: str
    normal: list[DeadlineRule]
    urgent: list[DeadlineRule]


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A setting or text: the general value, and the streets that have their own."""

    key: str
    label: str
    value: str
    source: str
    general_id: int
    own: list[tuple[str, str]]
    text: str = ""
    text_en: str = ""
    raw: str = ""


SETTINGS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "ladder_look_back_years": _("look-back for first and second violations, years"),
        "ladder_lenient_after": _("confirmed violations after which it is no longer the first"),
        "ladder_strict_after": _("uncorrected violations after which it is strict"),
        "report_in_far_m": _("report-in counts as far away from, metres"),
        "cooling_off_days": _("days between two inspections of one party"),
        "recognition_days": _("days for which an item checked counts as checked"),
        "recognition_days_key": _("the same for key items, days"),
        "yearly_cap": _("inspections of one party a year at most"),
        "cap_counts": _("kinds of inspection that count toward it"),
        "guard_refuses": _("what of this needs a written reason; the rest is only told"),
        "plan_nightly": _("draft the orders whose day has come every night (1 yes, 0 no)"),
        "plan_rule": _("when a reason to visit goes by itself"),
        "plan_margin_days": _("days before its last one on which a planned check goes by itself"),
        "plan_weekday": _("the street's day of the week for planned checks, where they wait for one"),
        "visit_minutes": _("minutes that a visit by one squad takes"),
        "visit_minutes_beside": _("minutes more for each further squad"),
        "visits_a_day": _("visits a team makes a day at most (0: as many as fit)"),
        "walking_pace": _("metres a minute on the way between visits"),
        "returns_at_most": _("returns of an order by a squad at most"),
        "officers_needed": _("officers with certificate an agency needs on a visit"),
        "approval_grace_hours": _("hours within which an urgent inspection is approved afterwards"),
        "summary_ceiling_citizen": _("summary penalty for a citizen up to, yuan"),
        "summary_ceiling_organisation": _("summary penalty for an organisation up to, yuan"),
        "rectification_days": _("days offered for putting things right"),
        "inspection_work_days": _("working days in which an inspection is due"),
        "paper_words": _("short words of papers in their numbers"),
        "paper_pattern": _("pattern of paper numbers"),
        "night_from": _("night begins at"),
        "night_until": _("night ends at"),
        "warn_percent": _("share of a limit after which it warns, percent"),
        "office_phone": _("telephone of the office, told to residents"),
        "receiving_street": _("street that takes what names none (its code)"),
        "import_file_days": _("days for which an uploaded file that was not taken over is kept"),
        "identity_days": _("days after the end for which a resident's contact is kept (0: for ever)"),
        "original_days": _("days after the end for which originals of residents' photos are kept (0: for ever)"),
        "message_days": _("days for which delivered notices are kept (0: for ever)"),
        "check_after_same_hour": _("check after only at the same hour (1 yes, 0 no)"),
    }
)
TEXTS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "close_result": _("result for the complainants, when a case is closed"),
        "ask_resident": _("question to the resident"),
    }
)
CODES: Mapping[str, Mapping[str, str | Promise]] = MappingProxyType(
    {
        "cap_counts": {kind.value: kind.label for kind in OrderKind},
        "guard_refuses": {
            Guard.COOLING_OFF: _("inspected a short while ago"),
            Guard.YEARLY_CAP: _("more inspections than the year allows"),
            Guard.NO_DISTURB: _("on the no-disturb list"),
            Guard.RECOGNISED: _("items that were checked already"),
        },
        "plan_rule": {
            "riding": _("who waits at once, planned checks ride along"),
            "immediate": _("everything at once"),
            "earliest_due": _("everything on its last day"),
            "weekly": _("who waits at once, planned checks on the street's day of the week"),
        },
        "plan_weekday": {str(number + 1): name for number, name in WEEKDAYS.items()},
        "plan_nightly": {"1": _("yes"), "0": _("no")},
    }
)
"""What the codes of a setting are called."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"plan_rule": RULES, "plan_weekday": tuple("1234567"), "plan_nightly": ("1", "0")}
)
"""Settings with few values."""
_HIDDEN = frozenset({"reference_loaded"})
OPEN_SETTINGS = ("office_phone",)
"""Texts that no catalogue brings along: they may be entered for one street alone."""


def setting_words(key: str) -> str:
    """What a setting is called; a key that nobody named stays as it is."""
    return str(SETTINGS.get(key, key))


def clock_table() -> list[ClockRow]:
    """Every stage with its limits; what has ended is left out. One query."""
    today = timezone.localdate(now())
    rows = list(
        DeadlineRule.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
        .select_related("street")
        .order_by("street_id", "starts_on")
    )
    rows.sort(key=lambda row: row.street_id is not None)
    return [
        ClockRow(
            kind.value,
            str(kind.label),
            [row for row in rows if row.kind == kind and not row.urgent],
            [row for row in rows if row.kind == kind and row.urgent],
        )
        for kind in DeadlineKind
    ]


def settings_table() -> list[NamedValue]:
    """Every number and switch with its general value and the streets' own. One query."""
    rows = list(Setting.objects.exclude(key__in=_HIDDEN).select_related("street").order_by("key", "street_id"))
    order = list(SETTINGS)
    found = [
        NamedValue(
            key=row.key,
            label=setting_words(row.key),
            value=_shown(row.key, row.value),
            source=gettext("demo data") if row.source == "load_demo" else row.source,
            raw=_plain(row.value),
            general_id=row.pk,
            own=[
                (str(one.street), _shown(one.key, one.value))
                for one in rows
                if one.key == row.key and one.street is not None
            ],
        )
        for row in rows
        if row.street_id is None
    ]
    for key in set(OPEN_SETTINGS) - {one.key for one in found}:
        own = [(str(one.street), _plain(one.value)) for one in rows if one.key == key]
        found.append(NamedValue(key, setting_words(key), "", "", 0, own))
    return sorted(found, key=lambda one: (order.index(one.key) if one.key in order else len(order), one.key))


def texts_table() -> list[NamedValue]:
    rows = list(OfficeText.objects.select_related("street").order_by("street_id"))
    found = []
    for key, label in TEXTS.items():
        general = next((row for row in rows if row.key == key and row.street_id is None), None)
        found.append(
            NamedValue(
                key=key,
                label=str(label),
                value=general.text if general else "",
                source="",
                general_id=general.pk if general else 0,
                own=[(str(row.street), row.text) for row in rows if row.key == key and row.street is not None],
                text=general.text if general else "",
                text_en=general.text_en if general else "",
            )
        )
    return found


def office_text(key: str, street_id: int) -> str:
    """What a form begins with, in the reader's language: the street's own before the general one, else empty."""
    rows = OfficeText.objects.filter(Q(street_id=street_id) | Q(street__isnull=True), key=key)
    found = sorted(rows, key=lambda row: row.street_id is None)
    if not found:
        return ""
    english = (get_language() or "").startswith("en") and found[0].text_en
    return found[0].text_en if english else found[0].text


def _shown(key: str, value: Any) -> str:
    """A value as people read it: a pattern by its example, a table by its values."""
    if key == "paper_pattern" and isinstance(value, str) and not check_pattern(value):
        return format_number(value, agency="迎综执", kind="责改", year=timezone.localdate(now()).year, serial=1)
    if isinstance(value, Mapping):
        return gettext(", ").join(_plain(one) for one in value.values())
    if isinstance(value, list):
        words = CODES.get(key, {})
        return gettext(", ").join(str(words.get(str(one)) or _plain(one)) for one in value)
    return str(CODES.get(key, {}).get(str(value)) or _plain(value))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def ladder_rule(street_id: int) -> LadderRule:
    """The office's ladder: its own numbers over the usual ones."""
    plain = LadderRule()
    return LadderRule(
        look_back_years=office_setting("ladder_look_back_years", street_id, plain.look_back_years),
        lenient_after=office_setting("ladder_lenient_after", street_id, plain.lenient_after),
        strict_after=office_setting("ladder_strict_after", street_id, plain.strict_after),
    )
