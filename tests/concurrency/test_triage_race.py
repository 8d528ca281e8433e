"""Two dispatchers decide one clue at once: one decision stands, the other reads what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest

from cases.models import Case, CaseStage, Event, Need, ResidentLine
from cases.services import casefile, intake, triage
from cases.services.triage import deciding
from teams.policies import RESIDENT
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_constraint, without_row_locks

pytestmark = pytest.mark.concurrency


def _clue(stage: Cast) -> Case:
    sent = intake.complaint_create(actor=RESIDENT, street_id=stage.street.pk, source="portal", text="演示·夜间烧烤吵闹")
    return triage.case_accept(actor=stage.act(stage.dispatcher), case_id=sent.case.pk)


def _answer_twice(stage: Cast, case: Case) -> list[Outcome]:
    answer = partial(triage.case_triage, case_id=case.pk, disposition="answered")
    return together(
        partial(answer, actor=stage.act(stage.dispatcher), reply="演示·甲的答复"),
        partial(answer, actor=stage.act(stage.head), reply="演示·乙的答复"),
    )


def _unlocked(case_ids: Iterable[int]) -> list[Case]:
    return list(Case.objects.filter(pk__in=set(case_ids)).select_related("street").order_by("pk"))


def test_without_the_lock_a_resident_reads_two_answers(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _clue(stage)
    monkeypatch.setattr(casefile, "cases_lock", _unlocked)
    monkeypatch.setattr(deciding, "_write_facts", Rendezvous(deciding._write_facts))
    outcomes = _answer_twice(stage, case)
    assert [outcome.won for outcome in outcomes] == [True, True]
    assert ResidentLine.objects.filter(complaint__cases=case, kind="result").count() == 2


def test_one_of_two_answers_is_given(stage: Cast) -> None:
    case = _clue(stage)
    outcomes = _answer_twice(stage, case)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["wrong_stage"]
    assert ResidentLine.objects.filter(complaint__cases=case, kind="result").count() == 1
    assert Event.objects.filter(kind="case.triaged").count() == 1


def _inspect_twice(stage: Cast, case: Case) -> list[Outcome]:
    decide = partial(
        triage.case_triage,
        case_id=case.pk,
        disposition="inspection",
        category_id=stage.categories["05-10"].pk,
        target_id=stage.target.pk,
        brief="演示·夜间烧烤",
        brief_confirmed=True,
        agency_ids=stage.agency_ids("market", "urban"),
    )
    return together(
        partial(decide, actor=stage.act(stage.dispatcher)),
        partial(decide, actor=stage.act(stage.head)),
    )


def test_without_locks_and_index_one_clue_becomes_two_needs(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _clue(stage)
    monkeypatch.setattr(deciding, "_write_facts", Rendezvous(deciding._write_facts))
    with without_constraint(Need, "need_one_open_a_case"), without_row_locks():
        outcomes = _inspect_twice(stage, case)
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert Need.objects.filter(case=case).count() == 2
        Need.objects.filter(pk=Need.objects.filter(case=case).latest("pk").pk).update(state="withdrawn")


def test_without_locks_the_index_still_refuses_a_second_need(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _clue(stage)
    monkeypatch.setattr(deciding, "_write_facts", Rendezvous(deciding._write_facts))
    with without_row_locks():
        outcomes = _inspect_twice(stage, case)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["need_exists"]
    assert Need.objects.filter(case=case).count() == 1


def test_one_clue_is_triaged_once(stage: Cast) -> None:
    case = _clue(stage)
    outcomes = _inspect_twice(stage, case)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["wrong_stage"]
    assert Need.objects.filter(case=case).count() == 1
    case.refresh_from_db()
    assert case.stage == CaseStage.PLANNING
