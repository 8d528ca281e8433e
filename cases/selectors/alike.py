"""Entries that may be the same party as one at hand: few, by indexes, compared by the pure rule."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from cases.models import Pairs, Target
from cases.papers import uscc as code_rules
from cases.planner import sameness

CANDIDATES = 200
SHOWN = 8
_NEAR = 0.0006
_CUT = 24


def entry_of(target: Target) -> sameness.Entry:
    """What the pure rule compares."""
    code = target.uscc or ""
    return sameness.Entry(
        target.pk or 0,
        target.name,
        tuple(target.aliases),
        target.address,
        code,
        code_rules.organisation_of(code),
        target.lat,
        target.lng,
    )


def alike_of(target: Target) -> list[tuple[Target, sameness.Pair]]:
    """Likely doubles of an entry, saved or not, on its street, the likeliest first. Two queries."""
    mine = entry_of(target)
    register = Target.objects.filter(street=target.street_id, active=True, merged_into__isnull=True)
    if target.pk:
        register = register.exclude(pk=target.pk)
    found = []
    for row in _candidates(register, mine):
        pair = sameness.compare(mine, entry_of(row))
        if pair is not None:
            found.append((row, pair))
    return sorted(found, key=lambda hit: -hit[1].score)[:SHOWN]


def _candidates(register: QuerySet[Target], mine: sameness.Entry) -> Iterable[Target]:
    rule = Q()
    if mine.organisation:
        rule |= Q(uscc__contains=mine.organisation)
    if mine.lat is not None and mine.lng is not None:
        rule |= Q(lat__range=(mine.lat - _NEAR, mine.lat + _NEAR), lng__range=(mine.lng - _NEAR, mine.lng + _NEAR))
    if mine.address:
        rule |= Q(address=mine.address)
    ids: dict[int, None] = {}
    if rule:
        ids.update(dict.fromkeys(register.filter(rule).values_list("pk", flat=True)[:CANDIDATES]))
    # Names alike share most of their pairs of characters; whole runs of them are looked up in the index.
    paired = register.alias(pairs=Pairs(F("words")))
    for name in (mine.name, *mine.aliases[:2]):
        for piece in _pieces(name):
            hits = paired.filter(pairs__contains=piece)  # type: ignore[misc]  # the stubs take a Func for a text
            ids.update(dict.fromkeys(hits.values_list("pk", flat=True)[:60]))
    return Target.objects.filter(pk__in=list(ids)[:CANDIDATES])


def _pieces(name: str) -> list[list[str]]:
    """The name's pairs in two halves: a slip in one leaves the other whole."""
    text = "".join(name.lower().split())[:_CUT]
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    if len(pairs) < 4:
        return [pairs] if pairs else []
    half = len(pairs) // 2
    return [pairs[:half], pairs[half:]]
