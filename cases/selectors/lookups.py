"""Parties looked up by an index of what their names and addresses are made of, then compared exactly: whatever the
comparison of a whole street's register would find is found, and few rows are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from time import monotonic

from django.db import connection
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Left, Right, StrIndex
from django.db.models.lookups import GreaterThan

from cases.models import ENDS, PARTY_KEYS, Target
from teams.statements import Slot, Statement

ALIKE = 20
KEPT_S = 600
_PAIRS_OF = 15
_LOOK_UPS = _PAIRS_OF // 2 + 1
_RAREST = 3
"""So many keys of a hand are looked up: the next ones narrow little."""
_NO_PAIR = "\n\n"
"""Fills what a short name leaves over: no text that is compared holds it."""
_TEXT, _TRUTH = TextField(), BooleanField()
SMALL = 2_000
"""Parties up to which a register is looked through once for all that share half, instead of step by step."""
_STATISTICS = """
SELECT reltuples, most_common_elems::text::text[], most_common_elem_freqs
FROM pg_class LEFT JOIN pg_stats ON schemaname = current_schema() AND tablename = 'target_keys'
WHERE oid = 'cases_target'::regclass
"""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the planner knows of the register: its size, and how often the commonest keys stand in it."""

    parties: float = 0
    often: Mapping[str, float] = field(default_factory=dict)


_statistics: tuple[Statistics, float] = Statistics(), 0.0


def register() -> QuerySet[Target]:
    return Target.objects.filter(active=True, merged_into__isnull=True)


def holds(column: str, slot: str) -> GreaterThan:
    """Rows whose column holds a slot's text, as written."""
    return GreaterThan(StrIndex(F(column), Slot(slot, _TEXT)), 0)


def stands_in(slot: str) -> Q:
    """Rows whose name stands in a slot's text; ``pieces`` takes what :func:`pieces_of` makes of it."""
    ends = (
        Func(end("name", ENDS), Slot("pieces"), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=_TRUTH)
        for end in (Right, Left)
    )
    return reduce(and_, map(Q, ends)) & Q(GreaterThan(StrIndex(Slot(slot, _TEXT), F("name")), 0))


def keyed(slot: str) -> Func:
    """Rows that have all of a slot's keys, by the index. The keys name their street."""
    return Func(PARTY_KEYS, Slot(slot), template="%(expressions)s", arg_joiner=" @> ", output_field=_TRUTH)


def _likest(column: str) -> Statement[int]:
    """Rows sharing the most pairs of characters with a text, and no fewer than ``least``: whichever shares so many has
    all keys of one of the look-ups (:func:`look_ups`).

    Not by trigrams of the database: they leave Chinese characters out where its character class is "C".
    """

    def ask() -> QuerySet[Target, int]:
        slots = [f"pair{n}" for n in range(_PAIRS_OF)]
        each = (Case(When(holds(column, slot), then=1), default=0, output_field=IntegerField()) for slot in slots)
        found = reduce(or_, (Q(keyed(f"keys{n}")) for n in range(_LOOK_UPS)))
        rows = register().filter(found).annotate(shared=sum(each, start=Value(0))).filter(shared__gte=Slot("least"))
        return rows.order_by("-shared", "pk").values_list("pk", flat=True)[:ALIKE]

    return Statement(ask)


_LIKE = {"name": _likest("name"), "address": _likest("address")}


def alike(street: int, column: str, text: str) -> list[int]:
    """Parties of the street whose name or address shares at least half of the pairs of characters that the text begins
    with, the likest first. First those that miss few: where there are enough of them, the rest isn't looked for."""
    pairs = pairs_of("".join(text.split())[: _PAIRS_OF + 1])
    if not pairs:
        return []
    told = {f"pair{n}": pair for n, pair in enumerate([*pairs, *[_NO_PAIR] * _PAIRS_OF][:_PAIRS_OF])}
    keys = [f"{street}{column[0]}{pair}" for pair in pairs]
    known = statistics()
    some, most = -(-len(pairs) // 4), len(pairs) // 2
    misses = most if known.parties <= SMALL else min(1, most)
    while True:
        hands = [*look_ups(keys, misses, known.often), *[[_NO_PAIR]] * _LOOK_UPS]
        asked = {f"keys{n}": hand[:_RAREST] for n, hand in enumerate(hands[:_LOOK_UPS])}
        found = _LIKE[column](least=len(pairs) - misses, **told, **asked)
        if len(found) == ALIKE or misses == most:
            return found
        few = len(found) < ALIKE // 4
        misses = (some if misses < some else most) if few else misses + 1


def look_ups(keys: Sequence[str], misses: int, often: Mapping[str, float]) -> list[list[str]]:
    """The keys dealt into one more hand than may be missing: whatever those are, one hand is whole.

    Each begins with its rarest. Neighbours go to different hands: where one stands, the next mostly stands too, and to
    look for both narrows nothing.
    """
    hands: list[list[int]] = []
    for at in sorted(range(len(keys)), key=lambda at: often.get(keys[at], 0)):
        if len(hands) <= misses:
            hands.append([at])
        else:
            min(hands, key=lambda hand: (at - 1 in hand or at + 1 in hand, len(hand))).append(at)
    return [[keys[at] for at in hand] for hand in hands]


def statistics() -> Statistics:
    """As the planner has them. Looked at every few minutes: they only tell which look-ups are cheap."""
    global _statistics
    known, until = _statistics
    if until < monotonic():
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS)
            [(parties, keys, shares)] = cursor.fetchall()
        known = Statistics(parties, dict(zip(keys or (), shares or (), strict=False)))
        _statistics = known, monotonic() + KEPT_S
    return known


def pieces_of(text: str) -> list[str]:
    """Every piece of the text that may be the beginning or the end of a name, and whole names that are shorter."""
    return list({text[at : at + size] for size in range(ENDS + 1) for at in range(len(text) + 1 - size)})


def pairs_of(text: str) -> list[str]:
    return list(dict.fromkeys(first + second for first, second in pairwise(text)))
