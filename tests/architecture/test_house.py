"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from cases.flow import LIVE, MOVES
from cases.models import CaseStage, NeedState, Order, OrderState, PartState

ROOT = Path(__file__).resolve().parents[2]
CODE = ("dispatch", "cases", "teams")


def _modules() -> Iterator[Path]:
    for package in CODE:
        yield from (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in _modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_no_module_is_a_bag_of_odds_and_ends() -> None:
    assert [path for path in _modules() if path.name in {"utils.py", "helpers.py", "misc.py"}] == []


def test_only_flow_assigns_a_stage() -> None:
    """``subject.stage = …`` or ``.state = …`` of the four machines stands in cases/flow.py alone (by setattr there)."""
    values = {value for states in (CaseStage, NeedState, OrderState, PartState) for value in states.values}
    names = {"CaseStage", "NeedState", "OrderState", "PartState"}
    found = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            touches = [t for t in targets if isinstance(t, ast.Attribute) and t.attr in {"stage", "state"}]
            if not touches or node.value is None:
                continue
            value = node.value
            machine = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id in names
            literal = isinstance(value, ast.Constant) and value.value in values and touches[0].attr == "stage"
            if machine or literal:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_services_are_keyword_only_and_typed() -> None:
    found = []
    for path in (ROOT / "cases" / "services").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            takes_actor = any(arg.arg == "actor" for arg in (*node.args.args, *node.args.kwonlyargs))
            if takes_actor and node.args.args:
                found.append(f"{path.name}:{node.name} takes positional arguments")
            if node.returns is None:
                found.append(f"{path.name}:{node.name} has no return type")
            if takes_actor and ast.get_docstring(node) is None:
                found.append(f"{path.name}:{node.name} has no docstring")
    assert found == []


@pytest.mark.django_db
def test_live_states_are_those_of_the_partial_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'order_one_live_a_target'")
        (definition,) = cursor.fetchone()
    indexed = {state for state in OrderState.values if f"'{state}'" in definition}
    assert indexed == LIVE
    assert Order._meta.db_table in definition


@pytest.mark.parametrize(
    ("machine", "states"),
    [("case", CaseStage), ("need", NeedState), ("order", OrderState), ("part", PartState)],
)
def test_the_table_names_every_state_and_only_those(machine: str, states: type[CaseStage]) -> None:
    named = {state for step in MOVES[machine].values() for state in (*step.sources, step.target)}
    assert named == set(states.values)


def test_flow_document_tells_the_truth() -> None:
    from cases.management.commands.flow_doc import flow_document

    assert (ROOT / "docs" / "flow.md").read_text(encoding="utf-8") == flow_document()
