"""How long changes took until each of many boards or streams had them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from commit to screen, one per board and change that the board showed by itself."""

    shown: list[float]
    overtaken: int
    """Changes that a board never drew because a later one of the same row was already there."""
    missing: int
    """Changes of which a board shows neither themselves nor a later state: must be 0."""

    def line(self, name: str) -> str:
        if len(self.shown) < 2:
            return f"| {name} | 0 | – | – | – | {self.overtaken} | {self.missing} |"
        median, p95, p99 = (f"{self.at(share):.0f}" for share in (50, 95, 99))
        return f"| {name} | {len(self.shown)} | {median} | {p95} | {p99} | {self.overtaken} | {self.missing} |"

    def at(self, share: int) -> float:
        """The time within which so many in a hundred were there; endless when nothing was."""
        if len(self.shown) < 2:
            return float("inf")
        return statistics.quantiles(self.shown, n=100)[share - 1]


def delays(made: Sequence[Sequence[float]], boards: Iterable[Mapping[str, float]]) -> Delays:
    """``made``: case, position in its chain, moment in ms. ``boards``: for each, when ``case:position`` was there."""
    shown: list[float] = []
    overtaken = missing = 0
    for seen in boards:
        latest: dict[int, int] = {}
        for key in seen:
            own, _, position = key.partition(":")
            latest[int(own)] = max(latest.get(int(own), 0), int(position))
        for case_id, seq, at in made:
            if (moment := seen.get(f"{case_id:.0f}:{seq:.0f}")) is not None:
                shown.append(moment - at)
            elif latest.get(int(case_id), 0) > seq:
                overtaken += 1
            else:
                missing += 1
    return Delays(shown, overtaken, missing)
