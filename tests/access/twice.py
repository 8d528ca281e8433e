"""Rules said twice: nobody notices when one goes, because another on the way of the same act says it too.

Which one is found by trying. ``others`` are taken away one after another as long as the test stays green; as soon as it
turns red without our rule as well, those that are gone are what said it again, and the test proves both: green without
them, green without ours, red without either.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from tests.access.mutating import Rule, rules

if TYPE_CHECKING:
    from tests.access.mutants import Run

REFUSE = frozenset(
    {"door", "door of the operation", "right of the operation", "right of the row", "question", "refusal"}
)
NARROW = frozenset({"rows of who asks", "roles that count", "condition of rows", "filter"})
"""What stands for itself. Conditions and their parts are steps of those."""
EVERYWHERE = frozenset({"teams/policies.py", "cases/policies.py", "teams/selectors/ground.py", "teams/scope.py"})
OF_ALL = frozenset({"roles_required", "staff_required", "check_right", "holds_somewhere", "check_right_somewhere"})
"""Modules and functions that every act comes through: without them any test fails."""
MOST = 6  # others that are tried for one rule and test
TESTS = 2  # tests that are asked for one rule
WRONG = ("leader", "checker", "dispatcher_elsewhere", "technician", "auditor", "nobody")
"""Who is refused somewhere: a walk looks with these first; what they prove is looked at with all."""


class Twice:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.alone: dict[tuple[str, str], bool] = {}

    def told(self, rule: Rule, items: list[pytest.Item]) -> list[str]:
        """The test that proves it and the keys of what says the same; empty when none was found."""
        from tests.access.mutants import SOONEST, Impossible, walk_as

        for item in items[:TESTS]:
            try:
                walk_as(WRONG)
                again = self.again(rule, item)
                walk_as(SOONEST)
                if again and not self.run.notices(item, *again):
                    return [item.nodeid, *(one.key for one in again)]
            except Impossible as why:
                print(f"  can't remove {rule.key}: {why}", flush=True)
                return []
        print(f"  not said twice: {rule.key}", flush=True)
        return []

    def again(self, rule: Rule, item: pytest.Item) -> list[Rule]:
        gone: list[Rule] = []
        if self.noticed(rule, item):  # after all: for the other kind of run
            return []
        for other in self.others(rule, item):
            if self.is_needed(other, item) or (gone and self.run.notices(item, *gone, other)):
                continue
            gone.append(other)
            if self.run.notices(item, *gone, rule):
                return self.least(rule, item, gone)
        return []

    def noticed(self, rule: Rule, item: pytest.Item) -> bool:
        """Whether the test notices. What it only comes through without the rule belongs to its way, and is next."""
        with self.run.watched() as seen:
            failed = self.run.notices(item, rule)
        if not self.run.kept_ground:  # walks know their way from the names in the code
            for place in seen:
                self.run.through[item.nodeid].setdefault(place, -1)
        return failed

    def least(self, rule: Rule, item: pytest.Item, gone: list[Rule]) -> list[Rule]:
        """Those that are needed for the proof."""
        for one in gone[:-1]:
            fewer = [other for other in gone if other is not one]
            if self.run.notices(item, *fewer, rule) and not self.run.notices(item, *fewer):
                gone = fewer
        return gone

    def is_needed(self, other: Rule, item: pytest.Item) -> bool:
        """Whether the test notices when this one goes alone, or it can't go."""
        from tests.access.mutants import Impossible

        name = (other.key, item.nodeid)
        if name not in self.alone:
            try:
                self.alone[name] = self.run.notices(item, other)
            except Impossible:
                self.alone[name] = True
        return self.alone[name]

    def others(self, rule: Rule, item: pytest.Item) -> list[Rule]:
        """On the test's way, what speaks of the same first, then the nearest."""
        words = set(rule.what.replace("'", '"').split('"')[1::2])

        def order(one: tuple[int, Rule]) -> tuple[bool, bool, int]:
            far, other = one
            return (not any(word in other.what for word in words), other.function != rule.function, far)

        found = [
            (far, other)
            for place, far in self.run.through[item.nodeid].items()
            for other in _of_place().get(place, ())
            if other.key != rule.key and (other.kind in REFUSE or rule.kind not in REFUSE)
        ]
        return [other for _far, other in sorted(found, key=order)][:MOST]


@lru_cache(maxsize=1)
def _of_place() -> dict[tuple[str, str], list[Rule]]:
    found: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules():
        if rule.kind in REFUSE | NARROW and rule.path not in EVERYWHERE and rule.function not in OF_ALL:
            found[rule.path, rule.function].append(rule)
    return found
