"""Several at once: what can be done is done, what is refused is named; undo only where the flow has a way back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.models import BoardExport, Case, CaseStage, Event
from cases.services import casefile, triage
from dispatch.console.undoing import KEY
from tests.cast import Cast, refused, unchanged
from tests.console.conftest import PHONE, Login, complaint
from tests.stage import issued_order, planned_case

JSON = {"X-Board": "1"}


def act(client: Client, name: str, picks: list[Case], **data: object) -> Any:
    return client.post(reverse(f"console:{name}"), {"pick": [case.pk for case in picks], **data}, headers=JSON)


def said(answer: Any) -> str:
    return "\n".join(line["text"] for line in answer.json()["said"])


def three(cast: Cast) -> list[Case]:
    return [complaint(cast)[0] for _n in range(3)]


def test_rejecting_asks_for_a_reason_does_each_and_can_be_taken_back(cast: Cast, login: Login) -> None:
    client, (first, second, third) = login(cast.dispatcher), three(cast)
    planned, _need = planned_case(cast)
    with unchanged():
        asked = act(client, "bulk_reject", [first, planned])
    assert asked.status_code == 200
    assert "<form" in asked.content.decode()
    with unchanged():
        empty = act(client, "bulk_reject", [first], sure="1", reason=" ")
    assert empty.status_code == 422
    answer = act(client, "bulk_reject", [first, second, planned], sure="1", reason="不属本街道")
    assert "2 cases rejected" in said(answer)
    assert planned.reference in said(answer)
    assert answer.json()["undo"] == {"done": "2 cases rejected; the residents are told why.", "way": True}
    undone = client.post(reverse("console:undo"), headers=JSON)
    assert "Undone for 2 cases." in said(undone)
    assert set(Case.objects.filter(stage=CaseStage.ACCEPTED).values_list("pk", flat=True)) >= {first.pk, second.pk}
    assert Event.objects.filter(kind="case.taken_back", case=first).exists()
    with unchanged():
        assert "nothing to undo" in said(client.post(reverse("console:undo"), headers=JSON))
    third.refresh_from_db()
    assert third.stage == CaseStage.RECEIVED


def test_assigning_and_its_undo(cast: Cast, login: Login) -> None:
    client, cases = login(cast.dispatcher), three(cast)
    casefile.case_assign(actor=cast.act(cast.head), case_id=cases[0].pk, owner_id=cast.checker.pk)
    answer = act(client, "bulk_assign", cases, sure="1", owner=str(cast.dispatcher.pk))
    assert "3 cases assigned." in said(answer)
    assert set(Case.objects.values_list("owner_id", flat=True)) == {cast.dispatcher.pk}
    casefile.case_assign(actor=cast.act(cast.head), case_id=cases[2].pk, owner_id=cast.head.pk)
    words = said(client.post(reverse("console:undo"), headers=JSON))
    assert "Undone for 2 cases." in words
    assert f"{cases[2].reference}: Somebody has given it into other hands since." in words
    owners = [Case.objects.get(pk=case.pk).owner_id for case in cases]
    assert owners == [cast.checker.pk, None, cast.head.pk]


def test_who_can_have_a_case_in_hand(cast: Cast, login: Login) -> None:
    case, client = complaint(cast)[0], login(cast.dispatcher)
    for stranger in (cast.outsider, cast.leader, cast.auditor):
        with refused("not_in_office"):
            casefile.case_assign(actor=cast.act(cast.dispatcher), case_id=case.pk, owner_id=stranger.pk)
    with unchanged():
        assert act(client, "bulk_assign", [case], sure="1", owner=str(cast.outsider.pk)).status_code == 422
    with refused("not_allowed", status=403):
        casefile.case_assign(actor=cast.act(cast.checker), case_id=case.pk, owner_id=cast.checker.pk)
    triage.case_reject(actor=cast.act(cast.dispatcher), case_id=case.pk, reason="x")
    with refused("ended"):
        casefile.case_assign(actor=cast.act(cast.dispatcher), case_id=case.pk, owner_id=cast.head.pk)


def test_joining_shows_beforehand_what_the_services_would_say(cast: Cast, login: Login) -> None:
    client, (first, second, _third) = login(cast.dispatcher), three(cast)
    other, _need = planned_case(cast, target=cast.supermarket)
    Case.objects.filter(pk__in=[first.pk, second.pk]).update(target=cast.target)
    with unchanged():
        page = act(
            client, "bulk_join", [first, second, other], sure="1", look="1", into=first.pk, reason=""
        ).content.decode()
    assert "goes on" in page
    assert "different parties" in page
    with unchanged():
        assert act(client, "bulk_join", [first, second], sure="1", into=first.pk, reason="").status_code == 422
        assert (
            "two cases or more"
            in act(client, "bulk_join", [first], sure="1", into=first.pk, reason="x").content.decode()
        )
    answer = act(client, "bulk_join", [first, second, other], sure="1", into=first.pk, reason="同一摊位")
    assert "1 case joined." in said(answer)
    assert other.reference in said(answer)
    second.refresh_from_db()
    assert (second.stage, second.merged_into_id) == (CaseStage.JOINED, first.pk)
    assert Case.objects.get(pk=first.pk).complaint_count == 2
    with unchanged():
        assert "can't be undone" in said(client.post(reverse("console:undo"), headers=JSON))


def test_accepting_cannot_be_undone_and_says_why(cast: Cast, login: Login) -> None:
    client, cases = login(cast.dispatcher), three(cast)
    assert act(client, "bulk_accept", cases).json()["undo"]["way"] is False
    with unchanged():
        assert "Accepting can't be undone" in said(client.post(reverse("console:undo"), headers=JSON))


def test_an_undo_is_forgotten_after_a_while(cast: Cast, login: Login) -> None:
    client, cases = login(cast.dispatcher), three(cast)
    act(client, "bulk_assign", cases, sure="1", owner=str(cast.head.pk))
    session = client.session
    session[KEY] = session[KEY] | {"at": (timezone.now() - timedelta(hours=1)).timestamp()}
    session.save()
    with unchanged():
        assert "nothing to undo" in said(client.post(reverse("console:undo"), headers=JSON))


def test_urging_reminds_the_silent_squads_once_each(cast: Cast, login: Login) -> None:
    order, fresh = issued_order(cast), complaint(cast)[0]
    called = order.parts.filter(state="called").count()
    case = Case.objects.exclude(pk=fresh.pk).get()
    words = said(act(login(cast.dispatcher), "bulk_urge", [case, fresh]))
    assert "The squads of 1 case were urged." in words
    assert fresh.reference in words
    assert Event.objects.filter(order=order, kind="order.part_urged").count() == called


def test_rows_of_another_street_fall_out(cast: Cast, login: Login) -> None:
    case, client = complaint(cast)[0], login(cast.outsider)
    with unchanged():
        answer = act(client, "bulk_accept", [case])
    assert said(answer) == "Choose cases first."


def test_without_scripts_it_is_pages_and_redirects(cast: Cast, login: Login) -> None:
    client, cases = login(cast.dispatcher), three(cast)
    data = {"pick": [case.pk for case in cases], "queue": "accept", "query": "sort=new"}
    page = client.post(reverse("console:bulk_reject"), data)
    assert page.templates[0].name == "console/bulk.html"
    done = client.post(reverse("console:bulk_reject"), data | {"sure": "1", "reason": "x"}, follow=True)
    assert done.redirect_chain == [("/console/queue/accept/?sort=new", 302)]
    text = done.content.decode()
    assert "3 cases rejected" in text
    assert 'id="undo-form" method="post" action="/console/undo/" data-board-form>' in text, (
        "the way back is on the page"
    )


def test_a_list_is_taken_out_with_a_record_and_without_complainants(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    case, told, _token = complaint(cast)
    Case.objects.filter(pk=case.pk).update(address="演示路7号3单元1802室", title="=cmd")
    issued_order(cast)
    answer = client.post(reverse("console:export"), {"queue": "all", "query": "text=演示", "kind": "csv"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["Reference"] for row in rows} == set(Case.objects.values_list("reference", flat=True))
    assert told.identity is not None
    for secret in (PHONE, PHONE[-4:], '演示·甲"', told.text, "1802室"):
        assert secret not in text
    record = BoardExport.objects.get()
    assert (record.user, record.rows, record.kind, record.filters) == (cast.dispatcher, 2, "csv", {"text": "…"})
    answer = client.post(reverse("console:export"), {"pick": [case.pk], "queue": "all", "kind": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [case.reference]
    listed = login(cast.auditor).get(reverse("console:exports")).content.decode()
    assert "chosen rows" in listed
    assert cast.dispatcher.name in listed


@pytest.mark.parametrize("data", [{"kind": "pdf"}, {"queue": "nowhere"}])
def test_what_is_not_offered_is_not_taken_out(cast: Cast, login: Login, data: dict[str, str]) -> None:
    client = login(cast.dispatcher)
    with unchanged():
        assert client.post(reverse("console:export"), data).status_code == 404


def test_the_case_beside_the_list(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    case, _complaint, _token = complaint(cast)
    client, all_rows = login(cast.dispatcher), reverse("console:queue", args=["all"])
    page = client.get(all_rows, {"split": "1", "at": str(case.pk)})
    assert f'data-preview="{case.pk}"' in page.content.decode()
    assert "is-split" in client.get(all_rows).content.decode(), "remembered in this browser"
    client.get(all_rows, {"split": "0"})
    assert "is-split" not in client.get(all_rows).content.decode()
    with django_assert_max_num_queries(30):
        beside = client.get(reverse("console:preview", args=[case.pk]))
    assert "data-key" not in beside.content.decode(), "the letters belong to the row at hand"


def test_the_palette_is_a_page_of_links(cast: Cast, login: Login) -> None:
    page = login(cast.dispatcher).get(reverse("console:palette")).content.decode()
    assert 'href="/console/queue/accept/"' in page
    assert "dsl" in page, "the initials of 待受理"
    assert "to accept" in page
