"""The history of the ground and the catalogue in words: of one thing, or of everything for those who look on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from teams.models import Change, DayKind, Function, GridKind, Role, SquadKind, StreetKind
from teams.outlines import outline_words
from teams.policies import Actor, require

PAGE = 50
FIELDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "username": _("user name"),
        "name": _("name"),
        "name_en": _("English name"),
        "email": _("e-mail"),
        "phone": _("phone"),
        "language": _("language"),
        "is_active": _("active"),
        "active": _("active"),
        "role": _("role"),
        "street": _("street"),
        "streets": _("streets"),
        "squad": _("squad"),
        "district": _("district"),
        "community": _("community"),
        "grid": _("grid"),
        "agency": _("agency"),
        "starts_on": _("from"),
        "ends_on": _("until"),
        "expires_at": _("link valid until"),
        "substitute": _("substitute"),
        "note": _("note"),
        "number": _("certificate number"),
        "valid_from": _("valid from"),
        "valid_until": _("valid until"),
        "revoked_on": _("revoked on"),
        "factors": _("second factors"),
        "sessions": _("sessions"),
        "identities": _("identities"),
        "kind": _("kind"),
        "function": _("function"),
        "code": _("code"),
        "short_name": _("short name"),
        "short_name_en": _("short English name"),
        "category_code": _("category"),
        "optional": _("only when asked about"),
        "delegated": _("delegated"),
        "basis": _("legal basis"),
        "to_confirm": _("to be confirmed"),
        "outline": _("outline"),
        "day": _("day"),
        "parent": _("major class"),
        "severity": _("severity"),
        "closing_condition": _("closing condition"),
        "closing_condition_en": _("closing condition (English)"),
        "night": _("a problem of the night"),
        "clause_group": _("clause group"),
        "key_area": _("excluded from first exemption"),
        "words": _("words"),
        "hint": _("how to check"),
        "hint_en": _("how to check (English)"),
        "choices": _("choices"),
        "unit": _("unit"),
        "key_item": _("key item"),
        "photo_required": _("photo required"),
        "order": _("position in the list"),
        "categories": _("categories"),
        "limit": _("limit"),
        "standard": _("standard"),
        "amount": _("amount"),
        "urgent": _("urgent"),
        "source": _("source"),
        "value": _("value"),
        "text": _("Chinese text"),
        "text_en": _("English text"),
        "account": _("account"),
        "scopes": _("scopes"),
        "address": _("address"),
        "kinds": _("kinds of events"),
        "pause_cause": _("paused"),
    }
)
CHOICES: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("", "role"): Role,
        ("squad", "kind"): SquadKind,
        ("street", "kind"): StreetKind,
        ("grid", "kind"): GridKind,
        ("calendar", "kind"): DayKind,
        ("", "function"): Function,
    }
)
MORE_CHOICES: dict[tuple[str, str], Any] = {}
"""Codes of floors above; ``cases.apps`` adds its own when it is ready."""
MORE_WORDS: dict[tuple[str, str], Mapping[str, object]] = {}
"""What stands in lists of codes, likewise."""
_YES, _NO, _NONE = pgettext_lazy("history", "yes"), pgettext_lazy("history", "no"), pgettext_lazy("history", "nothing")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change: what it is called, what it was, what it is. ``is_new``: it was nothing before."""

    label: str
    before: str
    after: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class HistoryRow:
    change: Change
    lines: list[Line]
    role: str


def history_of(kind: str, subject_id: int, *, limit: int = 30) -> list[HistoryRow]:
    """The changes of one thing, newest first. The caller has fetched the thing with access."""
    rows = Change.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-pk")[:limit]
    return [told(row) for row in rows]


def history_page(
    actor: Actor,
    *,
    kind: str = "",
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[HistoryRow]:
    """Everything that was changed, newest first; ``before`` is the id of the last row of the page before. Needs
    ``history.view``. ``text`` is looked for in the names of things and of those who changed them, and in reasons."""
    require(actor, "history.view")
    rows: QuerySet[Change] = Change.objects.all()
    if kind:
        rows = rows.filter(subject_kind=kind)
    if text := text.strip():
        rows = rows.filter(Q(subject_name__icontains=text) | Q(actor_name__icontains=text) | Q(reason__icontains=text))
    if since is not None:
        rows = rows.filter(at__date__gte=since)
    if until is not None:
        rows = rows.filter(at__date__lte=until)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [told(row) for row in rows.order_by("-pk")[:limit]]


def told(change: Change) -> HistoryRow:
    lines = [
        Line(
            label=str(FIELDS.get(entry["field"], entry["field"])),
            before=_spoken(change.subject_kind, entry["field"], entry.get("from")),
            after=_spoken(change.subject_kind, entry["field"], entry.get("to")),
            is_new=_is_empty(entry.get("from")),
        )
        for entry in change.fields
    ]
    role = change.actor_role
    words = str(Role(role).label) if role in Role.values else gettext("the system") if role == "system" else ""
    return HistoryRow(change, lines, words)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _spoken(kind: str, name: str, value: Any) -> str:
    if _is_empty(value):
        return str(_NONE)
    if isinstance(value, bool):
        return str(_YES if value else _NO)
    if name == "outline":
        return outline_words(value)
    if isinstance(value, list):
        words = MORE_WORDS.get((kind, name), {})
        return gettext(", ").join(str(words.get(str(one), one)) for one in value)
    for key in ((kind, name), ("", name)):
        choices = CHOICES.get(key) or MORE_CHOICES.get(key)
        if choices is not None and value in choices.values:
            return str(choices(value).label)
    if name == "language":
        return gettext("English") if value == "en" else gettext("Simplified Chinese")
    if name == "expires_at":
        return datetime.fromisoformat(str(value)).strftime("%Y-%m-%d %H:%M")
    return str(value)
