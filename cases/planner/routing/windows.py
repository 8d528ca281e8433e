"""Spans of minutes in which a visit may begin, and what a visit that may slip is worth."""

from collections.abc import Sequence

Span = tuple[int, int]
NEVER: Span = (0, -1)
"""The window of a place that is open at no time: an empty row of windows would mean at any time."""


def meet(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """What lies in a span of each."""
    found = [(max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b]
    return sorted(span for span in found if span[0] <= span[1])


def begins_within(opened: Sequence[Span], minutes: int) -> list[Span]:
    """When a visit so long may begin so as to end while it is open; where that is too short, at its opening."""
    return [(first, max(first, last - minutes)) for first, last in opened]


def worth(days_left: int) -> int:
    """Metres that a visit is worth which has so many days left after this one: the nearer its last day, the more. The
    least is an hour's walk, so that no day is left half empty for a short way."""
    return 4_000 + 20_000 // (1 + max(0, days_left))
