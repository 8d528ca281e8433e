"""The night plan: whose day has come gets a draft that explains itself, what a person has to decide is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cases import tasks
from cases.clock.moment import now, pretend
from cases.models import (
    Event,
    Need,
    NeedCause,
    NeedState,
    NightParty,
    NightPlan,
    NightState,
    Order,
    OrderState,
    Outbox,
    Part,
    PartItem,
    Setting,
    Target,
)
from cases.selectors import timeline
from cases.selectors.office import settings_table
from cases.services import catalogue, needs, nightplans, orders
from cases.services.nightplans import batch, running
from dispatch.web.explain import WORDS, explained
from teams.models import Change, Squad, SquadKind
from teams.policies import SYSTEM
from tests.cases.services.test_guard import answered, visited
from tests.cast import Cast, refused, unchanged
from tests.stage import planned_case

TWO_AT_NIGHT = datetime(2026, 7, 6, 2, 10, tzinfo=timezone.get_default_timezone())


@pytest.fixture(autouse=True)
def _night() -> Iterator[None]:
    with pretend(TWO_AT_NIGHT):
        yield


def today() -> date:
    return timezone.localdate(now())


def check(cast: Cast, *, last: int = 30, first: int = 0, target: Target | None = None, **more: object) -> Need:
    """A planned check by market supervision, its window in days from today."""
    return needs.need_open(
        actor=cast.act(cast.dispatcher),
        target_id=(target or cast.target).pk,
        cause=NeedCause.PLANNED,
        agency_ids=cast.agency_ids("market"),
        from_day=today() + timedelta(days=first),
        due_day=today() + timedelta(days=last),
        **more,  # type: ignore[arg-type]
    )


def night(cast: Cast, *, day: date | None = None) -> NightPlan:
    plan = nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk, day=day)
    return nightplans.night_execute(plan_id=plan.pk)


def codes(order: Order) -> list[str]:
    return [note["code"] for note in order.explanation]


def test_who_waits_goes_and_a_planned_check_rides_along(cast: Cast) -> None:
    riding = check(cast, last=30)
    case, need = planned_case(cast, functions=["urban"], due_day=today() + timedelta(days=3))
    plan = night(cast)
    assert (plan.state, plan.parties, plan.looked, plan.opened, plan.needs, plan.held) == ("done", 1, 1, 1, 2, 0)
    order = Order.objects.get()
    assert (order.state, order.drafted_by_id, order.planned_day) == (OrderState.DRAFTED, None, None)
    assert set(order.needs.all()) == {need, riding}
    assert set(Need.objects.values_list("state", flat=True)) == {NeedState.ORDERED}
    lead = order.parts.get(is_lead=True)
    assert lead.squad == cast.squads["street"]
    assert {part.squad for part in order.parts.all()} == {cast.squads[one] for one in ("street", "market", "urban")}
    assert PartItem.objects.filter(part__squad=cast.squads["market"]).exists()
    notes = {note["code"]: note["params"] for note in order.explanation}
    assert notes["night_day_come"] == {"need": need.pk, "day": "2026-07-06"}
    assert notes["night_could_wait"] == {"need": riding.pk, "until": "2026-07-31"}
    assert {"night_plan", "serves_need", "rides_along", "go_until", "saves_visits"} <= set(notes)
    with translation.override("en"):
        said = explained(order.explanation)
    assert any("Proposed by the night plan" in sentence for sentence in said)
    assert any("could have waited until" in sentence for sentence in said)
    assert [event.kind for event in Event.objects.filter(order=order)] == ["order.drafted"]
    assert f'"night":{plan.pk}' in Event.objects.get(order=order).body
    assert Event.objects.filter(case=case).last().kind == "case.ordered"  # type: ignore[union-attr]
    assert not any(one.broken for one in timeline.verify(case))
    assert Outbox.objects.filter(event__order=order).count() == 1
    assert NightParty.objects.get().order == order


def test_the_draft_is_issued_by_people_as_any_other(cast: Cast) -> None:
    planned_case(cast)
    night(cast)
    order = Order.objects.get()
    with refused("approval_needed"):
        orders.order_issue(actor=cast.act(cast.dispatcher), order_id=order.pk)
    orders.order_submit(actor=cast.act(cast.dispatcher), order_id=order.pk)
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    assert orders.order_issue(actor=cast.act(cast.dispatcher), order_id=order.pk).state == OrderState.ISSUED


def test_the_same_night_twice_opens_nothing_new(cast: Cast) -> None:
    planned_case(cast)
    plan = night(cast)
    planned_case(cast, target=cast.supermarket)
    with unchanged():
        assert night(cast).pk == plan.pk
    with pretend(TWO_AT_NIGHT + timedelta(days=1)):
        assert (night(cast).opened, Order.objects.count()) == (1, 2)
    with pretend(TWO_AT_NIGHT + timedelta(days=2)):
        assert night(cast).opened == 0, "both have a live order"


def test_a_planned_check_goes_by_itself_on_its_day(cast: Cast) -> None:
    check(cast, last=30)
    later = check(cast, target=cast.supermarket, first=2, last=3)
    assert night(cast).opened == 0
    assert not NightParty.objects.exists()
    with pretend(TWO_AT_NIGHT + timedelta(days=2)):
        night(cast)
        assert list(Order.objects.get().needs.all()) == [later]
    with pretend(TWO_AT_NIGHT + timedelta(days=25)):
        night(cast)
        assert Order.objects.filter(target=cast.target).count() == 1
    assert Order.objects.filter(kind="routine").count() == 2


@pytest.mark.parametrize(("rule", "margin", "days"), [("immediate", 5, 0), ("earliest_due", 5, 30), ("riding", 9, 21)])
def test_the_rule_is_the_offices(cast: Cast, rule: str, margin: int, days: int) -> None:
    Setting.objects.create(key="plan_rule", street=cast.street, value=rule)
    Setting.objects.create(key="plan_margin_days", value=margin)
    check(cast, last=30)
    for ahead in (days - 1, days):
        if ahead < 0:
            continue
        with pretend(TWO_AT_NIGHT + timedelta(days=ahead)):
            assert night(cast).opened == (ahead == days)


def test_planned_checks_wait_for_the_streets_day_of_the_week(cast: Cast) -> None:
    """Monday, 6 July 2026: the street goes on Wednesdays, another one on Fridays."""
    for key, value in (("plan_rule", "weekly"), ("plan_weekday", 5)):
        Setting.objects.create(key=key, value=value)
    Setting.objects.create(key="plan_weekday", street=cast.street, value=3)
    waits, rides = check(cast, last=30), check(cast, target=cast.supermarket, last=30)
    short = Target.objects.create(street=cast.street, name="演示·短期", address="演示路9号")
    check(cast, target=short, last=6)
    _case, reactive = planned_case(cast, functions=["urban"], target=cast.supermarket)
    plan = night(cast)
    assert (plan.rule, plan.weekday, plan.opened) == ("weekly", 2, 1)
    notes = {note["code"]: note["params"] for note in Order.objects.get().explanation}
    assert set(Order.objects.get().needs.all()) == {rides, reactive}
    assert notes["night_could_wait"] == {"need": rides.pk, "until": "2026-07-29"}
    with pretend(TWO_AT_NIGHT + timedelta(days=1)):
        assert night(cast).opened == 1
        early = Order.objects.get(target=short)
        with translation.override("en"):
            said = explained(early.explanation)
        assert any("No Wednesday of the street was left" in one for one in said)
    with pretend(TWO_AT_NIGHT + timedelta(days=22)):
        assert night(cast).opened == 0
    with pretend(TWO_AT_NIGHT + timedelta(days=23)):
        assert night(cast).opened == 1
        order = Order.objects.get(target=cast.target)
        assert list(order.needs.all()) == [waits]
        with translation.override("en"):
            assert "A planned check waited for the street's Wednesday." in explained(order.explanation)
        with translation.override("zh-hans"):
            assert "一项计划检查等到了本街道固定的星期三。" in explained(order.explanation)
        with unchanged():
            night(cast)


def test_a_recheck_is_never_in_its_causes_visit_under_the_weekly_rule(cast: Cast) -> None:
    """One opened on the very Wednesday of the visit that caused it goes the next day, since somebody waits for it."""
    Setting.objects.create(key="plan_rule", value="weekly")
    with pretend(TWO_AT_NIGHT + timedelta(days=2)):
        visited(cast, 0)
        recheck = needs.need_open(
            actor=cast.act(cast.dispatcher),
            target_id=cast.target.pk,
            cause=NeedCause.RECHECK,
            agency_ids=cast.agency_ids("market"),
            from_day=today() + timedelta(days=1),
            due_day=today() + timedelta(days=4),
        )
        assert night(cast).opened == 0
    with pretend(TWO_AT_NIGHT + timedelta(days=3)):
        assert night(cast).opened == 1
        assert list(Order.objects.get(state=OrderState.DRAFTED).needs.all()) == [recheck]


def test_a_need_that_stays_alone_or_is_announced_goes_another_night(cast: Cast) -> None:
    check(cast, last=2, announced=True)
    planned_case(cast)
    assert night(cast).opened == 1
    assert Need.objects.filter(state=NeedState.OPEN).count() == 1
    assert night(cast).opened == 1


def test_the_guard_holds_planned_checks_for_a_person(cast: Cast) -> None:
    Target.objects.filter(pk=cast.target.pk).update(no_disturb=True, no_disturb_reason="演示")
    check(cast, last=2)
    plan = night(cast)
    assert (plan.opened, plan.held) == (0, 1)
    held = NightParty.objects.get()
    assert (held.order, held.code) == (None, "guarded")
    assert [note["code"] for note in held.notes] == ["night_guarded", "guard_no_disturb"]
    assert len(explained(held.notes)) == 2
    assert not Order.objects.exists()


def test_who_waits_goes_without_what_needs_a_reason(cast: Cast) -> None:
    Setting.objects.create(key="cooling_off_days", value=0)
    answered(cast, visited(cast, 40), "MK-01")
    market = cast.agencies["market"].pk
    left = check(cast, last=2, items={market: [cast.items["MK-01"].pk]})
    _case, need = planned_case(cast, functions=["urban"])
    assert night(cast).opened == 1
    order = Order.objects.get(state=OrderState.DRAFTED)
    assert list(order.needs.all()) == [need]
    assert {"code": "night_left_out", "params": {"count": 1}} in order.explanation
    assert not order.parts.filter(squad=cast.squads["market"]).exists()
    left.refresh_from_db()
    assert left.state == NeedState.OPEN


def test_the_cap_holds_and_a_short_while_waits_as_long_as_its_days_allow(cast: Cast) -> None:
    visited(cast, 10)
    check(cast, last=5)
    assert night(cast).held == 1
    held = NightParty.objects.get()
    assert (held.code, held.notes[0]) == ("waits", {"code": "night_waits", "params": {"until": "2026-07-10"}})
    Target.objects.filter(pk=cast.target.pk).update(yearly_cap=1)
    with pretend(TWO_AT_NIGHT + timedelta(days=4)):
        assert night(cast).held == 1
        assert NightParty.objects.latest("pk").code == "guarded"
    Target.objects.filter(pk=cast.target.pk).update(yearly_cap=9)
    with pretend(TWO_AT_NIGHT + timedelta(days=5)):
        assert night(cast).opened == 1


def test_a_short_while_is_only_told_where_waiting_would_be_too_late(cast: Cast) -> None:
    visited(cast, 1)
    check(cast, last=5)
    assert night(cast).opened == 1
    assert "guard_cooling_off" in codes(Order.objects.get(state=OrderState.DRAFTED))


def test_without_a_team_or_a_squad_a_person_decides(cast: Cast) -> None:
    planned_case(cast)
    Squad.objects.filter(kind=SquadKind.ENFORCEMENT_TEAM).update(active=False)
    assert night(cast).held == 1
    held = NightParty.objects.get()
    assert held.code == "no_squad"
    assert len(explained(held.notes)) == 1
    assert not Part.objects.exists()


def test_a_party_at_fault_is_set_aside_and_its_neighbours_are_planned(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_case(cast)
    planned_case(cast, target=cast.supermarket)
    whole = batch.parties_plan

    def broken(plan: NightPlan, target_ids: list[int]) -> list[NightParty]:
        if cast.target.pk in target_ids:
            raise ValueError("made up")
        return whole(plan, target_ids)

    monkeypatch.setattr(running, "parties_plan", broken)
    plan = night(cast)
    assert (plan.state, plan.looked, plan.opened, plan.held) == ("done", 2, 1, 1)
    assert NightParty.objects.get(target=cast.target).code == "failed"
    assert Order.objects.get().target == cast.supermarket


def test_tomorrow_stands_in_the_order(cast: Cast) -> None:
    tomorrow = today() + timedelta(days=1)
    check(cast, first=1, last=2)
    night(cast, day=tomorrow)
    assert Order.objects.get().planned_day == tomorrow


@pytest.mark.parametrize("days", [-1, 8])
def test_no_other_day_is_planned(cast: Cast, days: int) -> None:
    with refused("day_wrong", status=422):
        nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk, day=today() + timedelta(days=days))


def test_who_may_not_draft_begins_no_night(cast: Cast) -> None:
    for user in (cast.outsider, cast.checker, cast.leader, cast.supervisor):
        with refused("not_allowed", status=403):
            nightplans.night_begin(actor=cast.act(user), street_id=cast.street.pk)


def test_the_clock_begins_the_nights_that_offices_asked_for(cast: Cast) -> None:
    planned_case(cast)
    with unchanged():
        assert tasks.nights_sweep() == 0
    Setting.objects.create(key="plan_nightly", value=1)
    Setting.objects.create(key="plan_nightly", street=cast.other_street, value=0)
    with pretend(TWO_AT_NIGHT.replace(hour=12)), unchanged():
        assert tasks.nights_sweep() == 0
    assert tasks.nights_sweep() == 0
    plan = NightPlan.objects.get()
    assert (plan.street, plan.state, plan.opened) == (cast.street, NightState.DONE, 1)
    with unchanged():
        tasks.nights_sweep()


def test_a_night_begun_goes_on_by_day_and_ends_with_its_day(cast: Cast) -> None:
    for target in (cast.target, cast.supermarket):
        planned_case(cast, target=target)
    plan = nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk)
    plan = nightplans.night_execute(plan_id=plan.pk, seconds=0, batch=1)
    assert (plan.state, plan.looked, plan.opened) == ("running", 1, 1)
    with pretend(TWO_AT_NIGHT.replace(hour=12)):
        tasks.nights_sweep()
    plan.refresh_from_db()
    assert (plan.state, plan.looked, plan.opened, Order.objects.count()) == ("done", 2, 2, 2)
    NightPlan.objects.update(state=NightState.RUNNING)
    with pretend(TWO_AT_NIGHT + timedelta(days=1, hours=9)):
        tasks.nights_sweep()
    plan.refresh_from_db()
    assert plan.state == NightState.FAILED


def test_runs_are_kept_a_season(cast: Cast) -> None:
    planned_case(cast)
    night(cast)
    with pretend(TWO_AT_NIGHT + timedelta(days=running.KEPT_DAYS)):
        night(cast)
    assert NightPlan.objects.count() == 2
    with pretend(TWO_AT_NIGHT + timedelta(days=running.KEPT_DAYS + 1)):
        night(cast)
    assert NightPlan.objects.count() == 2
    assert Order.objects.count() == 1


def test_as_many_statements_for_many_as_for_one(cast: Cast) -> None:
    def asked(count: int) -> int:
        for _ in range(count):
            target = Target.objects.create(street=cast.street, name="演示·店", address="演示路1号")
            planned_case(cast, target=target)
            check(cast, target=target, last=2)
        with CaptureQueriesContext(connection) as seen:
            plan = night(cast)
        assert plan.opened == count
        NightPlan.objects.all().delete()
        return len(seen)

    one = asked(1)
    assert asked(12) <= one + 2, one


def test_the_command_says_what_it_did(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    planned_case(cast)
    Target.objects.filter(pk=cast.supermarket.pk).update(no_disturb=True, no_disturb_reason="演示")
    check(cast, target=cast.supermarket, last=2)
    with translation.override("en"):
        with pytest.raises(CommandError, match="No street plans nightly"):
            call_command("plan_night")
        with pytest.raises(CommandError, match="no district"):
            call_command("plan_night", district="000000")
        with pytest.raises(CommandError, match="no street"):
            call_command("plan_night", street=["000000000"])
        with pytest.raises(CommandError, match="next seven days"):
            call_command("plan_night", street=[cast.street.code], day=today() - timedelta(days=1))
        call_command("plan_night", district=cast.district.code)
        said = capsys.readouterr().out
        assert "1 orders drafted now" in said
        assert "guarded: 1" in said
        assert NightPlan.objects.count() == 2, "both streets"
        call_command("plan_night", street=[cast.street.code])
        assert "0 orders drafted now, 1 in all" in capsys.readouterr().out


def test_every_reason_has_its_words() -> None:
    assert {f"night_{code}" for code in ("no_squad", "lead_reason_needed", "guarded", "waits", "failed")} <= set(WORDS)


def test_the_rule_and_the_switch_take_few_words(cast: Cast) -> None:
    admin = cast.act(cast.system_admin)
    Setting.objects.create(key="plan_rule", value="riding")
    Setting.objects.create(key="plan_nightly", value=1)
    Setting.objects.create(key="plan_weekday", value=3)
    for key, value in (("plan_rule", "whenever"), ("plan_nightly", "2"), ("plan_weekday", "0"), ("plan_weekday", "8")):
        with refused("bad_value"):
            catalogue.setting_set(actor=admin, key=key, street_id=cast.street.pk, value=value, source="演示")
    catalogue.setting_set(actor=admin, key="plan_rule", street_id=cast.street.pk, value="immediate", source="演示")
    catalogue.setting_set(actor=admin, key="plan_nightly", street_id=cast.street.pk, value="0", source="演示")
    row = catalogue.setting_set(actor=admin, key="plan_weekday", street_id=cast.street.pk, value="7", source="演示")
    assert row is not None
    assert row.value == 7
    changed = Change.objects.filter(subject_kind="setting").order_by("pk")
    told = [field["to"] for change in changed for field in change.fields if field["field"] == "value"]
    assert told == ["immediate", "0", "7"]
    with translation.override("en"):
        shown = {row.key: row for row in settings_table()}
    assert shown["plan_rule"].value == "who waits at once, planned checks ride along"
    assert [value for _street, value in shown["plan_rule"].own] == ["everything at once"]
    assert [value for _street, value in shown["plan_nightly"].own] == ["no"]
    assert shown["plan_weekday"].value == "Wednesday"
    assert [value for _street, value in shown["plan_weekday"].own] == ["Sunday"]
