"""Others' reports: who describes the same at the same place may join, and learns nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from cases.clock.moment import now, pretend
from cases.models import Case, Complaint, DeadlineKind, Event
from cases.selectors.joinable import Spot, joinable_for
from cases.services import casefile, intake, triage
from teams.policies import RESIDENT
from tests.cast import LAT, LNG, Cast
from tests.portal.test_report import begin, finish, key_in, page, place
from tests.stage import issued_order, planned_case

pytestmark = pytest.mark.django_db
WORDS, PHONE = "演示·露天烧烤冒烟，住我隔壁", "13800002468"
TEXT = "演示·露天烧烤"


def first_report(cast: Cast, **more: object) -> intake.Intake:
    facts: dict[str, object] = {"lat": LAT, "lng": LNG, "phone": PHONE, "name": "演示·居民甲"} | more
    return intake.complaint_create(actor=RESIDENT, source="portal", text=WORDS, **facts)  # type: ignore[arg-type]


def to_step_three(client: Client, **where: object) -> str:
    begin(client, kinds=["barbecue"], text=TEXT)
    place(client, **({"address": "", "lat": LAT, "lng": LNG, "accuracy": 9} | where))
    return page(client, "/report/send/")


def codes(html: str) -> list[str]:
    return re.findall(r'name="join" value="([0-9a-f]{16})"', html)


def test_an_offer_tells_kind_neighbourhood_and_day_only(resident: Client, cast: Cast) -> None:
    made = first_report(cast)
    html = to_step_three(resident)
    assert len(codes(html)) == 1
    assert cast.categories["05-10"].name in html
    for hidden in (WORDS, "隔壁", PHONE, "居民甲", made.complaint.reference, f'value="{made.case.pk}"'):
        assert hidden not in html
    assert cast.target.name not in html


def test_joining_makes_an_own_report_of_the_same_case(resident: Client, cast: Cast) -> None:
    made = first_report(cast)
    html = to_step_three(resident)
    answer = finish(resident, key_in(html), join=codes(html)[0])
    assert answer.headers["Location"] == "/report/done/"
    case = Case.objects.get()
    mine = Complaint.objects.exclude(pk=made.complaint.pk).get()
    assert (case.complaint_count, set(case.complaints.all())) == (2, {made.complaint, mine})
    assert mine.reference != made.complaint.reference
    assert mine.token_hash not in (None, made.complaint.token_hash)
    event = Event.objects.get(kind="case.complaint_joined")
    assert '"by":"resident"' in event.body
    assert TEXT not in event.body
    assert case.deadlines.filter(kind=DeadlineKind.CONTACT).count() == 1
    shown = page(resident, "/report/done/")
    assert "一起办理" in shown
    link = re.search(r"/t/[\w-]+/", shown)
    assert link
    private = page(resident, link.group(0))
    assert TEXT in private
    assert "隔壁" not in private


def test_a_code_of_another_draft_joins_nothing(resident: Client, cast: Cast) -> None:
    first_report(cast)
    stolen = codes(to_step_three(Client()))[0]
    html = to_step_three(resident)
    assert stolen not in html
    finish(resident, key_in(html), join=stolen)
    assert Case.objects.count() == 2  # nothing is lost either: it is a case of its own


def test_a_danger_is_always_a_case_of_its_own(resident: Client, cast: Cast) -> None:
    first_report(cast)
    begin(resident, kinds=["barbecue"], text=TEXT, danger="on")
    place(resident, address="", lat=LAT, lng=LNG)
    assert not codes(page(resident, "/report/send/"))


def test_only_the_same_kind_at_the_same_place_before_the_visit(cast: Cast) -> None:
    case = first_report(cast).case
    here = Spot(lat=LAT, lng=LNG)
    assert [one.case_id for one in joinable_for(text=TEXT, spot=here)] == [case.pk]
    assert not joinable_for(text="演示·工地夜间施工噪声", spot=here)
    assert not joinable_for(text="演示", spot=here)
    assert not joinable_for(text=TEXT, spot=Spot(lat=LAT + 0.0018, lng=LNG))
    assert not joinable_for(text=TEXT, spot=Spot())
    assert not joinable_for(text=TEXT, spot=Spot(target=cast.supermarket))
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)
    assert joinable_for(text=TEXT, spot=here)
    triage.case_reject(actor=cast.act(cast.dispatcher), case_id=case.pk, reason="演示")
    assert not joinable_for(text=TEXT, spot=here)
    with pretend(now() - timedelta(days=8)):
        first_report(cast)
    assert not joinable_for(text=TEXT, spot=here)


def test_two_that_look_alike_are_one_offer(cast: Cast) -> None:
    first, _second = first_report(cast), first_report(cast)
    assert [one.case_id for one in joinable_for(text=TEXT, spot=Spot(lat=LAT, lng=LNG))] == [first.case.pk]


def test_a_visit_begun_meanwhile_opens_a_case_after_all(cast: Cast) -> None:
    case, _need = planned_case(cast)
    Case.objects.filter(pk=case.pk).update(stage="visiting")
    made = first_report(cast, join_case_id=case.pk)
    assert made.case.pk != case.pk


def test_a_party_of_the_register_leads_to_its_open_case(cast: Cast) -> None:
    order = issued_order(cast, functions=["market", "urban"])
    made = intake.complaint_create(
        actor=RESIDENT, source="portal", text=WORDS, target_id=cast.target.pk, join_case_id=Case.objects.get().pk
    )
    assert made.case.target == order.target
    assert [one.case_id for one in joinable_for(text=TEXT, spot=Spot(target=cast.target))] == [made.case.pk]
    assert casefile.urgent(made.case) is False
