"""The list of rules tells the truth: none is missing, none is gone, and the tests that it names are there."""

from __future__ import annotations

import ast
from functools import lru_cache

from tests.access.mutating import ROOT, Rule, rules, without
from tests.access.mutationlist import SAME, known, twice


def test_every_rule_is_on_the_list() -> None:
    keys, listed = {rule.key for rule in rules()}, set(known())
    assert set(SAME) <= listed
    assert not keys - listed, "rules nobody has taken away yet: run make mutations"
    assert not listed - keys, "rules that are gone: run make mutations"


def test_who_noticed_is_there() -> None:
    proofs = {test for test, *_others in twice().values()}
    for killer in proofs | {killer for key, killer in known().items() if killer and key not in SAME}:
        path, _sep, name = killer.partition("::")
        assert name.split("[")[0].split("::")[-1] in _tests_of(path), killer


def test_what_says_it_again_is_there() -> None:
    keys = {rule.key for rule in rules()}
    for key, (_test, *others) in twice().items():
        assert others
        assert keys >= set(others), f"{key}: run make mutations"


@lru_cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / f"{path}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_one_rule_goes_and_nothing_else() -> None:
    """Of each kind one: the source without it differs in its function alone."""
    kinds: dict[str, Rule] = {}
    for rule in rules():
        if rule.kind not in {"door"} and "operation" not in rule.kind and "RIGHTS" not in rule.function:
            kinds.setdefault(rule.kind, rule)
    assert len(kinds) > 10
    for rule in kinds.values():
        before = ast.parse((ROOT / rule.path).read_text(encoding="utf-8"))
        changed = [
            new
            for old, new in zip(before.body, without(rule).body, strict=True)
            if ast.unparse(old) != ast.unparse(new)
        ]
        assert [getattr(node, "name", "") for node in changed] == [rule.function.split(".")[0]], rule.key
