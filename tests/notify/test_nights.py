"""The night's summary: in the morning, once a street and night, to the dispatchers, with no party's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cases.clock.moment import now, pretend
from cases.models import NightPlan, NightState, Target
from cases.services import nightplans
from dispatch.notify.models import Message
from dispatch.notify.nights import nights_tell
from dispatch.notify.selectors import inbox
from teams.models import Assignment, Role
from teams.policies import SYSTEM
from tests.cases.services.test_nightplans import TWO_AT_NIGHT, check
from tests.cast import Cast, unchanged
from tests.stage import planned_case

EIGHT = TWO_AT_NIGHT.replace(hour=8)


@pytest.fixture(autouse=True)
def _night() -> Iterator[None]:
    with pretend(TWO_AT_NIGHT):
        yield


def run(cast: Cast, **more: object) -> NightPlan:
    plan = nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk)
    return nightplans.night_execute(plan_id=plan.pk, **more)  # type: ignore[arg-type]


def stage(cast: Cast) -> None:
    planned_case(cast)
    Target.objects.filter(pk=cast.supermarket.pk).update(no_disturb=True, no_disturb_reason="演示")
    check(cast, target=cast.supermarket, last=2)


def test_the_office_reads_it_in_the_morning_once(cast: Cast) -> None:
    stage(cast)
    with unchanged():
        assert nights_tell() == 0, "nothing is over, and it is night"
    run(cast, seconds=0, batch=1)
    with pretend(EIGHT), unchanged():
        assert nights_tell() == 0, "still under way"
    plan = run(cast)
    assert (plan.state, plan.opened, plan.held) == ("done", 1, 1)
    with unchanged():
        assert nights_tell() == 0, "nobody is told at night"
    with pretend(EIGHT):
        assert nights_tell() == 1
        message = Message.objects.get()
        assert (message.recipient, message.channel) == (cast.dispatcher, "in_app")
        run(cast)
        with unchanged():
            assert nights_tell() == 0
    with pretend(EIGHT):
        english, chinese = (inbox(cast.act(cast.dispatcher), language=one)[0] for one in ("en", "zh-hans"))
    assert english.words == (
        "Night plan of Demo street A, 6 Jul 2026: 1 orders drafted for 1 reasons to visit; left to you: 1 "
        "(needs a written reason: 1)."
    )
    assert "拟出检查单 1 张" in chinese.words
    assert (english.subject, english.subject_id) == ("night", plan.pk)
    for target in (cast.target, cast.supermarket):
        assert target.name not in english.words + str(message.params)


def test_a_night_that_came_to_nothing_is_no_news_and_one_broken_off_is(cast: Cast) -> None:
    check(cast, last=30)
    plan = run(cast)
    with pretend(EIGHT), unchanged():
        assert nights_tell() == 0
    NightPlan.objects.filter(pk=plan.pk).update(state=NightState.FAILED, looked=0, finished_at=EIGHT)
    with pretend(EIGHT):
        assert nights_tell() == 1
        assert "broke off after 0 of 1 parties" in inbox(cast.act(cast.dispatcher), language="en")[0].words
    NightPlan.objects.update(day=plan.day - timedelta(days=1))
    with pretend(EIGHT + timedelta(days=1, minutes=1)), unchanged():
        assert nights_tell() == 0, "a day later it is no news any more"


def test_without_a_dispatcher_the_head_is_told(cast: Cast) -> None:
    stage(cast)
    run(cast)
    Assignment.objects.filter(role=Role.DISPATCHER).update(ends_on=now().date() - timedelta(days=1))
    with pretend(EIGHT):
        nights_tell()
    assert Message.objects.get().recipient == cast.head
