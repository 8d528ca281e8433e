"""Deadlines are chased once each, by level, past broken and busy rows."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from cases.clock import SERVICE_LADDER, URGENT_LADDER
from cases.clock.moment import now, pretend
from cases.models import Case, Deadline, DeadlineKind, DeadlineState, Event, Order, Outbox
from cases.refusals import Refused
from cases.selectors.timeline import verify
from cases.services import casefile, deadlines, orders
from cases.services.deadlines import ladder_of
from cases.services.escalation import deadlines_sweep
from teams.policies import SYSTEM
from tests.cast import Cast, make_cast
from tests.stage import issued_order

MONDAY = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)  # 09:00 in the office


def fired(**where: object) -> list[tuple[str, int]]:
    rows = Event.objects.filter(kind__regex="deadline_|escalated", **where).order_by("pk")
    return [(event.kind, json.loads(event.body)["data"]["level"]) for event in rows]


def acknowledge_of(order: Order, squad_id: int) -> Deadline:
    return Deadline.objects.get(part__order=order, part__squad_id=squad_id, kind=DeadlineKind.ACKNOWLEDGE)


def only(row: Deadline) -> None:
    """Leave the one deadline to the sweep."""
    Deadline.objects.exclude(pk=row.pk).update(next_at=None)


def test_a_sweep_with_nothing_due_is_one_query(cast: Cast, django_assert_num_queries: Callable[[int], Any]) -> None:
    with pretend(MONDAY):
        issued_order(cast)
        with django_assert_num_queries(1):
            assert not deadlines_sweep()


def test_a_silent_squad_is_warned_noted_and_escalated_step_by_step(cast: Cast) -> None:
    with pretend(MONDAY):
        order = issued_order(cast)
        row = acknowledge_of(order, cast.squads["market"].pk)
        only(row)
    assert row.due_at == MONDAY + timedelta(hours=2)
    steps = []
    for at in (
        MONDAY + timedelta(minutes=89),
        MONDAY + timedelta(minutes=90),
        MONDAY + timedelta(minutes=119),
        MONDAY + timedelta(minutes=120),
        MONDAY + timedelta(days=1, minutes=119),
        MONDAY + timedelta(days=1, minutes=120),
        MONDAY + timedelta(days=3, minutes=120),
        MONDAY + timedelta(days=9),
    ):
        with pretend(at):
            steps.append(deadlines_sweep().fired)
    assert steps == [0, 1, 0, 1, 0, 1, 1, 0]
    assert fired(order=order) == [
        ("order.deadline_warned", 0),
        ("order.deadline_passed", 1),
        ("order.escalated", 2),
        ("order.escalated", 3),
    ]
    row.refresh_from_db()
    assert (row.level, row.next_at, row.state) == (len(SERVICE_LADDER.rungs), None, DeadlineState.RUNNING)
    body = json.loads(Event.objects.filter(kind="order.escalated").latest("pk").body)["data"]
    assert (body["squad"], body["part"], body["clock"]) == (cast.squads["market"].pk, row.part_id, "acknowledge")
    assert Outbox.objects.filter(event__kind="order.escalated").count() == 2


def test_an_urgent_order_climbs_in_minutes(cast: Cast) -> None:
    with pretend(MONDAY):
        order = issued_order(cast, urgency="urgent")
        row = acknowledge_of(order, cast.squads["market"].pk)
        only(row)
    assert ladder_of(row) is URGENT_LADDER
    with pretend(MONDAY + timedelta(minutes=60)):
        deadlines_sweep()
    with pretend(MONDAY + timedelta(minutes=90)):
        deadlines_sweep()
    assert fired(order=order) == [("order.escalated", 2), ("order.escalated", 3)]


def test_a_sweep_that_comes_late_goes_to_the_highest_level_at_once(cast: Cast) -> None:
    with pretend(MONDAY):
        order = issued_order(cast)
        only(acknowledge_of(order, cast.squads["market"].pk))
    with pretend(MONDAY + timedelta(days=30)):
        assert deadlines_sweep().fired == 1
        assert not deadlines_sweep()
    assert fired(order=order) == [("order.escalated", 3)]


def test_a_cases_own_clock_is_told_in_the_cases_journal(cast: Cast) -> None:
    with pretend(MONDAY):
        case = casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")
        only(Deadline.objects.get(case=case, kind=DeadlineKind.REGISTER))
    with pretend(MONDAY + timedelta(minutes=15)):
        deadlines_sweep()
    assert fired(case=case) == [("case.deadline_passed", 1)]


def test_what_was_met_or_paused_in_time_is_left_alone(cast: Cast) -> None:
    with pretend(MONDAY):
        order = issued_order(cast)
        part = order.parts.get(squad=cast.squads["market"])
        orders.part_acknowledge(actor=cast.act(cast.market_officers[0]), part_id=part.pk)
        case = Case.objects.get()
        deadlines.deadlines_pause(case=case, reason="演示·等鉴定")
    with pretend(MONDAY + timedelta(days=60)):
        deadlines_sweep()
    assert not fired(case=case)
    kinds = {json.loads(event.body)["data"]["clock"] for event in Event.objects.filter(kind="order.escalated")}
    silent = Deadline.objects.filter(level__gt=0, kind=DeadlineKind.ACKNOWLEDGE)
    assert part.pk not in silent.values_list("part_id", flat=True)
    assert DeadlineKind.ACKNOWLEDGE in kinds


def test_a_broken_row_is_passed_over_waits_longer_and_blocks_nobody(cast: Cast) -> None:
    with pretend(MONDAY):
        order = issued_order(cast)
        good = acknowledge_of(order, cast.squads["market"].pk)
        bad = acknowledge_of(order, cast.squads["urban"].pk)
        Deadline.objects.exclude(pk__in=[good.pk, bad.pk]).update(next_at=None)
        # No calendar reaches the day after the last day there is.
        end = datetime(9999, 12, 31, 12, tzinfo=UTC)
        Deadline.objects.filter(pk=bad.pk).update(level=2, due_at=end, next_at=MONDAY)
    later = MONDAY + timedelta(hours=3)
    with pretend(later):
        swept = deadlines_sweep()
        assert (swept.fired, swept.broken) == (1, 1)
        assert not deadlines_sweep()
    bad.refresh_from_db()
    assert bad.sweep_errors == 1
    assert bad.last_error
    assert bad.next_at == later + timedelta(minutes=1)
    with pretend(later + timedelta(minutes=2)):
        assert deadlines_sweep().broken == 1
    bad.refresh_from_db()
    assert bad.next_at == later + timedelta(minutes=4)
    assert fired(order=order) == [("order.deadline_passed", 1)]


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_fire_every_deadline_once() -> None:
    cast = make_cast()
    with pretend(MONDAY):
        issued_order(cast)
        for _ in range(10):
            casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")
    due = Deadline.objects.filter(state=DeadlineState.RUNNING, next_at__isnull=False).count()
    gate = threading.Barrier(4)
    counts: list[int] = []

    def sweep() -> None:
        try:
            gate.wait(10)
            with pretend(MONDAY + timedelta(days=30)):
                for _ in range(20):
                    counts.append(deadlines_sweep(limit=7).fired)
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == due
    assert len(fired()) == due


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_works_on_is_left_for_the_next_sweep() -> None:
    cast = make_cast()
    with pretend(MONDAY):
        case = casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")
        other = casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        try:
            with transaction.atomic():
                casefile.case_lock(case.pk)
                held.set()
                done.wait(20)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert held.wait(10)
    begun = now()
    with pretend(MONDAY + timedelta(days=30)):
        swept = deadlines_sweep()
        assert swept.busy
        assert not fired(case=case)
        assert fired(case=other)
        done.set()
        worker.join(10)
        assert deadlines_sweep().fired == swept.busy
    assert now() - begun < timedelta(seconds=5)
    assert fired(case=case)


@pytest.mark.django_db(transaction=True)
def test_sweeps_and_people_at_work_never_deadlock() -> None:
    """People acknowledge, return, call again and note while three sweeps chase everything there is."""
    cast = make_cast()
    with pretend(MONDAY):
        order = issued_order(cast, functions=["market", "urban"])
        case = order.needs.get().case
        assert case is not None
    dispatcher = cast.act(cast.dispatcher)
    errors: list[BaseException] = []
    over = threading.Event()

    def loop(act: Callable[[], object], times: int | None) -> None:
        done = 0
        try:
            while not over.is_set() and (times is None or done < times):
                done += 1
                with pretend(MONDAY + timedelta(days=30, minutes=done)), contextlib.suppress(Refused):
                    act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def answer_calls(function: str) -> Callable[[], object]:
        part = order.parts.get(squad=cast.squads[function])
        officer = cast.act(cast.officers_of(function)[0])
        acts: Iterator[Callable[[], object]] = itertools.cycle(
            (
                lambda: orders.part_acknowledge(actor=officer, part_id=part.pk),
                lambda: orders.part_return(actor=officer, part_id=part.pk, reason="演示"),
                lambda: orders.part_call_again(actor=dispatcher, part_id=part.pk, reason="演示"),
                lambda: orders.part_urge(actor=dispatcher, part_id=part.pk),
            )
        )
        return lambda: next(acts)()

    people = [
        threading.Thread(target=loop, args=(act, 40))
        for act in (
            answer_calls("market"),
            answer_calls("urban"),
            lambda: casefile.case_note(actor=dispatcher, case_id=case.pk, text="演示"),
        )
    ]
    sweeps = [threading.Thread(target=loop, args=(deadlines_sweep, None)) for _ in range(3)]
    for thread in (*people, *sweeps):
        thread.start()
    for thread in people:
        thread.join(60)
    over.set()
    for thread in sweeps:
        thread.join(30)
    assert not errors
    levels = Counter(
        json.loads(event.body)["data"]["deadline"] for event in Event.objects.filter(kind__endswith="escalated")
    )
    assert levels
    assert set(levels.values()) == {1}
    assert not Deadline.objects.exclude(sweep_errors=0).exists()
    assert all(chain.broken is None for chain in verify(case))
