"""A case tells its story in words, over its orders, and says whether its chain holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from cases.clock.moment import now, pretend
from cases.models import Case, Event, Order
from cases.policies import RIGHTS
from cases.selectors.event_words import SENTENCES
from cases.selectors.timeline import case_timeline, order_timeline, verify
from cases.services import casefile, escalation, orders
from dispatch.notify.audience import RULES
from tests.cast import Cast
from tests.stage import issued_order, planned_case

KIND = re.compile(r"""["']((?:case|order)\.[a-z_]+)["']""")


CHASED = {f"{one}.{step}" for one in ("case", "order") for step in ("deadline_warned", "deadline_passed", "escalated")}
"""Written by the sweep, which puts the kind together."""


def kinds_written() -> set[str]:
    """Every kind that a service names, rights (which look alike) taken out."""
    found: set[str] = set()
    for file in sorted((Path(configured.BASE_DIR) / "cases" / "services").rglob("*.py")):
        found |= set(KIND.findall(file.read_text()))
    return found - (set(RIGHTS) - set(SENTENCES))


def test_every_kind_that_a_service_writes_has_a_sentence_in_both_languages() -> None:
    assert kinds_written() - set(SENTENCES) == set()
    assert set(SENTENCES) >= CHASED
    with translation.override("en"):
        assert all(str(one.what).strip() for one in SENTENCES.values())


def test_every_rule_of_the_audience_is_for_a_kind_that_exists() -> None:
    assert set(RULES) <= set(SENTENCES)


def test_the_story_runs_over_case_and_order_newest_first(cast: Cast) -> None:
    order = issued_order(cast)
    part = order.parts.get(squad=cast.squads["market"])
    with pretend(now() + timedelta(minutes=5)):
        orders.part_acknowledge(actor=cast.act(cast.market_officers[0]), part_id=part.pk)
    case = order.needs.get().case
    assert case is not None
    story = case_timeline(case=case)
    events = [entry.event for entry in story.entries]
    assert events[0] == "order.part_acknowledged"
    assert events[-1] == "case.received"
    assert {"order.issued", "case.dispatched", "order.approved", "case.triaged"} <= set(events)
    assert [entry.at for entry in story.entries] == sorted((entry.at for entry in story.entries), reverse=True)
    first = story.entries[0]
    with translation.override("en"):
        first = case_timeline(case=case).entries[0]
    assert first.what == "Acknowledged"
    assert "市场监管" in first.note
    assert first.actor == f"{cast.market_officers[0].name} squad leader"
    assert first.used is not None
    assert timedelta(minutes=5) <= first.used < timedelta(minutes=6)
    assert first.late is False
    assert story.verified
    assert {chain.subject for chain in story.chains} == {"case", "order"}


def test_reasons_of_staff_are_read_beside_the_sentence(cast: Cast) -> None:
    order = issued_order(cast)
    part = order.parts.get(squad=cast.squads["market"])
    orders.part_return(actor=cast.act(cast.market_officers[0]), part_id=part.pk, reason="演示·非本队职责")
    entry = order_timeline(order=order).entries[0]
    assert entry.event == "order.part_returned"
    assert "演示·非本队职责" in entry.note


def test_lateness_stands_out_with_its_clock_and_level(cast: Cast) -> None:
    with pretend(now() - timedelta(days=40)):
        order = issued_order(cast)
    escalation.deadlines_sweep()
    with translation.override("en"):
        late = [entry for entry in order_timeline(order=order).entries if entry.event == "order.escalated"]
    assert {entry.kind for entry in late} == {"late"}
    assert any("acknowledge" in entry.note and "supervision level 3" in entry.note for entry in late)
    assert {entry.actor for entry in late} == {"system"}


def test_of_an_order_that_the_case_left_only_the_past_is_told(cast: Cast) -> None:
    case, need = planned_case(cast)
    planned_case(cast)
    dispatcher = cast.act(cast.dispatcher)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.need_take_out(actor=dispatcher, need_id=need.pk, reason="演示·另行处理")
    with pretend(now() + timedelta(minutes=1)):
        orders.order_submit(actor=dispatcher, order_id=order.pk)
    events = [entry.event for entry in case_timeline(case=case).entries]
    assert "order.drafted" in events
    assert "order.submitted" not in events


def test_squads_do_not_read_what_passed_between_office_and_residents(cast: Cast) -> None:
    order = issued_order(cast)
    case = order.needs.get().case
    assert case is not None
    casefile.case_note(actor=cast.act(cast.dispatcher), case_id=case.pk, text="演示·内部")
    assert "case.noted" in {entry.event for entry in case_timeline(case=case).entries}
    assert "case.noted" not in {entry.event for entry in case_timeline(case=case, for_squad=True).entries}


def test_a_changed_event_is_found(cast: Cast) -> None:
    order = issued_order(cast)
    case = order.needs.get().case
    assert case is not None
    assert all(chain.broken is None for chain in verify(case))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_event DISABLE TRIGGER cases_event_no_change")
        cursor.execute("UPDATE cases_event SET body = replace(body, 'general', 'urgent') WHERE kind = 'case.received'")
        cursor.execute("ALTER TABLE cases_event ENABLE TRIGGER cases_event_no_change")
    broken = [chain for chain in verify(case) if chain.broken is not None]
    assert [(chain.subject, chain.broken and chain.broken.seq) for chain in broken] == [("case", 1)]
    assert not case_timeline(case=case).verified


def test_a_removed_last_event_is_found(cast: Cast) -> None:
    case, _need = planned_case(cast)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_event DISABLE TRIGGER cases_event_no_change")
        last = Event.objects.filter(case=case).latest("seq")
        cursor.execute("DELETE FROM cases_outbox WHERE event_id = %s", [last.pk])
        cursor.execute("DELETE FROM cases_event WHERE id = %s", [last.pk])
        cursor.execute("ALTER TABLE cases_event ENABLE TRIGGER cases_event_no_change")
    assert not case_timeline(case=case).verified


@pytest.mark.parametrize("more", [0, 20])
def test_the_story_takes_few_queries_however_long(
    cast: Cast, more: int, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    order = issued_order(cast)
    part = order.parts.get(squad=cast.squads["market"])
    for _ in range(more):
        orders.part_urge(actor=cast.act(cast.dispatcher), part_id=part.pk)
    case = order.needs.get().case
    assert case is not None
    with django_assert_max_num_queries(7):
        case_timeline(case=case)


def test_events_and_the_heads_of_their_chains_are_read_at_one_moment(cast: Cast, settings: Any) -> None:
    """An event written between two reads would make a whole chain look broken."""
    settings.DATABASE_POOLED = True  # a prepared question isn't seen
    order = issued_order(cast)
    case = Case.objects.get(needs__order_links__order=order)
    with CaptureQueriesContext(connection) as asked:
        story = case_timeline(case=case)
    [events] = [one["sql"] for one in asked.captured_queries if 'FROM "cases_event"' in one["sql"]]
    assert "cases_chain" in events
    assert [one for one in asked.captured_queries if 'FROM "cases_chain"' in one["sql"]] == []
    assert {chain.subject for chain in story.chains} == {"case", "order"}
    assert story.verified


def _as_its_page_reads(case: Case) -> tuple[Case, list[Order]]:
    order_ids = case.needs.values("order_links__order")
    return (
        Case.objects.select_related("chain").get(pk=case.pk),
        list(Order.objects.filter(pk__in=order_ids).select_related("chain")),
    )


def test_heads_that_were_read_before_are_not_read_again(cast: Cast, settings: Any) -> None:
    settings.DATABASE_POOLED = True  # a prepared question isn't seen
    issued_order(cast)
    case, found = _as_its_page_reads(Case.objects.get(needs__order_links__isnull=False))
    with CaptureQueriesContext(connection) as asked:
        story = case_timeline(case=case, orders=found)
    assert not [one for one in asked.captured_queries if "cases_chain" in one["sql"]]
    assert story.verified
    assert story == case_timeline(case=Case.objects.get(pk=case.pk))


def test_what_is_written_after_the_heads_were_read_is_told_and_holds(cast: Cast) -> None:
    issued_order(cast)
    case, found = _as_its_page_reads(Case.objects.get(needs__order_links__isnull=False))
    casefile.case_note(actor=cast.act(cast.dispatcher), case_id=case.pk, text="演示·其间")
    story = case_timeline(case=case, orders=found)
    assert story.entries[0].event == "case.noted"
    assert story.verified


def test_a_removed_last_event_is_found_by_heads_that_were_read_before(cast: Cast) -> None:
    case, _need = planned_case(cast)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_event DISABLE TRIGGER cases_event_no_change")
        last = Event.objects.filter(case=case).latest("seq")
        cursor.execute("DELETE FROM cases_outbox WHERE event_id = %s", [last.pk])
        cursor.execute("DELETE FROM cases_event WHERE id = %s", [last.pk])
        cursor.execute("ALTER TABLE cases_event ENABLE TRIGGER cases_event_no_change")
    case, found = _as_its_page_reads(case)
    assert not case_timeline(case=case, orders=found).verified
