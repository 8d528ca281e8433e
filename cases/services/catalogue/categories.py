"""Classes of problems, and the words that speak for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Category, CategoryWord, Severity
from cases.refusals import Refused
from teams.models import ChangeAction, Subject
from teams.policies import Actor, require
from teams.services.history import Facts, change_record, facts

_FACTS = (
    "code", "name", "name_en", "parent", "severity", "closing_condition", "closing_condition_en", "night",
    "clause_group", "key_area", "basis", "active",
)  # fmt: skip
_OPEN_ENDED = ("closed", "transferred", "rejected", "joined")
WORD_LENGTH, MOST_WORDS = 24, 200


def category_create(*, actor: Actor, code: str, name: str, **values: Any) -> Category:
    """Enter a class; ``05`` is a major one, ``05-11`` a minor one under it. ``values``: the other columns.

    Refuses ``bad_code``, ``code_taken``, ``parent_missing``, ``name_missing``, ``condition_missing`` (a minor class
    says when its case may be closed).
    """
    with transaction.atomic():
        require(actor, "catalogue.edit")
        code = code.strip()
        if not re.fullmatch(r"\d{2}(-\d{2})?", code):
            raise Refused("bad_code", _("Two digits for a major class, like 05-11 for a minor one."), field="code")
        if Category.objects.filter(code=code).exists():
            raise Refused("code_taken", _("This code is given already."), field="code")
        parent = Category.objects.filter(code=code[:2], parent__isnull=True).first() if "-" in code else None
        if "-" in code and parent is None:
            raise Refused("parent_missing", _("Enter its major class first."), field="code")
        row = Category(code=code, parent=parent)
        _fill(row, {"name": name, **values})
        row.save()
        _record(actor, row, ChangeAction.CREATED, {}, "")
        return row


def category_edit(*, actor: Actor, category_id: int, reason: str = "", **values: Any) -> Category:
    """Change a class, from now on. Its code stays. Closing it hides it from triage.

    Refuses ``name_missing``, ``condition_missing``, ``cases_open`` (to close it), ``minor_left``.
    """
    with transaction.atomic():
        row = _lock(category_id)
        require(actor, "catalogue.edit")
        before = facts(row, _FACTS)
        closes = row.active and values.get("active") is False
        if closes:
            if Case.objects.filter(category=row).exclude(stage__in=_OPEN_ENDED).exists():
                said = _("Cases of this category are still open: close them first.")
                raise Refused("cases_open", said, field="active")
            if row.minor.filter(active=True).exists():
                raise Refused("minor_left", _("It has minor classes in use: close those first."), field="active")
        _fill(row, values)
        row.save()
        _record(actor, row, ChangeAction.CHANGED, before, reason)
        return row


def words_save(*, actor: Actor, category_id: int, text: str, reason: str = "") -> int:
    """The words of a class, one a line with its weight: ``烧烤 5`` (1 weak … 5 decisive, none = 3). Returns how many.

    Refuses ``bad_word`` (with the line), ``word_twice``, ``too_many_words``.
    """
    with transaction.atomic():
        row = _lock(category_id)
        require(actor, "catalogue.edit")
        wanted = read_words(text)
        have = {word.word: word for word in row.words.all()}
        before = {"words": words_text(have)}
        row.words.exclude(word__in=wanted).delete()
        for word, weight in wanted.items():
            if word not in have or have[word].weight != weight:
                # written anew, so that the cached dictionary sees another newest row
                row.words.filter(word=word).delete()
                CategoryWord.objects.create(category=row, word=word, weight=weight)
        change_record(
            actor=actor,
            kind=Subject.CATEGORY,
            subject_id=row.pk,
            name=f"{row.code} {row.name}",
            action=ChangeAction.CHANGED,
            before=before,
            after={"words": words_text({word.word: word for word in row.words.all()})},
            reason=reason,
        )
        return len(wanted)


_PARTED = re.compile("(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")
"""A space beside a Chinese sign parts nothing; between English words it belongs to them."""


def read_words(text: str) -> dict[str, int]:
    """Word → weight from lines. Refuses what ``words_save`` says."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        pieces = line.split()
        if not pieces:
            continue
        weight = pieces.pop() if len(pieces) > 1 else "3"
        word = _PARTED.sub("", " ".join(pieces))
        if weight not in {"1", "2", "3", "4", "5"} or len(word) > WORD_LENGTH:
            raise Refused(
                "bad_word", _("“%(line)s”: a word of at most 24 signs, then its weight 1 to 5.") % {"line": line[:40]},
                field="text",
            )  # fmt: skip
        if word in found:
            raise Refused("word_twice", _("“%(word)s” stands there twice.") % {"word": word}, field="text")
        found[word] = int(weight)
    if len(found) > MOST_WORDS:
        raise Refused("too_many_words", _("At most %(n)s words.") % {"n": MOST_WORDS}, field="text")
    return found


def words_text(words: Mapping[str, CategoryWord]) -> list[str]:
    return [f"{word} {row.weight}" for word, row in sorted(words.items())]


def _lock(category_id: int) -> Category:
    rows = Category.objects.select_for_update(no_key=True, of=("self",)).select_related("parent")
    row = rows.filter(pk=category_id).first()
    if row is None:
        raise Refused("no_category", _("There is no such category."), status=404)
    return row


def _fill(row: Category, values: Mapping[str, Any]) -> None:
    for column in _FACTS[1:]:
        if column in values and column != "parent":
            value = values[column]
            setattr(row, column, value.strip() if isinstance(value, str) else value)
    if not row.name:
        raise Refused("name_missing", _("A name is needed."), field="name")
    if row.severity not in Severity.values:
        raise Refused("bad_severity", _("Choose a severity."), field="severity")
    if row.parent_id is not None and not row.closing_condition:
        said = _("Say when a case of this category may be closed.")
        raise Refused("condition_missing", said, field="closing_condition")


def _record(actor: Actor, row: Category, action: str, before: Facts, reason: str) -> None:
    change_record(
        actor=actor,
        kind=Subject.CATEGORY,
        subject_id=row.pk,
        name=f"{row.code} {row.name}",
        action=action,
        before=before,
        after=facts(row, _FACTS),
        reason=reason,
    )
