"""The rest of the desk: taking calls, parties, the hotline's file, search, notices, the district."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Complaint, ImportRun, Target
from cases.services import imports as imports_service
from cases.services import intake
from dispatch.console.intake import TakeForm
from dispatch.notify.models import ChannelName, Message
from dispatch.web.explain import WORDS, explained
from teams.selectors import actor_of
from tests.cast import Cast, unchanged
from tests.console.conftest import PHONE, Login, complaint
from tests.stage import issued_order


def call(**more: str) -> dict[str, str]:
    return {
        "text": "演示·来电反映楼下烧烤油烟",
        "kind": "complaint",
        "urgency": "general",
        "address": "演示路 1 号",
        "name": "演示·乙",
        "phone": PHONE,
        "keep_secret": "on",
        "client_key": "key-1",
        **more,
    }


def test_a_call_is_taken_once_and_its_link_shown(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    url = reverse("console:intake")
    answer = client.post(url, call(street=str(cast.street.pk)))
    said = answer.content.decode()
    assert "/t/" in said
    assert answer["Cache-Control"] == "no-store"
    assert PHONE not in said
    client.post(url, call(street=str(cast.street.pk)))
    assert Complaint.objects.count() == Case.objects.count() == 1


def test_a_call_without_words_keeps_the_rest(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(
            reverse("console:intake"), call(street=str(cast.street.pk), text="", party_name="演示·小店")
        )
    assert answer.status_code == 422
    assert "演示·小店" in answer.content.decode()


def test_the_reference_is_read_out_and_others_are_found_while_on_the_phone(cast: Cast, login: Login) -> None:
    earlier, _told, _token = complaint(cast, target_id=cast.target.pk)
    client = login(cast.dispatcher)
    typed = {"text": "演示·路口烧烤摊晚上油烟很大，占道经营", "target": cast.target.pk, "street": cast.street.pk}
    with unchanged():
        others = client.post(reverse("console:intake_alike"), typed).content.decode()
        parties = client.get(reverse("console:intake_parties"), {"party_name": "夜市"}).content.decode()
        addresses = client.get(reverse("console:intake_addresses"), {"address": "演示路"}).content.decode()
        plain = client.post(reverse("console:intake"), call(**{k: str(v) for k, v in typed.items()}, look="1"))
    assert earlier.reference in others
    assert "<html" not in others + parties + addresses
    assert f'value="{cast.target.pk}"' in parties
    assert cast.foreign_target.name not in parties
    assert '<option value="演示路1号">' in addresses
    assert plain.status_code == 200
    assert earlier.reference in plain.content.decode(), "without JavaScript, too"
    assert "演示·乙" in plain.content.decode(), "nothing typed is lost"
    said = client.post(
        reverse("console:intake"), call(street=str(cast.street.pk), join=str(earlier.pk), target=str(cast.target.pk))
    )
    assert Case.objects.count() == 1
    earlier.refresh_from_db()
    assert earlier.complaint_count == 2
    joined = Complaint.objects.latest("pk")
    assert joined.keep_secret
    assert joined.target == cast.target
    assert [row.written for row in said.context["groups"]] == [
        joined.reference[:3],
        joined.reference[3:6],
        joined.reference[7:],
    ]
    assert "two six" in said.content.decode() or "zero" in said.content.decode()


def test_a_caller_is_not_added_to_a_case_of_another_street(cast: Cast, login: Login) -> None:
    made = intake.complaint_create(
        actor=cast.act(cast.outsider), street_id=cast.other_street.pk, source="office", text="演示·烧烤油烟"
    )
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse("console:intake"), call(street=str(cast.street.pk), join=str(made.case.pk)))
    assert answer.status_code == 403


def test_a_call_for_another_street_is_no_choice(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse("console:intake"), call(street=str(cast.other_street.pk)))
    assert answer.status_code == 422


def test_parties_are_entered_changed_and_found(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    typed = {"street": str(cast.street.pk), "kind": "business", "name": "演示·面馆", "aliases": "老面馆，面一家"}
    with unchanged():
        wrong = client.post(reverse("console:party_new"), {**typed, "uscc": "123"})
    assert wrong.status_code == 422
    assert "演示·面馆" in wrong.content.decode()
    client.post(reverse("console:party_new"), typed)
    target = Target.objects.get(name="演示·面馆")
    assert target.aliases == ["老面馆", "面一家"]
    client.post(
        reverse("console:party_edit", args=[target.pk]),
        {"kind": "business", "name": "演示·面馆", "address": "演示路 3 号"},
    )
    target.refresh_from_db()
    assert target.address == "演示路 3 号"
    found = client.get(reverse("console:parties"), {"text": "面馆"}).content.decode()
    assert "演示路 3 号" in found
    assert client.get(reverse("console:party", args=[target.pk])).status_code == 200


CSV = "工单编号,诉求内容,来源渠道\nYZ001,市民反映演示路烧烤油烟,电话\nYZ002,,网络\nYZ003,市民反映演示街占道经营,电话\n"


@pytest.fixture
def media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.usefixtures("media")
def test_a_hotline_file_from_columns_to_refused_rows(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    upload = SimpleUploadedFile("orders.csv", CSV.encode("gb18030"))
    client.post(reverse("console:imports"), {"street": cast.street.pk, "file": upload})
    run = ImportRun.objects.get()
    page = reverse("console:import", args=[run.pk])
    assert run.columns["number"] == "工单编号"
    assert "诉求内容（市民反映演示路烧烤油烟）" in client.get(page).content.decode(), "an example beside each column"
    columns = {"number": "工单编号", "text": "诉求内容", "channel": "来源渠道"}
    assert client.post(page, {**columns, "text": ""}).status_code == 422
    client.post(page, {**columns, "dry": "1"})
    imports_service.run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert (run.dry_run, run.added, run.refused, Case.objects.count()) == (True, 2, 1, 0)
    client.post(page, {**columns, "go": "1"})
    progress = client.get(reverse("console:import_progress", args=[run.pk]))
    assert "HX-Refresh" not in progress.headers
    imports_service.run_execute(run_id=run.pk)
    said = client.get(page).content.decode()
    assert Case.objects.count() == 2
    assert "The content is missing." in said
    table = client.get(reverse("console:import_refused", args=[run.pk]))
    assert "attachment" in table["Content-Disposition"]
    assert b"".join(table.streaming_content).decode("utf-8-sig").splitlines()[1:] == ["3,The content is missing."]  # type: ignore[attr-defined]
    assert client.get(reverse("console:import_progress", args=[run.pk]))["HX-Refresh"] == "true"


@pytest.mark.usefixtures("media")
def test_a_file_that_is_no_table_is_refused(cast: Cast, login: Login) -> None:
    upload = SimpleUploadedFile("orders.csv", b"")
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse("console:imports"), {"street": cast.street.pk, "file": upload})
    assert answer.status_code == 422


def test_search_finds_by_number_words_and_a_whole_phone(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    order = issued_order(cast)
    client = login(cast.dispatcher)
    url = reverse("console:search")
    assert client.get(url, {"q": case.reference}).headers["Location"] == reverse("console:case", args=[case.pk])
    assert client.get(url, {"q": order.number}).headers["Location"] == reverse("console:order", args=[order.pk])
    by_phone = client.post(url, {"q": PHONE}).content.decode()
    assert case.reference in by_phone
    assert case.reference not in client.post(url, {"q": PHONE[:8]}).content.decode(), "only a whole number"
    assert case.reference not in client.get(url, {"q": PHONE}).content.decode(), "a phone is never in an address"
    words = client.post(url, {"q": cast.target.name})
    assert cast.target.name in client.get(words.headers["Location"]).content.decode()
    assert cast.target.name in client.get(url, {"q": cast.target.name}).content.decode()
    assert case.reference not in login(cast.outsider).get(url, {"q": PHONE}).content.decode()
    assert case.reference not in login(cast.auditor).get(url, {"q": PHONE}).content.decode(), "may not reveal"


def test_notices_and_the_list_of_messages(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    event = order.events.latest("pk")
    Message.objects.create(
        event=event,
        channel=ChannelName.IN_APP,
        recipient=cast.dispatcher,
        text="x",
        state="sent",
        created_at=timezone.now(),
    )
    failed = Message.objects.create(
        event=event,
        channel=ChannelName.EMAIL,
        recipient=cast.dispatcher,
        text="x",
        state="failed",
        attempts=5,
        last_error="演示·邮箱满了",
        created_at=timezone.now(),
    )
    client = login(cast.dispatcher)
    assert client.get(reverse("console:notices")).context["unread"] == 1
    client.post(reverse("console:notices_read"))
    assert client.get(reverse("console:notices")).context["unread"] == 0
    assert client.get(reverse("console:messages")).status_code == 403
    admin = login(cast.system_admin)
    listed = admin.get(reverse("console:messages"), {"state": "failed"}).content.decode()
    assert "演示·邮箱满了" in listed
    assert login(cast.auditor).post(reverse("console:message_retry", args=[failed.pk])).status_code == 403
    admin.post(reverse("console:message_retry", args=[failed.pk]))
    failed.refresh_from_db()
    assert failed.state == "waiting"


def test_the_district_sees_its_streets_in_the_order_of_their_codes(
    cast: Cast, login: Login, django_assert_max_num_queries: Any
) -> None:
    complaint(cast)
    client = login(cast.supervisor)
    client.get(reverse("console:district"))
    with django_assert_max_num_queries(20):  # two periods compared, whatever the number of streets
        answer = client.get(reverse("console:district"))
    rows = answer.context["rows"]
    assert [row.street_id for row in rows] == [cast.street.pk, cast.other_street.pk]
    assert (rows[0].open, rows[1].open) == (1, 0)


def test_reasons_of_the_planner_have_words() -> None:
    assert explained([{"code": "saves_visits", "params": {"count": 2}}]) == [str(WORDS["saves_visits"]) % {"count": 2}]
    assert explained([{"code": "saves_visits", "params": {"count": 0}}, {"code": "nobody knows", "params": {}}]) == []


def test_a_class_names_the_classes_it_counts_together_with(cast: Cast, login: Login) -> None:
    one, two = cast.categories["05-10"], cast.categories["01-16"]
    for row in (one, two):
        row.clause_group = "demo_group"
        row.save(update_fields=["clause_group"])
    page = login(cast.system_admin).get(reverse("console:admin_category", args=[one.pk])).content.decode()
    assert f"counts together with {two}" in page
    assert "demo_group" not in page, "the key of the group is nothing to read"


def test_a_form_alters_no_field_that_others_share(cast: Cast) -> None:
    actors = [actor_of(cast.dispatcher), actor_of(cast.auditor)]
    forms = [TakeForm({"street": str(cast.street.pk), "text": "油烟", "phone": "1"}, actor=actor) for actor in actors]
    assert [form.is_valid() for form in forms] == [False, False]
    assert [sorted(form.errors) for form in forms] == [
        ["client_key", "kind", "phone", "urgency"],
        ["client_key", "kind", "phone", "street", "urgency"],
    ]
    assert forms[0].fields["street"] is not forms[1].fields["street"]
    assert forms[0].fields["text"] is forms[1].fields["text"]
