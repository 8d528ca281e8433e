"""The one next thing to do: every open stage has one, and squads that are silent or sent it back come first."""

from __future__ import annotations

import pytest
from django.utils import translation

from cases.models import Case, CaseStage
from cases.selectors.board import OPEN_STAGES, OrderGlance, PartGlance
from cases.selectors.nextstep import Facts, step_of


def order(state: str, *parts: tuple[str, str, bool]) -> OrderGlance:
    return OrderGlance(7, "JC-1", state, 1, [PartGlance(name, at, late, False) for name, at, late in parts])


@pytest.mark.parametrize("stage", OPEN_STAGES)
def test_every_open_stage_has_a_step_with_words(stage: str) -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            step = step_of(Case(stage=stage), order("issued", ("A", "called", False)))
            assert step.label
            assert step.title
            assert step.code != "none"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([("A", "acknowledged", False), ("B", "returned", False), ("C", "called", True)], "reassign"),
        ([("A", "acknowledged", False), ("C", "called", True)], "urge"),
        ([("A", "acknowledged", False), ("C", "called", False)], "wait_acknowledge"),
        ([("A", "acknowledged", False), ("C", "acknowledged", False)], "wait_visit"),
    ],
)
def test_who_is_silent_or_sent_it_back_comes_first(parts: list[tuple[str, str, bool]], code: str) -> None:
    assert step_of(Case(stage=CaseStage.DISPATCHED), order("issued", *parts)).code == code


@pytest.mark.parametrize(
    ("state", "urgency", "code"),
    [
        ("drafted", "general", "submit"),
        ("to_approve", "general", "approve"),
        ("approved", "general", "issue"),
        ("drafted", "urgent", "issue"),
    ],
)
def test_the_way_of_an_order(state: str, urgency: str, code: str) -> None:
    assert step_of(Case(stage=CaseStage.PLANNING, urgency=urgency), order(state)).code == code


def test_after_the_work() -> None:
    checking = Case(stage=CaseStage.CHECKING)
    assert step_of(checking, None).code == "check_after"
    assert step_of(checking, None, Facts(checked=True)).code == "close"
    assert step_of(Case(stage=CaseStage.CLOSED), None, Facts(rework_asked=True)).code == "rework"
    assert step_of(Case(stage=CaseStage.CLOSED), None).code == "none"


def test_names_stay_few() -> None:
    many = order("issued", *((name, "called", True) for name in "ABCDE"))
    with translation.override("en"):
        assert "5 squads" in step_of(Case(stage=CaseStage.DISPATCHED), many).title
