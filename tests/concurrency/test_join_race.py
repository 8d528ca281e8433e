"""Two people join one case to two others at once: shown with the guard off, then held."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest

from cases.models import Case, CaseStage, Event
from cases.services import casefile, intake, triage
from cases.services.triage import joining
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together

pytestmark = pytest.mark.concurrency


def _three(stage: Cast) -> list[Case]:
    actor = stage.act(stage.dispatcher)
    return [
        intake.complaint_take(actor=actor, street_id=stage.street.pk, text=f"演示·夜间吵闹第{n}次").case
        for n in range(3)
    ]


def _join_both(stage: Cast, case: Case, others: Iterable[Case]) -> list[Outcome]:
    actor = stage.act(stage.dispatcher)
    return together(
        *(
            partial(triage.case_join, actor=actor, case_id=case.pk, into_case_id=other.pk, reason="同一件事")
            for other in others
        )
    )


def _unlocked(case_ids: Iterable[int]) -> list[Case]:
    return list(Case.objects.filter(pk__in=set(case_ids)).select_related("street").order_by("pk"))


def test_without_the_lock_one_case_is_joined_to_two(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case, *others = _three(stage)
    monkeypatch.setattr(casefile, "cases_lock", _unlocked)
    monkeypatch.setattr(joining, "_check_join", Rendezvous(joining._check_join))
    outcomes = _join_both(stage, case, others)
    assert [outcome.won for outcome in outcomes] == [True, True]
    assert Event.objects.filter(kind="case.absorbed").count() == 2


def test_one_case_is_joined_to_one_other(stage: Cast) -> None:
    case, *others = _three(stage)
    outcomes = _join_both(stage, case, others)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert sorted(outcome.refused.code if outcome.refused else "won" for outcome in outcomes) == ["won", "wrong_stage"]
    assert Event.objects.filter(kind="case.absorbed").count() == 1
    case.refresh_from_db()
    assert case.stage == CaseStage.JOINED
    assert case.merged_into in others
