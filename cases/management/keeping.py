"""What people set in the administration: the catalogue of a release leaves it as it is, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

import structlog
from django.db import models
from django.utils import timezone

from cases.models import Category, CategoryWord, DeadlineRule, InspectionItem, ItemBasis, ItemLimit, Period, Setting
from cases.selectors.office import setting_words
from teams.models import Change, ChangeAction, Subject
from teams.policies import SYSTEM
from teams.selectors.history import Line, told
from teams.services.history import change_record, facts, plain

log = structlog.get_logger(__name__)

_KINDS: Mapping[type[models.Model], Subject] = MappingProxyType(
    {
        Setting: Subject.SETTING,
        DeadlineRule: Subject.CLOCK,
        Category: Subject.CATEGORY,
        InspectionItem: Subject.ITEM,
        ItemBasis: Subject.ITEM,
        ItemLimit: Subject.ITEM,
    }
)
_WHOLE = (Subject.SETTING, Subject.CLOCK)
"""A number with its unit and its source is one thing: who set one of them meant all."""
_OF_BASES = frozenset({"to_confirm", "ends_on"})
REASON = "load_reference"


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing that people set: what stands (``before``) and what the catalogue would say (``after``), by field."""

    kind: Subject
    name: str
    lines: list[Line]


@dataclass(slots=True)
class Hands:
    """What people set, by the history; empty: nothing is theirs."""

    kept: list[Kept] = field(default_factory=list)
    _fields: dict[tuple[str, int], dict[str, date]] = field(default_factory=dict)
    """Of each thing the fields that a person set, since when; a later word of the catalogue (``--force``) ends that."""
    _words: dict[int, set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Hands:
        found = cls()
        for change in Change.objects.filter(subject_kind__in=set(_KINDS.values())).order_by("pk"):
            found._hear(change)
        return found

    def _hear(self, change: Change) -> None:
        own = self._fields.setdefault((change.subject_kind, change.subject_id), {})
        by_person, day = change.actor_id is not None, timezone.localdate(change.at)
        if not by_person and change.subject_kind in _WHOLE:
            own.clear()
        for entry in change.fields:
            if by_person:
                own.setdefault(entry["field"], day)
            else:
                own.pop(entry["field"], None)
            if entry["field"] == "words":
                self._touch(change.subject_id, entry, by_person)

    def _touch(self, category_id: int, entry: Mapping[str, Any], by_person: bool) -> None:
        touched = {text.rpartition(" ")[0] for text in set(entry["from"] or []) ^ set(entry["to"] or [])}
        own = self._words.setdefault(category_id, set())
        self._words[category_id] = own | touched if by_person else own - touched

    def leave(self, row: models.Model, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Of what the catalogue wants to write over the row, the part that no person set. The rest is told."""
        theirs = self._theirs(row)
        kept = {name: value for name, value in wanted.items() if name in theirs}
        if kept:
            self.tell(row, facts(row, kept), kept)
        return {name: value for name, value in wanted.items() if name not in kept}

    def _theirs(self, row: models.Model) -> set[str]:
        subject = row.item if isinstance(row, ItemBasis | ItemLimit) else row
        kind = _KINDS[type(row)]
        own = self._fields.get((kind, subject.pk), {})
        if isinstance(row, ItemBasis):
            return own.keys() & _OF_BASES
        return {column.name for column in row._meta.concrete_fields} if own and kind in _WHOLE else set(own)

    def has_limit(self, item: InspectionItem, keys: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Whether a person set the limit of this zone and period; told where the catalogue differs.

        Theirs is a row of its own, which the catalogue's would stand beside. It begins on the day of setting it at the
        earliest: so it is told from rows that an earlier catalogue brought.
        """
        since = self._fields.get((Subject.ITEM, item.pk), {}).get("limit")
        if since is None:
            return False
        same = item.limits.filter(zone=keys["zone"], period=keys["period"], starts_on__gte=since)
        row = same.order_by("-starts_on").first()
        if row is None:
            return False
        stands, said = _limit_words(row), _limit_words(ItemLimit(**keys, **values))
        if stands != said:
            self.tell(row, {"limit": stands}, {"limit": said})
        return True

    def words_of(self, category: Category, wanted: Mapping[str, int], have: Mapping[str, CategoryWord]) -> set[str]:
        """The words of the class that a person entered, weighed or took away: told where the catalogue differs."""
        own = self._words.get(category.pk, set())
        stands = {word: have[word].weight if word in have else 0 for word in own & wanted.keys()}
        if differing := [word for word, weight in sorted(stands.items()) if weight != wanted[word]]:
            before = [f"{word} {stands[word]}" for word in differing if stands[word]]
            self.tell(category, {"words": before}, {"words": [f"{word} {wanted[word]}" for word in differing]})
        return own

    def tell(self, row: models.Model, stands: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        """Keep what stands, in the log too: whoever runs a release reads one of them."""
        kind, name = _KINDS[type(row)], _name(row)
        fields = [{"field": key, "from": stands[key], "to": plain(wanted[key])} for key in stands]
        self.kept.append(Kept(kind, _spoken(row), told(Change(subject_kind=kind, fields=fields)).lines))
        log.warning("reference_kept", kind=str(kind), name=name, fields=fields)

    def note(self, row: models.Model, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """The catalogue changed the row: that stands in its history like any other change."""
        subject = row.item if isinstance(row, ItemBasis | ItemLimit) else row
        change_record(
            actor=SYSTEM,
            kind=_KINDS[type(row)],
            subject_id=subject.pk,
            name=_name(row),
            action=ChangeAction.CHANGED,
            before=before,
            after=after,
            reason=REASON,
        )


def _limit_words(row: ItemLimit) -> str:
    where = "" if row.zone is None else f" [{row.zone}]"
    when = "" if row.period == Period.ANY else f" {row.get_period_display()}"
    return f"≤ {row.maximum.normalize():f} {row.unit}{where}{when} {row.standard}"


def _name(row: models.Model) -> str:
    """As the administration calls it in the history."""
    match row:
        case ItemBasis() | ItemLimit():
            return _name(row.item)
        case DeadlineRule():
            return f"{row.get_kind_display()}{' !' if row.urgent else ''}"
        case Setting():
            return row.key
    return str(getattr(row, "code", "")) + f" {getattr(row, 'name', '')}"


def _spoken(row: models.Model) -> str:
    return setting_words(row.key) if isinstance(row, Setting) else _name(row)
