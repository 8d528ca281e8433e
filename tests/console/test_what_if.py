"""What if: the replay of one's own street, said honestly; nothing is written and nothing of other streets is read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Setting
from cases.selectors import pastneeds
from cases.services import needs
from tests.cast import Cast, unchanged
from tests.console.conftest import Login
from tests.stage import planned_case

URL = reverse("console:what_if")


def planned(cast: Cast, function: str, first: date, days: int) -> None:
    needs.need_open(
        actor=cast.act(cast.dispatcher),
        target_id=cast.target.pk,
        cause="planned",
        agency_ids=cast.agency_ids(function),
        from_day=first,
        due_day=first + timedelta(days=days),
    )


def texts(answer: Any) -> str:
    return "\n".join(line for _kind, line in answer.context["said"])


def test_planned_checks_that_ride_are_gained(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    today = timezone.localdate()
    planned_case(cast, functions=("market",), due_day=today + timedelta(days=3))
    planned(cast, "fire", today, 30)
    desk = login(cast.dispatcher)
    desk.get(URL, {"last": (today + timedelta(days=9)).isoformat()})
    with unchanged(), django_assert_max_num_queries(25):
        answer = desk.get(URL, {"last": (today + timedelta(days=9)).isoformat()})
    assert answer.status_code == 200
    visits = {str(row["name"]): row["one"].visits for row in answer.context["ways"]}
    assert visits["each department merging its own"] == 2
    assert visits["planned checks ride along"] == 1
    assert "1 fewer than B2 (2), that is 50.0 %." in texts(answer)
    assert "chance decides here" in texts(answer)
    text = answer.content.decode()
    assert "what really happened" in text
    assert "2 reasons of departments were not visited yet" in text
    assert text.count('class="c-dot') == 22, "every margin is drawn"
    assert 'aria-label="Visits of the riding rule by margin in days' in text


def test_no_gain_is_said(cast: Cast, login: Login) -> None:
    planned_case(cast, functions=("market",))
    answer = login(cast.head).get(URL)
    assert "No gain: “planned checks ride along” makes as many visits as B2 (1)." in texts(answer)
    assert "No planned check falls into this period" in texts(answer)


def test_it_begins_with_the_streets_own_rule(cast: Cast, login: Login) -> None:
    planned_case(cast)
    Setting.objects.create(key="plan_rule", value="immediate")
    for key, value in (("plan_rule", "weekly"), ("plan_margin_days", 9), ("plan_weekday", 7)):
        Setting.objects.create(key=key, street=cast.street, value=value)
    desk = login(cast.dispatcher)
    answer = desk.get(URL)
    choice = answer.context["found"].choice
    assert (choice.rule, choice.margin, choice.weekday) == ("weekly", 9, 6)
    assert "planned checks on one day a week·Sunday·margin 9 days" in answer.content.decode()
    assert desk.get(URL, {"rule": "riding"}).context["found"].choice.rule == "riding"
    assert login(cast.outsider).get(URL).context["form"]["rule"].value() == "immediate"


def test_a_weekly_day_is_kept_and_a_limit_can_be_late(cast: Cast, login: Login) -> None:
    today = timezone.localdate()
    planned_case(cast, functions=("market",), due_day=today)
    tomorrow = str((today.weekday() + 1) % 7)
    answer = login(cast.head).get(URL, {"rule": "weekly", "weekday": tomorrow})
    assert answer.context["found"].chosen.late == 0
    assert "Without a limit a day nothing is late." not in texts(answer), "nothing was visited: no busiest day"
    for pk in (cast.supermarket.pk,):
        needs.need_open(
            actor=cast.act(cast.dispatcher), target_id=pk, cause="planned", agency_ids=cast.agency_ids("fire"),
            from_day=today, due_day=today,
        )  # fmt: skip
    limited = login(cast.head).get(URL, {"a_day": "1"})
    assert limited.context["found"].chosen.late == 1
    assert "Late by the margin" in limited.content.decode()


def test_an_empty_period_says_so(cast: Cast, login: Login) -> None:
    answer = login(cast.auditor).get(URL, {"first": "2020-01-01", "last": "2020-02-01", "street": str(cast.street.pk)})
    assert answer.status_code == 200
    assert "No history in this period" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": "2026-05-02", "last": "2026-05-01"}, "The first day lies after the last."),
        ({"first": "2020-01-01", "last": "2026-05-01"}, "At most two years at once."),
        ({"margin": "22"}, "less than or equal to 21"),
        ({"rule": "magic"}, "magic"),
        ({"window": "45"}, "45"),
        ({"a_day": "0"}, "greater than or equal to 1"),
        ({"first": "0001-01-01", "last": "x"}, "Enter a valid date"),
        ({"street": "999999"}, "valid choice"),
    ],
)
def test_what_cannot_be_replayed_says_why(cast: Cast, login: Login, asked: dict[str, str], words: str) -> None:
    desk = login(cast.dispatcher)
    with unchanged():
        answer = desk.get(URL, asked)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "found" not in answer.context


def test_a_period_that_holds_too_much_is_refused(cast: Cast, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    planned_case(cast)
    monkeypatch.setattr(pastneeds, "MOST", 2)
    answer = login(cast.dispatcher).get(URL)
    assert answer.status_code == 422
    assert "This period holds 3 reasons of single departments" in answer.content.decode()


def test_a_street_of_others_is_no_choice(cast: Cast, login: Login) -> None:
    planned_case(cast)
    own = login(cast.dispatcher).get(URL, {"street": str(cast.other_street.pk)})
    assert own.status_code == 422
    assert "No history" in login(cast.outsider).get(URL).content.decode()
    district = login(cast.supervisor).get(URL, {"street": str(cast.street.pk)})
    assert district.context["found"].past.needs == 1
