"""A year of a made-up street: parties, seven departments, planned checks, complaints and the rechecks they bring.

The rates are assumptions, chosen to look like a street of shops and said here so that anybody can change them:

- A party is busy or quiet: its complaints a year are drawn from a gamma distribution of mean 0.6 and shape 0.5, so that
  a tenth of the parties has half of the complaints.
- A complaint concerns one department (weights below), a fifth of them a second one; it has 3 to 15 days. A third of
  what it leads to needs a recheck, 7 days after the visit at the earliest, within 15 days from then.
- Every department plans a check of a party with its own yearly rate, in a window of 30, 60 or 90 days. One in six
  of them needs a recheck.
"""

from __future__ import annotations

from random import Random

from cases.planner.replay import Asked
from cases.planner.trigger import Window

YEAR = 365
DEPARTMENTS = {  # share of the complaints, planned checks of a party a year
    "street": (0.34, 0.30),
    "urban": (0.24, 0.20),
    "market": (0.18, 0.80),
    "fire": (0.08, 0.60),
    "ecology": (0.08, 0.25),
    "housing": (0.05, 0.10),
    "health": (0.03, 0.40),
}
COMPLAINTS, SHAPE, SECOND = 0.6, 0.5, 0.2
RECHECKED_COMPLAINT, RECHECKED_PLANNED = 1 / 3, 1 / 6
RECHECK = (7, 15)


def street(seed: int, *, parties: int = 2_000) -> list[list[Asked]]:
    """Needs by party; the same seed gives the same street."""
    random = Random(seed)  # noqa: S311  (a model, no secret)
    return [_party(random) for _ in range(parties)]


def _party(random: Random) -> list[Asked]:
    names = list(DEPARTMENTS)
    shares = [share for share, _planned in DEPARTMENTS.values()]
    needs: list[Asked] = []
    for day in _days(random, random.gammavariate(SHAPE, COMPLAINTS / SHAPE)):
        window = Window(day, day + random.randint(3, 15))
        asked = random.choices(names, shares)
        if random.random() < SECOND:
            asked += [name for name in random.choices(names, shares) if name not in asked]
        needs += [Asked(window, name, _again(random, RECHECKED_COMPLAINT)) for name in asked]
    for name, (_share, planned) in DEPARTMENTS.items():
        for day in _days(random, planned):
            window = Window(day, day + random.choice((30, 60, 90)) - 1, planned=True)
            needs.append(Asked(window, name, _again(random, RECHECKED_PLANNED)))
    return needs


def _days(random: Random, a_year: float) -> list[int]:
    """Days on which something of this yearly rate happens: a Poisson process."""
    days: list[int] = []
    moment = random.expovariate(a_year / YEAR) if a_year > 0 else YEAR
    while moment < YEAR:
        days.append(int(moment))
        moment += random.expovariate(a_year / YEAR)
    return days


def _again(random: Random, share: float) -> tuple[int, int] | None:
    return RECHECK if random.random() < share else None
