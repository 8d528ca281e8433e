"""What if: a street's own reasons to visit of a period under another rule, beside the baselines and what really was.

Counts only: never by officer or squad, and no ranking (art. 74, 国办发〔2024〕54号).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cases.planner.replay import Outcome
from cases.planner.whatif import Choice, Told, outcome, what_if, widened
from cases.selectors.daypool import DayNumbers, day_numbers
from cases.selectors.pastneeds import PastNeeds, past_needs

FEW = 30
"""Below so many reasons a difference says more of chance than of the rule."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``same``: the chosen rule over those reasons alone that were really visited, to be held against
    ``past.served_visits``."""

    choice: Choice
    past: PastNeeds
    told: Told
    same: Outcome
    numbers: DayNumbers

    @property
    def chosen(self) -> Outcome:
        return self.told.ways[self.choice.rule]

    def hours(self, visits: int, squads: int) -> float:
        """Hours in which officers are on parties' premises: the office's minutes of a visit, and more for each further
        department beside the first."""
        return (visits * self.numbers.visit + (squads - visits) * self.numbers.beside) / 60


def street_what_if(street_id: int, first: date, last: date, choice: Choice) -> WhatIf:
    """The caller has asked whether the street is the reader's. ``pastneeds.TooMuch`` for a period that holds too much.

    Ten queries at most; the replays are arithmetic.
    """
    past = past_needs(street_id, first, last)
    return WhatIf(
        choice,
        past,
        what_if(past.families, choice),
        outcome(widened(past.served, choice.window), choice.rule, choice),
        day_numbers(street_id),
    )
