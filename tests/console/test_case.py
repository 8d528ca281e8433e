"""The case page: one next action, nothing of the complainant, refusals that keep what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, CaseNote, CheckAfter, Feedback, Reveal
from cases.services import closure, feedback, identity, triage
from teams.models import Assignment, Role
from tests.cast import LONG_AGO, Cast, unchanged
from tests.console.conftest import PHONE, WORDS, Login, complaint
from tests.onscene import all_finish, all_there, close
from tests.stage import issued_order, planned_case


def page(client: Client, case: Case) -> str:
    answer = client.get(reverse("console:case", args=[case.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_next_action_follows_the_case(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    case, _complaint, _token = complaint(cast)
    assert "Accept it, or say why it is not for this office" in page(client, case)
    client.post(reverse("console:case_accept", args=[case.pk]))
    assert "Decide what it is and who goes" in page(client, case)


def test_a_looker_on_sees_the_step_without_buttons(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    said = page(login(cast.auditor), case)
    assert "Accept it, or say why" in said
    assert reverse("console:case_accept", args=[case.pk]) not in said


def test_the_page_stays_within_its_budget(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    order = issued_order(cast)
    all_there(cast, order, ("street", "market", "urban"))
    all_finish(cast, order, ("street", "market", "urban"))
    close(cast, order)
    case = Case.objects.get(needs__order_links__order=order)
    client = login(cast.dispatcher)
    page(client, case)
    with django_assert_max_num_queries(27):
        page(client, case)


def test_what_was_said_stands_whole_on_the_page(cast: Cast, login: Login) -> None:
    words = "演示·每晚十一点以后楼下还在烤串，油烟进屋。" * 8 + "请尽快处理。"
    case, _complaint, _token = complaint(cast, text=words)
    page = login(cast.dispatcher).get(reverse("console:case", args=[case.pk])).content.decode()
    assert page.index("What was said") < page.index(words) < page.index("Clocks")


def test_the_complainant_stands_under_a_letter(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    said = page(login(cast.dispatcher), case)
    assert "Complainant A" in said
    assert PHONE not in said
    assert "139****1234" in said


@pytest.mark.parametrize(
    ("act", "typed", "status"),
    [
        ("reject", {"reason": ""}, 422),
        ("ask", {"complaint": "", "question": "演示·在哪个路口？"}, 422),
        ("join", {"into": "260101-9999", "reason": "演示·同一件"}, 422),
        ("return", {"reason": "演示·还没排"}, 409),
        ("check-after", {"passed": "yes", "words": "演示·已看过"}, 409),
        ("close", {"result_text": "演示·已办好"}, 409),
        ("note", {"text": ""}, 422),
    ],
)
def test_a_refused_act_keeps_what_was_typed(
    cast: Cast, login: Login, act: str, typed: dict[str, str], status: int
) -> None:
    case, _complaint, _token = complaint(cast)
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse(f"console:case_{act}", args=[case.pk]), typed)
    said = answer.content.decode()
    assert answer.status_code == status
    assert "errorlist" in said or 'role="alert"' in said
    for value in typed.values():
        assert value in said


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ("settle", "This can be done only at: mediation."),
        ("resume", "It is at “to accept” now."),
        ("close", "This can be done only at: to check after."),
    ],
)
def test_an_act_that_is_not_possible_says_why_and_what_is(cast: Cast, login: Login, act: str, why: str) -> None:
    case, _complaint, _token = complaint(cast)
    said = login(cast.dispatcher).get(reverse(f"console:case_{act}", args=[case.pk])).content.decode()
    assert why in said
    assert "result_text" not in said
    assert reverse("console:case_accept", args=[case.pk]) in said, "what can be done instead"


def test_who_was_on_the_visit_reads_that_somebody_else_checks(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    all_there(cast, order, ("street", "market", "urban"))
    all_finish(cast, order, ("street", "market", "urban"))
    close(cast, order)
    case = Case.objects.get(needs__order_links__order=order)
    Case.objects.filter(pk=case.pk).update(stage="checking")
    url = reverse("console:case_check-after", args=[case.pk])
    assert 'name="words"' in login(cast.checker).get(url).content.decode()
    Assignment.objects.create(user=cast.leader, role=Role.CHECKER, street=cast.street, starts_on=LONG_AGO)
    said = login(cast.leader).get(url).content.decode()
    assert "Somebody else checks and closes it." in said
    assert 'name="words"' not in said


def test_htmx_gets_the_form_alone(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    client = login(cast.dispatcher)
    url = reverse("console:case_note", args=[case.pk])
    form = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert form.lstrip().startswith("<form")
    wrong = client.post(url, {"text": ""}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422
    assert wrong.content.decode().lstrip().startswith("<form")
    right = client.post(url, {"text": "演示·备注"}, headers={"HX-Request": "true"})
    assert right.status_code == 204
    assert right["HX-Redirect"] == reverse("console:case", args=[case.pk])
    assert CaseNote.objects.get().text == "演示·备注"


def test_next_never_leads_to_a_foreign_host(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    answer = login(cast.dispatcher).post(
        reverse("console:case_note", args=[case.pk]), {"text": "演示", "next": "https://example.org/"}
    )
    assert answer.headers["Location"] == reverse("console:case", args=[case.pk])


def test_a_look_at_an_identity_needs_a_purpose_and_is_written_down(cast: Cast, login: Login) -> None:
    _case, told, _token = complaint(cast)
    client = login(cast.dispatcher)
    url = reverse("console:complaint_reveal", args=[told.pk])
    assert PHONE not in client.get(url).content.decode()
    with unchanged():
        assert client.post(url, {"purpose": "", "note": "x"}).status_code == 422
    answer = client.post(url, {"purpose": "contact", "note": "演示·回电"})
    assert PHONE in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert Reveal.objects.get().purpose == "contact"


def test_a_word_on_the_private_line(cast: Cast, login: Login) -> None:
    case, told, _token = complaint(cast)
    client = login(cast.dispatcher)
    answer = client.post(
        reverse("console:complaint_line", args=[told.pk]),
        {"kind": "notice", "text": "演示·今晚去看", "client_key": "k1"},
    )
    assert answer.headers["Location"] == reverse("console:case", args=[case.pk]) + "#lines"
    client.post(
        reverse("console:complaint_line", args=[told.pk]),
        {"kind": "notice", "text": "演示·今晚去看", "client_key": "k1"},
    )
    assert [line.text for line in told.lines.all()] == ["演示·今晚去看"], "the same key twice writes one line"
    assert WORDS[:20] in page(client, case)


def test_check_after_and_closing_by_the_office(cast: Cast, login: Login) -> None:
    case, _complaint, _token = complaint(cast)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)
    triage.case_triage(actor=cast.act(cast.dispatcher), case_id=case.pk, disposition="mediation")
    client = login(cast.head)
    assert "Mediation is over" in page(client, case)
    client.post(reverse("console:case_settle", args=[case.pk]), {"result_text": "演示·双方谈妥"})
    client.post(reverse("console:case_check-after", args=[case.pk]), {"passed": "yes", "words": "演示·确已谈妥"})
    assert CheckAfter.objects.get().passed
    assert "Close it, in words" in page(client, case)
    client.post(reverse("console:case_close", args=[case.pk]), {"result_text": "演示·双方已谈妥，感谢反映"})
    case.refresh_from_db()
    assert case.stage == "closed"


def test_rework_asked_by_a_resident(cast: Cast, login: Login) -> None:
    case, _told, token = complaint(cast)
    office = cast.act(cast.dispatcher)
    triage.case_accept(actor=office, case_id=case.pk)
    triage.case_triage(actor=office, case_id=case.pk, disposition="mediation")
    triage.case_settle(actor=office, case_id=case.pk, words="演示·谈妥")
    head = cast.act(cast.head)
    closure.checkafter_submit(actor=head, case_id=case.pk, passed=True, words="演示")
    closure.case_close(actor=head, case_id=case.pk, result_text="演示·谈妥")
    feedback.feedback_create(
        token_hash=identity.token_hash(token),
        case_id=case.pk,
        contacted=True,
        solved=False,
        satisfied=1,
        words="还在吵",
    )
    client = login(cast.head)
    listed = client.get(reverse("console:feedback")).content.decode()
    assert case.reference in listed
    rating = Feedback.objects.get()
    assert "Decide" in page(client, case)
    assert "还在吵" in client.get(reverse("console:feedback_decide", args=[rating.pk])).content.decode()
    with unchanged():
        assert client.post(reverse("console:feedback_decide", args=[rating.pk]), {"accept": "no"}).status_code == 422
    client.post(reverse("console:feedback_decide", args=[rating.pk]), {"accept": "yes", "reason": "演示·再去一次"})
    case.refresh_from_db()
    assert case.stage == "accepted"


def test_a_case_that_is_planned_leads_to_its_order(cast: Cast, login: Login) -> None:
    case, _need = planned_case(cast)
    assert reverse("console:order_open", args=[cast.target.pk]) in page(login(cast.dispatcher), case)
