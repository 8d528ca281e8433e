"""The search index by age: ids in spans of 4,096 and three bigger sizes, so that the newest are asked first.

``search_spans`` of the database puts each case into one span of each size; ``steps`` says which spans to go through.
"""

from __future__ import annotations

SPAN = 12
"""Bits of an id within the smallest span."""
EIGHT = 3
SIZES = 4


def spans(pk: int) -> list[int]:
    """The spans that an id lies in, as ``search_spans`` names them: number of the span, then its size in two bits."""
    return [pk >> SPAN + EIGHT * size << 2 | size for size in range(SIZES)]


def steps(below: int, *, at_once: bool = False) -> list[str]:
    """All ids below one, the newest first, in steps that double: each an array of spans in the words of PostgreSQL.

    ``at_once``: in a single step.
    """
    high = (below - 1 >> SPAN) + 1
    if at_once:
        return [_array(0, high)] if high else []
    found, width = [], 1
    while high > 0:
        low = max(0, (high - width) // width * width)
        found.append(_array(low, high))
        width = width * 2 if len(found) > 1 else 1  # the newest span may just have begun
        high = low
    return found


def _array(low: int, high: int) -> str:
    """The fewest spans that hold the smallest ones from ``low`` to before ``high``."""
    found = []
    while high > low:
        size = 0
        while size < SIZES - 1 and high % (wider := 1 << EIGHT * (size + 1)) == 0 and high - wider >= low:
            size += 1
        high -= 1 << EIGHT * size
        found.append(high >> EIGHT * size << 2 | size)
    return "{" + ",".join(map(str, found)) + "}"
