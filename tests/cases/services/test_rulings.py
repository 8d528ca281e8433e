"""Rulings: who decides, what the ladder proposes, what a paper is numbered."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Finding,
    FindingState,
    Order,
    OrderState,
    PaperCounter,
    Result,
    Ruling,
    Setting,
)
from cases.services import followups, rulings
from teams.models import Agency, Street
from tests.cast import Cast, make_cast, officer, refused
from tests.onscene import all_finish, all_there, answer, at, close, kinds, rule
from tests.stage import issued_order

SQUADS = ("street", "market", "urban")


def found(cast: Cast, *codes: str) -> list[Finding]:
    """An order whose visit found the named items wrong."""
    order = issued_order(cast, functions=["market", "urban"])
    all_there(cast, order, SQUADS)
    for code in codes:
        more: dict[str, Any] = {"text_value": "停用"} if code == "UR-01" else {}
        answer(cast, order, code, Result.FAILS, note="演示·不符合", **more)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    return list(Finding.objects.filter(visit__order=order).order_by("pk"))


def order_of(finding: Finding) -> Order:
    return Order.objects.get(pk=finding.visit.order_id)


def tomorrow(days: int = 3) -> date:
    return timezone.localdate(now()) + timedelta(days=days)


def test_a_ruling_ends_its_clock_and_settles_the_order(cast: Cast) -> None:
    first, second = found(cast, "MK-01", "UR-01")
    ruling = rule(cast, first, "guidance")
    first.refresh_from_db()
    assert first.state == FindingState.RULED
    assert (ruling.paper_number, ruling.due_at, ruling.agency) == ("", None, cast.agencies["market"])
    assert ruling.certificate == cast.market_officers[0].certificates.get().number
    assert Deadline.objects.get(finding=first).state == DeadlineState.MET
    assert order_of(first).state == OrderState.RULING
    event = order_of(first).events.get(kind="order.ruled")
    assert event.used_seconds is not None
    rule(cast, second, "nothing_wrong")
    assert order_of(first).state == OrderState.DONE
    assert Case.objects.get().stage == CaseStage.CHECKING


def test_only_the_competent_agency_with_a_valid_certificate(cast: Cast) -> None:
    (finding,) = found(cast, "MK-01")
    facts: dict[str, Any] = {"finding_id": finding.pk, "outcome": "guidance", "reason": "演示"}
    for person in (cast.leader, cast.urban_officers[0], cast.dispatcher, cast.head, cast.auxiliary, cast.auditor):
        with refused("not_allowed", status=403):
            followups.ruling_issue(actor=cast.act(person), **facts)
    lapsed = officer("lapsed", "市监证过期", cast.squads["market"], valid_until=date(2024, 1, 1))
    with refused("certificate_needed", status=403):
        followups.ruling_issue(actor=cast.act(lapsed), **facts)
    with refused("not_found", status=404):
        followups.ruling_issue(actor=cast.act(cast.leader), finding_id=0, outcome="guidance", reason="演示")
    followups.ruling_issue(actor=cast.act(cast.market_officers[1]), **facts)
    with refused("ruled_already"):
        followups.ruling_issue(actor=cast.act(cast.market_officers[0]), **facts)


def test_what_each_outcome_asks_for(cast: Cast) -> None:
    (finding,) = found(cast, "MK-01")
    for outcome, more, code in (
        ("fine", {}, "outcome_unknown"),
        ("guidance", {"reason": " "}, "reason_needed"),
        ("rectification", {"due_day": tomorrow()}, "measures_needed"),
        ("rectification", {"measures": "演示·悬挂执照"}, "due_needed"),
        ("rectification", {"measures": "演示·悬挂执照", "due_day": tomorrow(-2)}, "due_passed"),
        ("hand_over", {}, "handed_to_needed"),
    ):
        with refused(code, status=422):
            rule(cast, finding, outcome, **more)
    ruling = rule(cast, finding, "hand_over", handed_to="演示·市场监管局法制科")
    assert ruling.handed_to
    assert Case.objects.get().stage == CaseStage.CHECKING


def test_a_rectification_starts_the_partys_term(cast: Cast) -> None:
    (finding,) = found(cast, "MK-01")
    ruling = rule(cast, finding, "rectification", measures="演示·悬挂执照", due_day=tomorrow(7))
    clock = Deadline.objects.get(ruling=ruling)
    assert (clock.kind, clock.due_at, clock.state) == (
        DeadlineKind.RECTIFICATION,
        ruling.due_at,
        DeadlineState.RUNNING,
    )
    assert timezone.localtime(clock.due_at).date() == tomorrow(7)


def test_the_ladder_proposes_and_a_person_decides(cast: Cast) -> None:
    steps = []
    for round_number, day in enumerate(("2026-03-02 10:00", "2026-04-01 10:00", "2026-05-06 10:00")):
        with at(day):
            (finding,) = found(cast, "MK-01")
            assert rulings.proposal_for(finding=finding).prior == round_number
            ruling = rule(cast, finding, "guidance")
        steps.append(ruling.proposal["step"])
        assert ruling.outcome == "guidance"  # never the machine's choice
        assert ruling.proposal["notes"]
    assert steps == ["first_exempt", "second_lenient", "strict"]


def test_nothing_wrong_and_other_parties_do_not_count(cast: Cast) -> None:
    with at("2026-03-02 10:00"):
        (finding,) = found(cast, "MK-01")
        rule(cast, finding, "nothing_wrong")
    with at("2026-04-01 10:00"):
        (finding,) = found(cast, "MK-01")
        assert rulings.proposal_for(finding=finding).prior == 0
        assert rulings.proposal_for(finding=finding, slight=True, corrected=True).exempt
        cast.categories["05-10"].key_area = True
        cast.categories["05-10"].save()
        finding = Finding.objects.get(pk=finding.pk)
        assert not rulings.proposal_for(finding=finding, slight=True, corrected=True).exempt


def test_the_window_is_the_offices(cast: Cast) -> None:
    with at("2024-03-04 10:00"):
        (finding,) = found(cast, "MK-01")
        rule(cast, finding, "guidance")
    with at("2026-07-15 10:00"):
        (finding,) = found(cast, "MK-01")
        assert rulings.proposal_for(finding=finding).prior == 0
        Setting.objects.create(key="ladder_look_back_years", value=3)
        assert rulings.proposal_for(finding=finding).prior == 1


def test_papers_are_numbered_without_gaps_per_agency_kind_and_year(cast: Cast) -> None:
    facts: dict[str, Any] = {"measures": "演示·改正", "corrected_on_spot": True}
    with at("2026-12-30 10:00"):
        first, second = found(cast, "MK-01", "MK-02")
        numbers = [rule(cast, first, "caution_card", **facts).paper_number]
        with refused("outcome_unknown"):
            rule(cast, second, "fine")
        numbers.append(rule(cast, second, "caution_card", **facts).paper_number)
    assert numbers == ["（并）演示市监黄牌字〔2026〕第001号", "（并）演示市监黄牌字〔2026〕第002号"]
    market, urban = cast.agencies["market"], cast.agencies["urban"]
    with at("2027-01-04 10:00"):
        for agency, kind, wanted in (
            (market, "caution_card", "（并）演示市监黄牌字〔2027〕第001号"),
            (market, "rectification", "（并）演示市监责改字〔2027〕第001号"),
            (urban, "caution_card", "（并）演示城管黄牌字〔2027〕第001号"),
            (market, "guidance", ""),
        ):
            made = rulings.paper_number_take(agency=agency, kind=kind, street_id=cast.street.pk)
            assert made == wanted
        Setting.objects.create(key="paper_pattern", value="{agency}{kind}{year}-{serial:04}")
        Setting.objects.create(key="paper_words", value={"caution_card": "提醒"})
        again = rulings.paper_number_take(agency=market, kind="caution_card", street_id=cast.street.pk)
        assert again == "演示市监提醒2027-0002"
        Setting.objects.create(key="paper_pattern", street=cast.other_street, value="{agency}+{kind}{year}{serial}")
        Setting.objects.create(key="paper_pattern", street=cast.street, value="{agency}·{kind}{year}-{serial}")
        own = rulings.paper_number_take(agency=market, kind="caution_card", street_id=cast.street.pk)
        assert own == "演示市监·提醒2027-3"


def test_the_journal_names_the_ruling_but_not_the_findings_words(cast: Cast) -> None:
    (finding,) = found(cast, "MK-01")
    rule(cast, finding, "guidance", reason="演示·教育改正")
    event = order_of(finding).events.get(kind="order.ruled")
    assert "教育改正" in event.body
    assert finding.text not in event.body
    assert kinds(order_of(finding))[-2:] == ["order.ruled", "order.done"]


@pytest.mark.django_db(transaction=True)
def test_two_papers_at_once_get_two_numbers() -> None:
    cast = make_cast()
    agency_id, street_id = cast.agencies["market"].pk, Street.objects.get(pk=cast.street.pk).pk
    barrier, numbers = Barrier(4), []

    def take() -> None:
        from django.db import transaction

        try:
            barrier.wait(5)
            with transaction.atomic():
                agency = Agency.objects.get(pk=agency_id)
                numbers.append(rulings.paper_number_take(agency=agency, kind="caution_card", street_id=street_id))
        finally:
            connections.close_all()

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    year = timezone.localtime(now()).year
    assert sorted(numbers) == [f"（并）演示市监黄牌字〔{year}〕第{n:03}号" for n in range(1, 5)]
    assert PaperCounter.objects.get().last == 4


@pytest.mark.django_db(transaction=True)
def test_two_officers_rule_at_once_and_one_reads_why() -> None:
    from cases.refusals import Refused

    cast = make_cast()
    (finding,) = found(cast, "MK-01")
    barrier, answers = Barrier(2), []

    def decide(user: Any, outcome: str) -> None:
        try:
            barrier.wait(5)
            followups.ruling_issue(actor=cast.act(user), finding_id=finding.pk, outcome=outcome, reason="演示")
            answers.append("done")
        except Refused as refusal:
            answers.append(refusal.code)
        finally:
            connections.close_all()

    people = zip(cast.market_officers, ("guidance", "nothing_wrong"), strict=True)
    threads = [Thread(target=decide, args=pair) for pair in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["done", "ruled_already"]
    assert Ruling.objects.count() == 1
