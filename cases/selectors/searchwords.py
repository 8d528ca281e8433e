"""The questions of the search box: the words' index first, then whole rows of the few that are shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import (
    BooleanField,
    Expression,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.db.models.sql.compiler import SQLCompiler

from cases.models import Case, Order, Target
from cases.selectors.register import targets_visible
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

YOUNG = 500
"""Cases that are looked at one by one for a word that is asked by its beginning: enough for a frequent one."""
SHOWN = "kept.shown @@ %s::tsquery"
TOLD = "kept.everything @@ %s::tsquery AND NOT kept.shown @@ %s::tsquery"


class Lexemes(SearchQuery):
    """A question as it stands, not cut again by the database."""

    template = "(%(expressions)s)::tsquery"

    def __init__(self, tsquery: str | Expression) -> None:
        super().__init__(Value(tsquery) if isinstance(tsquery, str) else tsquery, search_type="raw")


class _Ids(Expression):
    """The newest of these cases with all words, as an array of ids, in one of two ways that a queryset can't say."""

    BY_INDEX = """ARRAY(SELECT near.id FROM unnest(%s::text[]) WITH ORDINALITY AS step (spans, nth) CROSS JOIN LATERAL (
        SELECT seen.id FROM ({seen}) AS seen WHERE seen.id < %s AND seen.id = ANY (ARRAY(
            SELECT kept.case_id FROM cases_casewords AS kept
            WHERE {words} AND search_spans(kept.case_id) && step.spans::bigint[]
        )) ORDER BY seen.id DESC LIMIT {most}
    ) AS near ORDER BY step.nth LIMIT {most})"""
    """The words' index alone answers a step, then cases are read along their ids from the newest down; a step is only
    taken if those before it did not give enough."""

    ONE_BY_ONE = """ARRAY(SELECT young.id FROM (
        SELECT seen.id FROM ({seen}) AS seen WHERE seen.id < %s ORDER BY seen.id DESC LIMIT {young}
    ) AS young JOIN cases_casewords AS kept ON kept.case_id = young.id
    WHERE ({words}) IS TRUE ORDER BY young.id DESC LIMIT {most})"""
    """``IS TRUE`` keeps the planner from asking the index, which gathers all matches of a beginning first."""

    def __init__(self, seen: QuerySet[Case, Any], words: str, most: int, *, young: bool) -> None:
        super().__init__(output_field=IntegerField())
        self._seen, self._words, self._most, self._young = seen, words, most, young

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        seen, params = self._seen.query.get_compiler(connection=connection).as_sql()
        sql = self.ONE_BY_ONE if self._young else self.BY_INDEX
        asked = [Slot("query")] * self._words.count("%s")
        steps = () if self._young else (Slot("steps"),)
        return (
            sql.format(seen=seen, words=self._words, most=self._most, young=YOUNG),
            (*steps, *params, Slot("below"), *asked),
        )


def _one_of(expression: Expression | ArraySubquery) -> Func:
    """Rows whose id is in an array that is found before they are looked at."""
    return Func(F("pk"), expression, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


def _numbered(column: str) -> Q:
    """Numbers that begin as the text does: from ``low`` to ``high``."""
    return Q(**{f"{column}__gte": Slot("low", TextField()), f"{column}__lte": Slot("high", TextField())})


def _words_of(rows: QuerySet[Any], function: str, *columns: str) -> QuerySet[Any]:
    """Rows with the words of the question, by the index of that function."""
    words = Func(*(F(column) for column in columns), function=function, output_field=SearchVectorField())
    found: QuerySet[Any] = rows.alias(lexemes=words).filter(lexemes=Lexemes(Slot("query", TextField())))
    return found


class Questions:
    """What a reader asks, ``most`` rows of each at a time.

    Slots: ``query`` (lexemes), ``low`` and ``high`` (between them all numbers that begin as the text does), ``before``
    (a number), ``below`` (an id), ``steps`` (``cases.planner.spans``).
    """

    def __init__(self, actor: Actor, most: int) -> None:
        self._actor, self._most = actor, most
        self.cases_numbered = Statement(self._cases_numbered)
        self.shown, self.shown_young = self._newest(lambda: self._seen.exclude(_numbered("reference")), SHOWN)
        self.told, self.told_young = self._newest(lambda: self._seen.filter(among("street_id", "streets")), TOLD)
        self.parties: Statement[Any] = Statement(self._parties)
        self.orders_numbered = Statement(self._orders_numbered)
        self.orders_worded = Statement(self._orders_worded)

    @property
    def _seen(self) -> QuerySet[Case]:
        return Case.objects.visible_to(self._actor)

    def _newest(self, seen: Callable[[], QuerySet[Case]], words: str) -> tuple[Statement[Case], Statement[Case]]:
        """By the index of the words, and among the youngest alone."""

        def ask(*, young: bool) -> QuerySet[Case]:
            ids = _Ids(seen().order_by().values("id"), words, self._most, young=young)
            return _drawn(Case.objects.filter(_one_of(ids))).order_by("-pk")

        return Statement(partial(ask, young=False)), Statement(partial(ask, young=True))

    def _cases_numbered(self) -> QuerySet[Case]:
        rows = self._seen.filter(_numbered("reference"), reference__lt=Slot("before", TextField()))
        return _drawn(rows).order_by("-reference")[: self._most]

    def _parties(self) -> QuerySet[Any]:
        """Those with the text in their name first (below ``named``), then the others (below ``others``)."""
        named = GreaterThan(StrIndex(Upper("name"), Upper(Slot("words", TextField()))), 0)
        ids = _words_of(targets_visible(self._actor), "search_party", "name", "aliases", "uscc", "address", "trade")
        ids = ids.annotate(named=named).alias(place=F("pk") + 0)  # so that no index of ids is asked for a limit
        ids = ids.filter(Q(named=True, place__lt=Slot("named")) | Q(named=False, place__lt=Slot("others")))
        found = ids.order_by("-named", "-pk").values("pk")[: self._most]
        rows = Target.objects.filter(_one_of(ArraySubquery(found))).annotate(named=named)
        return rows.select_related("street").defer("street__outline").order_by("-named", "-pk")

    def _orders_numbered(self) -> QuerySet[Order]:
        rows = self._orders.filter(_numbered("number"), number__lt=Slot("before", TextField()))
        return rows.order_by("-number")[: self._most]

    def _orders_worded(self) -> QuerySet[Order]:
        ids = _words_of(Order.objects.all(), "search_order", "number").values("pk")
        rows = self._orders.exclude(_numbered("number")).filter(_one_of(ArraySubquery(ids)), pk__lt=Slot("below"))
        return rows.order_by("-pk")[: self._most]

    @property
    def _orders(self) -> QuerySet[Order]:
        return Order.objects.visible_to(self._actor).select_related("target")


def _drawn(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.select_related("target", "category")


@for_readers
def _questions(actor: Actor) -> dict[int, Questions]:
    return {}


def questions(actor: Actor, most: int) -> Questions:
    """Made once for all who may look at the same and ask for so many."""
    made = _questions(actor)
    found = made.get(most)
    if found is None:
        found = made[most] = Questions(actor.as_reader(), most)
    return found
