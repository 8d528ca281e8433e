"""The filters of the board: what may be chosen, and which rows each choice means."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.models import Case, CaseQuerySet, Category, OrderNeed, OrderState, Part, PartState, Severity, Source, Urgency
from teams.models import OFFICE_ROLES, Assignment, Grid, Squad, SquadKind, Street, User
from teams.policies import Actor
from teams.scope import own_streets
from teams.selectors import in_force

AGES = (("1", _("more than a day old")), ("3", _("more than 3 days old")), ("7", _("more than a week old")))
LIGHTS = (("late", _("late")), ("soon", _("due soon")), ("ok", _("in time")))
REPEATS = (("2", _("2 or more complaints")), ("3", _("3 or more complaints")), ("5", _("5 or more complaints")))
ME, NOBODY = "me", "none"
OWNERS = ((ME, _("mine")), (NOBODY, _("nobody's")))

LABELS: Mapping[str, Promise] = MappingProxyType(
    {
        "street": _("street"),
        "grid": _("grid"),
        "category": _("category"),
        "squad": _("squad"),
        "source": _("source"),
        "urgency": _("urgency"),
        "severity": _("severity"),
        "light": _("light"),
        "age": _("age"),
        "repeats": _("repeats"),
        "owner": _("in whose hands"),
        "text": _("text"),
    }
)
FILTERS = tuple(LABELS)
FIXED: Mapping[str, Sequence[tuple[str, Any]]] = MappingProxyType(
    {
        "source": tuple(Source.choices),
        "urgency": tuple(Urgency.choices),
        "severity": tuple(Severity.choices),
        "light": LIGHTS,
        "age": AGES,
        "repeats": REPEATS,
    }
)
OF_THE_GROUND = ("street", "grid", "category", "squad", "owner")
"""Filters whose choices are rows; they are read in one query, and only when somebody looks at them."""
TEXT_MAX = 80
Options = Mapping[str, Sequence[tuple[str, Any]]]


def options_of(actor: Actor, *, street_id: int | None = None) -> Options:
    """The choices of every filter for this person. One query.

    Grids are offered on one street only: the chosen one, or the only one of the person.
    """
    streets = Street.objects.all()
    if actor.streets() or actor.districts:
        streets = own_streets(actor)
    own = actor.streets()
    one = street_id or (next(iter(own)) if len(own) == 1 else None)
    today = timezone.localdate()
    held = Assignment.objects.filter(in_force(today), role__in=OFFICE_ROLES, street__in=streets)
    squads = Squad.objects.filter(active=True, streets__in=streets).exclude(kind=SquadKind.LABORATORY).distinct()
    parts = [
        _named("street", streets, "code"),
        _named("category", Category.objects.filter(active=True, parent__isnull=False), "code"),
        _rows("squad", squads, "short_name", "short_name_en", "name", "name_en", ""),
        _rows("owner", User.objects.filter(is_active=True, pk__in=held.values("user")), "name", "", "username", "", ""),
    ]
    if one is not None:
        grids = Grid.objects.filter(in_force(today), community__street_id=one, community__street__in=streets)
        parts.append(_named("grid", grids, "code"))
    found: dict[str, list[tuple[str, Any]]] = {name: [] for name in OF_THE_GROUND}
    found["owner"] = list(OWNERS)
    english = (get_language() or "").startswith("en")
    rows = parts[0].union(*parts[1:], all=True).order_by("o_kind", "o_sort", "o_key")
    for kind, key, short, short_en, name, name_en, code in rows:
        word = ((short_en or name_en) if english else "") or short or name
        found[kind].append((str(key), f"{word} {code}" if kind == "category" else word))
    return MappingProxyType({**FIXED, **found})


def _named(kind: str, rows: QuerySet[Any], code: str) -> Any:
    return _rows(kind, rows, "name", "name_en", "", "", code)


def _rows(kind: str, rows: QuerySet[Any], *columns: str) -> Any:
    """(kind, key, short, short English, name, English name, code) of the rows, ready for a union."""
    names = ("o_short", "o_short_en", "o_name", "o_name_en", "o_sort")
    texts = {
        name: F(column) if column else Value("", output_field=CharField())
        for name, column in zip(names, columns, strict=True)
    }
    marked = rows.order_by().annotate(o_kind=Value(kind, output_field=CharField()), o_key=F("pk"), **texts)
    return marked.values_list("o_kind", "o_key", *names)


# --- what each choice means ---

Rule = Callable[[str, Actor, datetime], Q]


def _key(field: str, value: str, _actor: Actor, _moment: datetime) -> Q:
    return Q(**{field: int(value)})


def _is(field: str, value: str, _actor: Actor, _moment: datetime) -> Q:
    return Q(**{field: value})


def _squad(value: str, _actor: Actor, _moment: datetime) -> Q:
    """A squad with a part in the present order of the case."""
    parts = Part.objects.filter(squad_id=int(value)).exclude(state=PartState.RELEASED)
    present = OrderNeed.objects.filter(
        need__case=OuterRef("pk"), released_at__isnull=True, order__in=parts.values("order")
    ).exclude(order__state=OrderState.CANCELLED)
    return Q(Exists(present))


def _light(value: str, _actor: Actor, moment: datetime) -> Q:
    if value == "late":
        return Q(due_at__lt=moment)
    if value == "soon":
        return Q(warn_at__lte=moment, due_at__gte=moment)
    return Q(due_at__isnull=True) | Q(due_at__gte=moment) & (Q(warn_at__gt=moment) | Q(warn_at__isnull=True))


def _age(value: str, _actor: Actor, moment: datetime) -> Q:
    return Q(opened_at__lt=moment - timedelta(days=int(value)))


def _repeats(value: str, _actor: Actor, _moment: datetime) -> Q:
    return Q(complaint_count__gte=int(value))


def _owner(value: str, actor: Actor, _moment: datetime) -> Q:
    if value == NOBODY:
        return Q(owner__isnull=True)
    return Q(owner_id=actor.user_id if value == ME else int(value))


def _text(value: str, _actor: Actor, _moment: datetime) -> Q:
    return text_rule(value)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "street": partial(_key, "street_id"),
        "grid": partial(_key, "grid_id"),
        "category": partial(_key, "category_id"),
        "squad": _squad,
        "source": partial(_is, "source"),
        "urgency": partial(_is, "urgency"),
        "severity": partial(_is, "severity"),
        "light": _light,
        "age": _age,
        "repeats": _repeats,
        "owner": _owner,
        "text": _text,
    }
)


def text_rule(value: str) -> Q:
    """Cases whose reference, title, address or party holds the words."""
    words = value.strip()
    return (
        Q(reference__icontains=words)
        | Q(title__icontains=words)
        | Q(address__icontains=words)
        | Q(target__name__icontains=words)
        | Q(target__address__icontains=words)
    )


def rule_of(chosen: Mapping[str, str], actor: Actor) -> Q:
    """All choices together, for filters that were checked when they were saved; what no longer reads is left out."""
    rule, moment = Q(), now()
    for name, value in chosen.items():
        if name in RULES and value:
            try:
                rule &= RULES[name](value, actor, moment)
            except ValueError:
                continue
    return rule


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters as a form over the visible rows; a value that is not offered is an error and selects nothing.

    ``options`` are those of ``options_of``; without them they are read where a choice of the ground was made.
    """

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(
        self, data: Mapping[str, Any] | None, queryset: CaseQuerySet, *, actor: Actor, options: Options | None = None
    ) -> None:
        given = {name: str(value)[:400] for name in FILTERS if (value := (data or {}).get(name))}
        super().__init__(given, queryset)
        self.actor, self.moment = actor, now()
        if options is None:
            wanted = any(name in given for name in OF_THE_GROUND)
            options = options_of(actor, street_id=street_in(given)) if wanted else FIXED
        self.options: Options = options
        self.filters: Any = OrderedDict(
            (name, self._filter(name)) for name in FILTERS if name == "text" or name in options
        )

    def _filter(self, name: str) -> Any:
        shared: dict[str, Any] = {"label": LABELS[name], "method": self.by_rule}
        if name == "text":
            made = django_filters.CharFilter(field_name=name, max_length=TEXT_MAX, **shared)
        else:
            made = django_filters.ChoiceFilter(
                field_name=name, choices=self.options[name], empty_label=capfirst(str(LABELS[name])), **shared
            )
        made.parent, made.model = self, Case
        return made

    def by_rule(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        return rows.filter(RULES[name](value, self.actor, self.moment))

    @property
    def chosen(self) -> dict[str, str]:
        """The choices that hold, by name."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else getattr(self.form, "cleaned_data", {})
        return {name: str(cleaned[name]) for name in FILTERS if cleaned.get(name)}

    @property
    def unknown(self) -> dict[str, str]:
        """What was asked for and is not offered, by name."""
        return {name: str(self.data.get(name, "")) for name in self.form.errors}


def street_in(data: Mapping[str, Any]) -> int | None:
    """The street that a query names, if it can be one."""
    text = str(data.get("street", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
