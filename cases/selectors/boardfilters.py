"""The filters of the board: what may be chosen, and which rows each choice means."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import BooleanField, CharField, DateField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.models import Case, CaseQuerySet, Category, OrderNeed, OrderState, Part, PartState, Severity, Source, Urgency
from teams.models import OFFICE_ROLES, Assignment, Grid, Squad, SquadKind, Street, User
from teams.policies import Actor
from teams.selectors import in_force
from teams.statements import Slot, Statement, among

AGES = (("1", _("more than a day old")), ("3", _("more than 3 days old")), ("7", _("more than a week old")))
LIGHTS = (("late", _("late")), ("soon", _("due soon")), ("ok", _("in time")))
REPEATS = (("2", _("2 or more complaints")), ("3", _("3 or more complaints")), ("5", _("5 or more complaints")))
ME, NOBODY = "me", "none"
OWNERS = ((ME, _("me")), (NOBODY, _("nobody")))

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
        "owner": _("owner"),
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
SINGLE = ("age", "repeats", "text")
"""Filters of one value: of two thresholds only the lower one would say anything."""
TEXT_MAX = 80
GIVEN_MAX = 400
"""Signs of one filter that are read at all."""
Options = Mapping[str, Sequence[tuple[str, Any]]]


def options_of(actor: Actor, *, street_ids: Collection[int] = ()) -> Options:
    """The choices of every filter for this person. One query.

    Grids are offered on chosen streets only, or on the only one of the person.
    """
    own = actor.streets()
    rows = CHOICES(
        everywhere=not (own or actor.districts),
        streets=list(own),
        districts=list(actor.districts),
        of_grids=list(street_ids or (own if len(own) == 1 else ())),
        today=timezone.localdate(),
    )
    found: dict[str, list[tuple[str, Any]]] = {name: [] for name in OF_THE_GROUND}
    found["owner"] = list(OWNERS)
    english = (get_language() or "").startswith("en")
    for kind, key, short, short_en, name, name_en, code in rows:
        word = ((short_en or name_en) if english else "") or short or name
        found[kind].append((str(key), f"{word} {code}" if kind == "category" else word))
    return MappingProxyType({**FIXED, **found})


def _choices() -> QuerySet[Any, Any]:
    """``everywhere``: for who has neither streets nor districts; ``of_grids``: streets whose grids are offered."""
    of_person = Q(among("pk", "streets")) | Q(among("district_id", "districts"))
    streets = Street.objects.filter(of_person | Q(Slot("everywhere", BooleanField())))
    today: Any = Slot("today", DateField())
    held = Assignment.objects.filter(in_force(today), role__in=OFFICE_ROLES, street__in=streets)
    squads = Squad.objects.filter(active=True, streets__in=streets).exclude(kind=SquadKind.LABORATORY).distinct()
    grids = Grid.objects.filter(in_force(today), community__street__in=streets.filter(among("pk", "of_grids")))
    parts = [
        _named("street", streets, "code"),
        _named("category", Category.objects.filter(active=True, parent__isnull=False), "code"),
        _rows("squad", squads, "short_name", "short_name_en", "name", "name_en", ""),
        _rows("owner", User.objects.filter(is_active=True, pk__in=held.values("user")), "name", "", "username", "", ""),
        _named("grid", grids, "code"),
    ]
    rows: QuerySet[Any, Any] = parts[0].union(*parts[1:], all=True).order_by("o_kind", "o_sort", "o_key")
    return rows


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


CHOICES: Statement[Any] = Statement(_choices)


# --- what each choice means ---

Rule = Callable[[Sequence[str], Any, Any], Q]
"""Of the values of one filter, any of which may hold, who asks and the moment; ValueError where one can't be read."""


def _key(field: str, values: Sequence[str], _me: Any, _moment: Any) -> Q:
    return Q(**{f"{field}__in": [int(value) for value in values]})


def _is(field: str, values: Sequence[str], _me: Any, _moment: Any) -> Q:
    return Q(**{f"{field}__in": list(values)})


def _squad(values: Sequence[str], _me: Any, _moment: Any) -> Q:
    """One of the squads has a part in the present order of the case."""
    parts = Part.objects.filter(squad_id__in=[int(value) for value in values]).exclude(state=PartState.RELEASED)
    present = OrderNeed.objects.filter(
        need__case=OuterRef("pk"), released_at__isnull=True, order__in=parts.values("order")
    ).exclude(order__state=OrderState.CANCELLED)
    return Q(Exists(present))


def _light(values: Sequence[str], _me: Any, moment: Any) -> Q:
    rule = Q()
    if "late" in values:
        rule |= Q(due_at__lt=moment)
    if "soon" in values:
        rule |= Q(warn_at__lte=moment, due_at__gte=moment)
    if "ok" in values:
        rule |= Q(due_at__isnull=True) | Q(due_at__gte=moment) & (Q(warn_at__gt=moment) | Q(warn_at__isnull=True))
    return rule


def _age(values: Sequence[str], _me: Any, moment: Any) -> Q:
    at = Cast(moment, DateTimeField()) if isinstance(moment, Slot) else moment  # less an interval, it could be another
    return Q(opened_at__lt=at - timedelta(days=int(values[0])))


def _repeats(values: Sequence[str], _me: Any, _moment: Any) -> Q:
    return Q(complaint_count__gte=int(values[0]))


def _owner(values: Sequence[str], me: Any, _moment: Any) -> Q:
    rule = Q(owner__isnull=True) if NOBODY in values else Q()
    if ME in values:
        rule |= Q(pk__in=[]) if me is None else Q(owner_id=me)
    people = [int(value) for value in values if value not in (ME, NOBODY)]
    return rule | Q(owner_id__in=people) if people else rule


def _text(values: Sequence[str], _me: Any, _moment: Any) -> Q:
    return text_rule(values[0])


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


def rule_of(chosen: Mapping[str, str], me: Any, moment: Any) -> Q:
    """All choices together, for filters that were checked when they were saved; what no longer reads is left out.

    ``me``, ``moment``: who asks (a user's key) and when, or slots for them.
    """
    rule = Q()
    for name, value in chosen.items():
        if name in RULES and value:
            try:
                rule &= RULES[name](values_in(name, value), me, moment)
            except ValueError:
                continue
    return rule


# --- several values of one filter ---


def given_in(query: Mapping[str, Any], name: str) -> str:
    """What a query says of the filter: its values joined by commas, whether they came so or as a name repeated."""
    many = getattr(query, "getlist", None)
    texts = many(name) if many and name not in SINGLE else [query.get(name) or ""]
    return ",".join(str(text) for text in texts if text)[:GIVEN_MAX]


def filters_in(query: Mapping[str, Any]) -> dict[str, str]:
    """What a query says of every filter that it names."""
    return {name: text for name in FILTERS if (text := given_in(query, name))}


def values_in(name: str, text: str) -> list[str]:
    """The values of a filter, each once; a threshold and words are one value, with their commas."""
    return [text] if name in SINGLE else list(dict.fromkeys(part for part in text.split(",") if part))


def streets_in(query: Mapping[str, Any]) -> list[int]:
    """The streets that a query names, as far as they can be some."""
    texts = values_in("street", given_in(query, "street"))
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters as a form over the visible rows. A value that is not offered selects nothing and is named
    in ``unknown``; what else was asked for holds.

    ``options`` are those of ``options_of``; without them they are read where a choice of the ground was made.
    """

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(
        self, data: Mapping[str, Any] | None, queryset: CaseQuerySet, *, actor: Actor, options: Options | None = None
    ) -> None:
        given = filters_in(data or {})
        if options is None:
            wanted = any(name in given for name in OF_THE_GROUND)
            options = options_of(actor, street_ids=streets_in(given)) if wanted else FIXED
        self.options: Options = options
        asked = {name: values_in(name, text) for name, text in given.items()}
        known: dict[str, list[str]] = {
            name: [key for key, _label in options.get(name, ()) if key in asked[name]]
            for name in asked
            if name != "text"
        }
        self._strange = {name: [one for one in asked[name] if one not in keys] for name, keys in known.items()}
        if "text" in asked:
            known["text"] = asked["text"]
        super().__init__({name: keys if name != "text" else keys[0] for name, keys in known.items() if keys}, queryset)
        self.actor, self.moment = actor, now()
        # nothing was asked for: a form of a dozen fields would be made to say so
        wanted_now = FILTERS if asked else ()
        self.filters: Any = OrderedDict(
            (name, self._filter(name)) for name in wanted_now if name == "text" or name in options
        )

    def _filter(self, name: str) -> Any:
        shared: dict[str, Any] = {"label": LABELS[name], "method": self.by_rule, "field_name": name}
        if name == "text":
            made = django_filters.CharFilter(max_length=TEXT_MAX, **shared)
        else:
            made = django_filters.MultipleChoiceFilter(choices=self.options[name], **shared)
        made.parent, made.model = self, Case
        return made

    def by_rule(self, rows: CaseQuerySet, name: str, value: Iterable[str]) -> CaseQuerySet:
        return rows.filter(
            RULES[name]([value] if isinstance(value, str) else list(value), self.actor.user_id, self.moment)
        )

    @property
    def chosen(self) -> dict[str, str]:
        """The choices that hold, by name; several of one filter joined by commas, in the order they are offered."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else getattr(self.form, "cleaned_data", {})
        held = {name: cleaned[name] for name in FILTERS if cleaned.get(name)}
        return {name: value if isinstance(value, str) else ",".join(value) for name, value in held.items()}

    @property
    def unknown(self) -> dict[str, str]:
        """What was asked for and is not offered, by name."""
        strange = {name: ", ".join(values) for name, values in self._strange.items() if values}
        return strange | {name: str(self.data.get(name, "")) for name in self.form.errors}
