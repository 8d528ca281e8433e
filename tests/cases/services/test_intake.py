"""What reaches the office: one sending, one case; the private line; nothing of a complainant in the journal."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Event,
    Identity,
    LineKind,
    Outbox,
    ResidentLine,
    Source,
    Urgency,
)
from cases.services import casefile, identity, intake, triage
from teams.policies import RESIDENT
from tests.cast import LAT, LNG, Cast, make_cast, refused

TEXT = "演示路1号烧烤摊晚上油烟很大，手机13900000000，三单元502室都闻得到。"


def send(cast: Cast, **facts: object) -> intake.Intake:
    given = {"street_id": cast.street.pk, "source": Source.PORTAL, "text": TEXT, **facts}
    return intake.complaint_create(actor=RESIDENT, **given)  # type: ignore[arg-type]


def kinds(case: Case) -> list[str]:
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def test_a_sending_becomes_a_complaint_and_a_case_to_accept(cast: Cast) -> None:
    made = send(cast, name="演示·某甲", phone="139 0000 0000", lat=LAT, lng=LNG, party_name="夜市烧烤")
    case = Case.objects.get(pk=made.case.pk)
    assert case.stage == CaseStage.RECEIVED
    assert case.reference == made.complaint.reference
    assert case.grid == cast.grid
    assert case.complaint_count == 1
    assert list(case.complaints.all()) == [made.complaint]
    assert kinds(case) == ["case.received"]
    assert Outbox.objects.filter(event__case=case).count() == 1
    running = set(case.deadlines.filter(state=DeadlineState.RUNNING).values_list("kind", flat=True))
    assert running == {DeadlineKind.REGISTER, DeadlineKind.CONTACT, DeadlineKind.WHOLE_CASE}
    assert case.due_kind == DeadlineKind.REGISTER
    assert identity.token_hash(made.token or "") == made.complaint.token_hash


def test_the_title_holds_no_phone_and_no_flat(cast: Cast) -> None:
    title = send(cast, text="我住三单元502室，电话13900000000，楼下烧烤太吵").case.title
    assert "13900000000" not in title
    assert "502" not in title


def test_titles_come_from_what_a_text_quotes_or_its_first_sentence() -> None:
    assert intake.title_of("市民来电反映：某路有烧烤摊。请处理") == "某路有烧烤摊"
    assert intake.title_of("单位反馈：（工单号1）《关于某路烧烤扰民的问题》处理情况") == "某路烧烤扰民"
    assert intake.title_of("太吵", "演示烧烤店") == "演示烧烤店 · 太吵"


def test_identity_is_ciphertext_and_never_in_an_event(cast: Cast) -> None:
    made = send(cast, name="演示·某甲", phone="+86 139-0000-0000")
    kept = Identity.objects.get()
    assert made.complaint.identity == kept
    for secret in ("演示·某甲", "13900000000"):
        assert secret.encode() not in bytes(kept.cipher)
        assert not Event.objects.filter(body__contains=secret).exists()
    assert kept.masked_phone == "139****0000"
    assert kept.phone_index == identity.phone_index("13900000000") != ""
    assert not Event.objects.filter(body__contains="油烟").exists()


def test_an_anonymous_sending_keeps_no_identity(cast: Cast) -> None:
    assert send(cast).complaint.identity is None


def test_the_same_key_answers_the_first_result_with_the_same_link(cast: Cast) -> None:
    first = send(cast, client_key="a-key-of-this-browser")
    again = send(cast, client_key="a-key-of-this-browser")
    assert (again.complaint, again.case, again.token) == (first.complaint, first.case, first.token)
    assert Complaint.objects.count() == Case.objects.count() == 1


def test_the_same_key_with_other_words_is_refused(cast: Cast) -> None:
    send(cast, client_key="k" * 20)
    with refused("already_sent"):
        send(cast, client_key="k" * 20, text="另一件事")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"text": "  "}, "text_needed"),
        ({"text": "长" * 4001}, "text_too_long"),
        ({"urgency": "now"}, "choice_wrong"),
        ({"kind": "wish"}, "choice_wrong"),
        ({"lat": 95.0, "lng": 10.0}, "coordinates_wrong"),
        ({"lat": 37.0}, "coordinates_wrong"),
        ({"target_id": 0}, "target_gone"),
    ],
)
def test_what_is_not_sound_is_refused_and_leaves_nothing(cast: Cast, facts: dict[str, object], code: str) -> None:
    with refused(code, status=422):
        send(cast, **facts)


def test_the_street_follows_party_then_point_then_the_receiving_office(cast: Cast) -> None:
    assert send(cast, street_id=None, target_id=cast.foreign_target.pk).case.street == cast.other_street
    assert send(cast, street_id=None, lat=LAT, lng=112.62).case.street == cast.other_street
    assert send(cast, street_id=None).case.street == cast.street


def test_only_the_office_takes_and_only_a_grid_worker_alerts(cast: Cast) -> None:
    with refused("not_allowed", status=403):
        intake.complaint_take(actor=cast.act(cast.outsider), street_id=cast.street.pk, text="甲")
    with refused("not_allowed", status=403):
        intake.alert_create(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, text="甲")
    taken = intake.complaint_take(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, text="甲")
    assert taken.complaint.source == Source.OFFICE
    assert taken.complaint.taken_by == cast.dispatcher
    alert = intake.alert_create(
        actor=cast.act(cast.grid_worker), street_id=cast.street.pk, text="乙", urgency=Urgency.URGENT
    )
    assert alert.case.source == Source.GRID
    assert not alert.case.deadlines.filter(kind=DeadlineKind.CONTACT).exists()
    assert alert.case in Case.objects.visible_to(cast.act(cast.grid_worker))


def test_urgent_sendings_run_on_urgent_clocks(cast: Cast) -> None:
    slow, fast = send(cast).case, send(cast, urgency=Urgency.URGENT).case
    both = {d.case_id: d.due_at for d in Deadline.objects.filter(kind=DeadlineKind.REGISTER)}
    assert both[fast.pk] < both[slow.pk]


def test_a_line_of_the_office_is_the_first_contact(cast: Cast) -> None:
    made = send(cast)
    line = intake.line_write(actor=cast.act(cast.dispatcher), complaint_id=made.complaint.pk, text="已收到，今晚去看。")
    made.complaint.refresh_from_db()
    assert line.kind == LineKind.NOTICE
    assert made.complaint.contacted_at == line.at
    assert made.case.deadlines.get(kind=DeadlineKind.CONTACT).state == DeadlineState.MET
    assert kinds(made.case) == ["case.received", "case.line_written"]
    assert not Event.objects.filter(body__contains="今晚").exists()


def test_only_the_cases_own_office_writes_to_a_complainant(cast: Cast) -> None:
    made = send(cast)
    for user in (cast.outsider, cast.leader, cast.auditor):
        with refused("not_allowed", status=403):
            intake.line_write(actor=cast.act(user), complaint_id=made.complaint.pk, text="甲")
    with refused("choice_wrong"):
        intake.line_write(
            actor=cast.act(cast.dispatcher), complaint_id=made.complaint.pk, kind=LineKind.ANSWER, text="甲"
        )


def test_an_answer_lets_a_waiting_case_go_on(cast: Cast) -> None:
    made = send(cast)
    actor = cast.act(cast.dispatcher)
    triage.case_ask(actor=actor, case_id=made.case.pk, complaint_id=made.complaint.pk, question="是哪一家？")
    made.case.refresh_from_db()
    assert made.case.stage == CaseStage.ASKING
    opened = identity.token_hash(made.token or "")
    line = intake.complaint_supplement(token_hash=opened, text="门口有红灯笼的那家", client_key="x1")
    assert intake.complaint_supplement(token_hash=opened, text="门口有红灯笼的那家", client_key="x1") == line
    made.case.refresh_from_db()
    assert made.case.stage == CaseStage.ACCEPTED
    assert kinds(made.case)[-1] == "case.answered_by_resident"
    assert ResidentLine.objects.filter(kind=LineKind.ANSWER).count() == 1


def test_a_wrong_link_opens_nothing(cast: Cast) -> None:
    send(cast)
    with refused("not_found", status=404):
        intake.complaint_supplement(token_hash=identity.token_hash("guess"), text="甲")
    with refused("not_found", status=404):
        intake.complaint_withdraw(token_hash=identity.token_hash("guess"))


def test_withdrawing_the_only_report_closes_the_case(cast: Cast) -> None:
    made = send(cast)
    opened = identity.token_hash(made.token or "")
    intake.complaint_withdraw(token_hash=opened)
    intake.complaint_withdraw(token_hash=opened)
    made.case.refresh_from_db()
    assert made.case.stage == CaseStage.CLOSED
    assert kinds(made.case) == ["case.received", "case.withdrawn"]
    assert not made.case.deadlines.filter(state=DeadlineState.RUNNING).exists()
    assert made.case.due_at is None
    with refused("withdrawn"):
        intake.complaint_supplement(token_hash=opened, text="还有")


def test_a_case_with_other_complainants_goes_on_when_one_withdraws(cast: Cast) -> None:
    first, second = send(cast), send(cast)
    triage.case_join(actor=cast.act(cast.dispatcher), case_id=second.case.pk, into_case_id=first.case.pk)
    intake.complaint_withdraw(token_hash=identity.token_hash(first.token or ""))
    first.case.refresh_from_db()
    assert first.case.stage == CaseStage.RECEIVED
    assert kinds(first.case)[-1] == "case.complaint_withdrawn"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_sendings_of_one_key_at_once_are_one() -> None:
    cast = make_cast()
    results: list[intake.Intake] = []
    gate = Barrier(4)

    def sender() -> None:
        try:
            gate.wait()
            results.append(send(cast, client_key="pressed-twice-in-a-lift", phone="13900000000"))
        finally:
            connections.close_all()

    threads = [Thread(target=sender) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len({result.case.pk for result in results}) == 1
    assert len({result.token for result in results}) == 1
    assert Complaint.objects.count() == Case.objects.count() == Identity.objects.count() == Event.objects.count() == 1


def test_a_sending_is_written_by_few_statements(cast: Cast) -> None:
    """The numbers, the limits, the two statements of the rows, begin and commit: a flood of reports waits for each."""
    send(cast, client_key="first")  # the calendar is read once
    with CaptureQueriesContext(connection) as asked:
        send(cast, client_key="second", name="演示·某甲", phone="13900000000")
    said = [one["sql"].split()[0] for one in asked.captured_queries]
    assert said == ["EXECUTE", "SAVEPOINT", "EXECUTE", "EXECUTE", "EXECUTE", "RELEASE"]


def test_a_sending_again_draws_no_number(cast: Cast) -> None:
    made = send(cast, client_key="k")
    assert casefile.numbers_take(at=made.case.opened_at, client_key="k").sent == made.complaint.pk
    following = casefile.numbers_take(at=made.case.opened_at)
    assert int(following.reference.split("-")[1]) == int(made.case.reference.split("-")[1]) + 1
    assert (following.case_id, following.complaint_id) == (made.case.pk + 1, made.complaint.pk + 1)
