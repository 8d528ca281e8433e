"""A street's history as the replay reads it: told by the services, with each number worked out beside it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cases.models import Finding, Need, NeedCause, Result
from cases.planner.replay import Asked, Recheck
from cases.planner.trigger import Window
from cases.selectors import pastneeds
from cases.selectors.pastneeds import Real, TooMuch, past_needs
from cases.services import needs, orders
from tests.cast import Cast
from tests.onscene import all_finish, all_there, answer, at, close, rule, whistle
from tests.stage import issued_order, planned_case

JULY = (date(2026, 7, 1), date(2026, 7, 31))
SQUADS = ("street", "market", "urban")


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def visited(cast: Cast, moment: str, *failing: str) -> list[Finding]:
    with at(moment):
        order = issued_order(cast, functions=["market", "urban"])
        all_there(cast, order, SQUADS)
        for code in failing:
            answer(cast, order, code, Result.FAILS, note="演示")
        all_finish(cast, order, SQUADS)
        close(cast, order)
    return list(Finding.objects.filter(visit__order=order).order_by("pk"))


def test_a_recheck_hangs_on_the_visit_that_caused_it(cast: Cast) -> None:
    [licence] = visited(cast, "2026-07-15 10:00", "MK-01")
    with at("2026-07-15 11:00"):
        rule(cast, licence, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    recheck = Need.objects.get(cause=NeedCause.RECHECK)
    first = Need.objects.exclude(pk=recheck.pk).get()
    market = str(cast.agencies["market"].pk)
    with at("2026-07-16 09:00"):
        found = past_needs(cast.street.pk, *JULY)
    [family] = found.families
    window = Window(first.from_day.toordinal(), first.due_day.toordinal())
    lag = recheck.from_day.toordinal() - day("2026-07-15")
    length = (recheck.due_day - recheck.from_day).days
    assert sorted(family) == sorted(
        [Asked(window, market, follow=(Recheck(lag, length, market),)), Asked(window, str(cast.agencies["urban"].pk))]
    )
    assert (found.needs, found.parties, found.withdrawn, found.busiest) == (2, 1, 0, 1)
    assert found.real == Real(visits=1, squads=3, served=2, late=0, waiting=1)
    assert found.served_visits == 1
    assert [need.follow for need in found.served[0]] == [(), ()], "the recheck has not been visited yet"
    with at("2026-08-10 09:00"):
        assert past_needs(cast.street.pk, *JULY).real.late == 1, "it still waits, past its last day"


def test_rechecks_of_another_period_stay_where_they_were(cast: Cast) -> None:
    [licence] = visited(cast, "2026-06-30 10:00", "MK-01")
    with at("2026-06-30 11:00"):
        rule(cast, licence, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 5))
    recheck = Need.objects.get(cause=NeedCause.RECHECK)
    with at("2026-07-31 09:00"):
        found = past_needs(cast.street.pk, *JULY)
    assert [[need.window for need in family] for family in found.families] == [
        [Window(recheck.from_day.toordinal(), recheck.due_day.toordinal())]
    ]


def test_what_is_counted_and_what_not(cast: Cast) -> None:
    desk = cast.act(cast.dispatcher)

    def planned(functions: tuple[str, ...], first: str, last: str, **more: Any) -> Need:
        return needs.need_open(
            actor=desk, target_id=cast.supermarket.pk, cause="planned", agency_ids=cast.agency_ids(*functions),
            from_day=date.fromisoformat(first), due_day=date.fromisoformat(last), **more,
        )  # fmt: skip

    with at("2026-06-20 09:00"):
        planned(("market", "fire"), "2026-07-01", "2026-07-31")
        planned(("urban",), "2026-07-31", "2026-08-30", announced=True)
        alone = planned(("fire",), "2026-07-10", "2026-07-20")
        planned(("fire",), "2026-08-01", "2026-08-31")
        taken = planned(("urban",), "2026-07-02", "2026-07-31")
        orders.need_take_out(actor=desk, need_id=taken.pk, reason="演示")
        _case, need = planned_case(cast)
    Need.objects.filter(pk=alone.pk).update(alone=True)
    Need.objects.filter(pk=need.pk).update(from_day=date(2026, 7, 3), due_day=date(2026, 7, 8))
    with at("2026-07-05 09:00"):
        found = past_needs(cast.street.pk, *JULY)
    assert sorted(len(family) for family in found.families) == [1, 1, 2, 3], "announced, alone, two parties"
    assert sum(asked.window.planned for family in found.families for asked in family) == 4
    assert (found.needs, found.withdrawn, found.parties) == (4, 1, 2)
    assert found.real == Real(waiting=7)
    assert past_needs(cast.other_street.pk, *JULY).families == []


def test_a_late_visit_and_one_that_found_nobody(cast: Cast) -> None:
    with at("2026-07-01 09:00"):
        order = issued_order(cast, functions=["market"])
    due = Need.objects.get().due_day
    late = date.fromordinal(due.toordinal() + 3)
    with at(f"{late.isoformat()} 10:00"):
        all_there(cast, order, ("street", "market"))
        close(cast, order, outcome="not_found", note="演示·无人")
        Need.objects.update(from_day=date(2026, 7, 1), due_day=due)
    with at(f"{date.fromordinal(late.toordinal() + 1).isoformat()} 10:00"):
        again = whistle(cast, orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk))
        all_there(cast, again, ("street", "market"))
        all_finish(cast, again, ("street", "market"))
        close(cast, again)
        found = past_needs(cast.street.pk, *JULY)
    assert (found.real.visits, found.real.served, found.real.late) == (2, 1, 1), "somebody went there twice"
    assert found.served_visits == 1


def test_too_much_is_refused_before_it_is_read(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with at("2026-07-05 09:00"):
        planned_case(cast)
    monkeypatch.setattr(pastneeds, "MOST", 2)
    with django_assert_num_queries(1), pytest.raises(TooMuch) as much:
        past_needs(cast.street.pk, *JULY)
    assert much.value.args == (3,)
