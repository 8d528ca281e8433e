"""The private page: one's own report and nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from cases.models import Case, CaseStage, Complaint, Feedback, LineKind, ResidentLine, ReworkState
from cases.selectors.tracking import track
from cases.services import closure, feedback, identity, intake, triage
from dispatch.web.live.topics import COOKIE
from teams.policies import RESIDENT
from tests.cast import Cast
from tests.onscene import all_finish, all_there, close
from tests.portal.conftest import Photo
from tests.stage import issued_order

pytestmark = pytest.mark.django_db
PHONE, NAME = "13800000000", "演示·居民甲"
OTHER_WORDS, OTHER_PHONE, OTHER_NAME = "演示·邻居的话", "13900000000", "演示·居民乙"
SQUADS = ("street", "market", "urban")


def sent(cast: Cast, text: str = "演示·夜里冒烟", **facts: object) -> intake.Intake:
    return intake.complaint_create(
        actor=RESIDENT,
        street_id=cast.street.pk,
        source="portal",
        text=text,
        language="zh-hans",
        **facts,  # type: ignore[arg-type]
    )


def joint_case(cast: Cast) -> tuple[Case, list[str]]:
    """A visited case with two complainants, waiting for its check-after; their tokens."""
    order = issued_order(cast, functions=["market", "urban"])
    case = Case.objects.get()
    dispatcher, tokens = cast.act(cast.dispatcher), []
    for text, phone, name in (("演示·夜里冒烟", PHONE, NAME), (OTHER_WORDS, OTHER_PHONE, OTHER_NAME)):
        made = sent(cast, text, phone=phone, name=name)
        triage.case_accept(actor=dispatcher, case_id=made.case.pk)
        triage.case_join(actor=dispatcher, case_id=made.case.pk, into_case_id=case.pk, reason="演示·同一家")
        tokens.append(made.token or "")
    all_there(cast, order, SQUADS)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    return Case.objects.get(pk=case.pk), tokens


def close_case(cast: Cast, case: Case) -> None:
    checker = cast.act(cast.checker)
    closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示·现场无异常")
    closure.case_close(actor=checker, case_id=case.pk, result_text="演示·已处理完毕")


def page(client: Client, token: str) -> str:
    answer = client.get(f"/t/{token}/")
    assert answer.status_code == 200
    return answer.content.decode()


def rating(**changed: str) -> dict[str, str]:
    return {"act": "rate", "contacted": "yes", "solved": "yes", "satisfied": "4", **changed}


def test_an_unknown_link_says_what_to_do(resident: Client) -> None:
    for path in ("/t/abc/", f"/t/{'x' * 200}/", "/t/abc/withdraw/", "/t/abc/code.svg"):
        answer = resident.get(path)
        assert answer.status_code == 404
        assert "12345" in answer.content.decode()
    assert resident.post("/t/abc/", rating()).status_code == 404
    assert track("") is None


def test_headers_of_the_private_page(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    answer = resident.get(f"/t/{made.token}/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert resident.head(f"/t/{made.token}/").status_code == 200  # renews the right to listen
    assert any(name.startswith(COOKIE) for name in answer.cookies)
    part = resident.get(f"/t/{made.token}/", HTTP_HX_REQUEST="true").content.decode()
    assert 'id="progress"' in part
    assert "<html" not in part


def test_nothing_of_other_people_is_shown(resident: Client, cast: Cast) -> None:
    case, (mine, other) = joint_case(cast)
    neighbour = Complaint.objects.get(token_hash=identity.token_hash(other))
    intake.line_write(actor=cast.act(cast.dispatcher), complaint_id=neighbour.pk, text="演示·只给邻居的话")
    close_case(cast, case)
    html = page(resident, mine)
    assert "演示·夜里冒烟" in html
    assert "演示·已处理完毕" in html
    hidden = [OTHER_WORDS, OTHER_PHONE, OTHER_NAME, "只给邻居", neighbour.reference, other, PHONE, NAME]
    staff = [cast.dispatcher, cast.checker, cast.head, cast.leader, *cast.market_officers, *cast.street_officers]
    hidden += [person.name for person in staff] + [squad.name for squad in cast.squads.values()]
    hidden += [case.brief, str(case.pk) + "/cases", "演示·现场无异常"]
    agencies = " ".join(str(agency) for agency in cast.agencies.values())
    for words in hidden:
        assert words not in html or words in agencies, words
    assert str(cast.agencies["market"]) in html  # which offices were there, together
    assert not re.search(r"1[38]\d{9}", html)


def test_no_phone_or_name_in_any_address(resident: Client, cast: Cast) -> None:
    made = sent(cast, phone=PHONE, name=NAME)
    for link in re.findall(r'(?:href|src|action|hx-get)="([^"]*)"', page(resident, made.token or "")):
        assert PHONE not in link
        assert NAME not in link


def test_a_question_is_answered_with_words_and_a_photo(resident: Client, cast: Cast, photo: Photo) -> None:
    made = sent(cast)
    dispatcher = cast.act(cast.dispatcher)
    triage.case_ask(actor=dispatcher, case_id=made.case.pk, complaint_id=made.complaint.pk, question="演示·几点开始？")
    html = page(resident, made.token or "")
    assert html.count("演示·几点开始？") == 1
    path = f"/t/{made.token}/"
    without = resident.post(path, {"act": "answer", "text": " ", "client_key": "k1"})
    assert without.status_code == 422
    kept = resident.post(f"{path}photos/", {"photos": photo()})  # a script sends each photo at once
    assert kept.status_code == 201
    assert 'name="remove"' in page(resident, made.token or "")
    assert not ResidentLine.objects.filter(kind=LineKind.ANSWER).exists()
    for _time in range(2):  # pressed twice
        answer = resident.post(path, {"act": "answer", "text": "演示·七点以后", "client_key": "k1"})
        assert answer.status_code == 302
    assert ResidentLine.objects.get(kind=LineKind.ANSWER).text == "演示·七点以后"
    assert made.complaint.attachments.count() == 1
    made.case.refresh_from_db()
    assert made.case.stage == CaseStage.ACCEPTED
    assert 'name="remove"' not in page(resident, made.token or "")


def test_something_can_be_added_later(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    resident.post(f"/t/{made.token}/", {"act": "answer", "text": "演示·今晚又来了", "client_key": "k2"})
    assert "演示·今晚又来了" in page(resident, made.token or "")


def test_where_it_stands_has_a_mark_and_an_end_without_a_result_says_what_to_do(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=made.case.pk)
    assert 'class="now" aria-current="step"' in page(resident, made.token or "")
    other = sent(cast, "演示·别处的事")
    triage.case_reject(actor=cast.act(cast.dispatcher), case_id=other.case.pk, reason="演示·不属本街道")
    html = page(resident, other.token or "")
    assert 'class="off"' in html
    assert "12345" in html.split('class="ways"')[0].split('class="status"')[1]


def test_withdrawing_asks_first(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    path = f"/t/{made.token}/withdraw/"
    assert resident.get(path).status_code == 200
    assert Complaint.objects.get().withdrawn_at is None
    resident.post(path)
    assert Complaint.objects.get().withdrawn_at is not None
    html = page(resident, made.token or "")
    assert "withdraw/" not in html
    assert 'name="act"' not in html
    assert resident.get(path).status_code == 302
    late = resident.post(f"/t/{made.token}/", {"act": "answer", "text": "演示·还有", "client_key": "k3"})
    assert late.status_code == 409
    assert "演示·还有" not in {line.text for line in ResidentLine.objects.all()}


def test_rating_then_rework_and_a_new_rating(resident: Client, cast: Cast) -> None:
    case, (mine, _other) = joint_case(cast)
    early = resident.post(f"/t/{mine}/", rating())
    assert early.status_code == 409
    close_case(cast, case)
    assert 'value="rate"' in page(resident, mine)
    half = resident.post(f"/t/{mine}/", {"act": "rate", "words": "演示·还在响"})
    assert half.status_code == 422
    assert "演示·还在响" in half.content.decode()
    assert resident.post(f"/t/{mine}/", rating(solved="no", satisfied="1", words="演示·还在响")).status_code == 302
    given = Feedback.objects.get()
    assert (given.solved, given.satisfied, given.rework) == (False, 1, ReworkState.ASKED)
    assert 'value="rate"' not in page(resident, mine)
    assert resident.post(f"/t/{mine}/", rating()).status_code == 409  # an old page, sent again
    feedback.rework_decide(actor=cast.act(cast.head), feedback_id=given.pk, accept=False, reason="演示·复测达标")
    assert "演示·复测达标" in page(resident, mine)


def test_taken_up_again_the_new_result_is_rated_anew(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    dispatcher = cast.act(cast.dispatcher)

    def answered() -> None:
        triage.case_accept(actor=dispatcher, case_id=made.case.pk)
        triage_answer()

    def triage_answer() -> None:
        triage.case_triage(
            actor=dispatcher,
            case_id=made.case.pk,
            disposition="answered",
            category_id=cast.categories["05-10"].pk,
            brief="演示·可以摆放",
            brief_confirmed=True,
            reply="演示·可以摆放",
        )

    answered()
    assert resident.post(f"/t/{made.token}/", rating(solved="no", satisfied="2")).status_code == 302
    feedback.rework_decide(actor=cast.act(cast.head), feedback_id=Feedback.objects.get().pk, accept=True, reason="演示")
    html = page(resident, made.token or "")
    assert 'value="rate"' not in html
    triage_answer()
    assert 'value="rate"' in page(resident, made.token or "")
    assert resident.post(f"/t/{made.token}/", rating(satisfied="5")).status_code == 302
    assert Feedback.objects.get().satisfied == 5


def test_both_languages(resident: Client, cast: Cast) -> None:
    made = sent(cast)
    resident.cookies["django_language"] = "en"
    assert "We have your report" in page(resident, made.token or "")
    for path in ("/", "/lookup/", f"/t/{made.token}/withdraw/", "/t/abc/"):
        text = re.sub(r"<script.*?</script>", "", resident.get(path).content.decode(), flags=re.DOTALL)
        ours = text.replace("中文", "")
        for name in (cast.street.name, cast.other_street.name, made.complaint.text):
            ours = ours.replace(name, "")
        assert not re.search(r"[一-鿿]", ours), path
