"""What holds for every operation: tokens and scopes, problems, client keys, outdated states, pages, filters."""

from __future__ import annotations

import io
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, CaseNote, Complaint, Event, Setting, Target
from cases.services import casefile, intake
from dispatch.api import sendings
from dispatch.api.filters import CaseFilter, DeliveryFilter, OrderFilter, TargetFilter
from dispatch.api.models import Sending
from dispatch.api.serializers.cases import CaseOut
from dispatch.api.serializers.orders import OrderOut, TargetOut
from dispatch.api.serializers.webhooks import DeliveryOut
from dispatch.web import tokens
from dispatch.web.models import ApiToken
from dispatch.wsgi import Utf8Request, application
from teams.models import User
from teams.policies import RESIDENT, SYSTEM
from tests.api.client import Program, program_of
from tests.cast import Cast, unchanged

pytestmark = pytest.mark.django_db


def _case(cast: Cast, text: str = "演示·夜间吵闹") -> Case:
    return intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text=text).case


# --- tokens ---


def test_without_a_token_nothing_of_the_office_is_told(cast: Cast) -> None:
    anybody = Program()
    anybody.get("cases/")
    anybody.refused(401, "token_needed")
    assert anybody.answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("end", ["revoked", "expired", "closed account", "unknown"])
def test_an_ended_token_is_refused_and_does_not_say_why(cast: Cast, end: str) -> None:
    program = program_of(cast.dispatcher)
    assert program.get("cases/")["results"] == []
    if end == "revoked":
        assert tokens.token_revoke(actor=SYSTEM, token_id=ApiToken.objects.get().pk)
        assert not tokens.token_revoke(actor=SYSTEM, token_id=ApiToken.objects.get().pk), "safe twice"
    elif end == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "closed account":
        User.objects.filter(pk=cast.dispatcher.pk).update(is_active=False)
    else:
        program.authorization = "Bearer co_nobody"
    program.get("cases/")
    program.refused(401, "token_invalid")


def test_a_token_is_kept_as_a_hash_only(cast: Cast) -> None:
    row, text = tokens.token_issue(actor=SYSTEM, user=cast.dispatcher, name="test", scopes=["cases:read"])
    assert text not in str(ApiToken.objects.filter(pk=row.pk).values())
    assert row.hint == text[:8]


def test_a_scope_that_the_token_lacks_is_named(cast: Cast) -> None:
    case = _case(cast)
    program = program_of(cast.dispatcher, "cases:read")
    with unchanged():
        program.post(f"cases/{case.pk}/accept/")
    program.refused(403, "not_allowed")
    assert "cases:write" in program.answer.json()["detail"]


def test_the_command_issues_lists_and_revokes(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("api_token", "issue", "dispatcher", name="热线", scope=["cases:read"], days=30)
    text = capsys.readouterr().out.strip()
    assert Program(f"Bearer {text}").get("me/")["scopes"] == ["cases:read"]
    call_command("api_token", "list")
    listed = capsys.readouterr().out
    assert "热线" in listed
    assert text not in listed
    number = ApiToken.objects.get().pk
    call_command("api_token", "revoke", str(number))
    with pytest.raises(CommandError):
        call_command("api_token", "revoke", str(number))
    with pytest.raises(CommandError, match="no active account"):
        call_command("api_token", "issue", "nobody", name="x", scope=["cases:read"])


# --- problems ---


def test_a_refusal_speaks_the_language_that_was_asked_for(cast: Cast) -> None:
    case = _case(cast)
    for language, word in (("en", "stands"), ("zh-hans", "结案")):
        program = program_of(cast.dispatcher, language=language)
        program.post(f"cases/{case.pk}/close/", {"result_text": "演示"})
        program.refused(409, "wrong_stage")
        assert word in program.answer.json()["detail"]


def test_wrong_fields_are_named_one_by_one(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    with unchanged():
        program.post("targets/", {"street_id": "x", "new": 1})
    program.refused(400, "invalid")
    fields = {row["field"]: row["code"] for row in program.answer.json()["errors"]}
    assert fields == {"street_id": "invalid", "name": "required"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "cases/999999/", 404, "not_found"),
        ("GET", "nothing/", 404, "not_found"),
        ("PUT", "cases/", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_a_problem_too(cast: Cast, method: str, path: str, status: int, code: str) -> None:
    program = program_of(cast.dispatcher)
    program._send(method, path, None, {})
    program.refused(status, code)


def test_broken_json_and_other_types_are_refused(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    for content, kind, status, code in (
        ("{", "application/json", 400, "malformed"),
        ("a=1", "application/x-www-form-urlencoded", 415, "media_type"),
    ):
        program.answer = program.client.generic(
            "POST", "/api/v1/orders/", content, content_type=kind, headers={"Authorization": program.authorization}
        )
        program.refused(status, code)


def test_a_fault_is_told_without_its_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_facts: Any) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("cases.services.triage.case_accept", broken)
    case = _case(cast)
    program = program_of(cast.dispatcher)
    program.post(f"cases/{case.pk}/accept/")
    program.refused(500, "fault")
    assert "secret" not in program.answer.content.decode()


def test_another_streets_case_does_not_exist_and_a_squad_reads_no_complaints(cast: Cast) -> None:
    case = _case(cast)
    outsider = program_of(cast.outsider)
    outsider.get(f"cases/{case.pk}/")
    outsider.refused(404, "not_found")
    officer = program_of(cast.leader)
    officer.get("cases/")
    officer.refused(403, "not_allowed")


# --- client keys ---


def test_the_same_key_twice_is_one_act_with_one_answer(cast: Cast) -> None:
    case = _case(cast)
    program = program_of(cast.dispatcher)
    first = program.post(f"cases/{case.pk}/accept/", Idempotency_Key="k1")
    etag = program.answer["ETag"]
    again = program.post(f"cases/{case.pk}/accept/", Idempotency_Key="k1")
    assert (again, program.answer["Idempotent-Replay"], program.answer["ETag"]) == (first, "true", etag)
    assert Event.objects.filter(case=case, kind="case.accepted").count() == 1


def test_a_key_used_for_something_else_is_refused(cast: Cast) -> None:
    one, two = _case(cast), _case(cast)
    program = program_of(cast.dispatcher)
    program.post(f"cases/{one.pk}/accept/", Idempotency_Key="k1")
    with unchanged():
        program.post(f"cases/{two.pk}/accept/", Idempotency_Key="k1")
    program.refused(422, "key_reused")


def test_a_refusal_leaves_the_key_free(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    body = {"street_id": cast.street.pk, "name": "演示·新店", "uscc": "91140106MA00000001"}
    with unchanged():
        program.post("targets/", body, Idempotency_Key="k1")
    assert program.answer.status_code == 422
    assert not Sending.objects.exists()
    made = program.post("targets/", body | {"uscc": ""}, Idempotency_Key="k1")
    assert Target.objects.get(pk=made["id"]).name == "演示·新店"


def test_two_accounts_may_use_one_key(cast: Cast) -> None:
    one, two = _case(cast), _case(cast)
    program_of(cast.dispatcher).post(f"cases/{one.pk}/accept/", Idempotency_Key="k1")
    accepted = program_of(cast.head).post(f"cases/{two.pk}/accept/", Idempotency_Key="k1")
    assert accepted["stage"] == "accepted"


def test_keys_are_forgotten_after_two_days(cast: Cast) -> None:
    program_of(cast.dispatcher).post(f"cases/{_case(cast).pk}/accept/", Idempotency_Key="k1")
    assert sendings.sendings_forget() == 0
    Sending.objects.update(at=timezone.now() - sendings.KEPT - timedelta(minutes=1))
    assert sendings.sendings_forget() == 1


def test_a_report_sent_twice_is_one_report(cast: Cast) -> None:
    resident = Program()
    body = {"text": "演示·夜间吵闹", "client_key": "abc"}
    Setting.objects.create(key="receiving_street", value=cast.street.code)
    first, second = resident.post("complaints/", body), resident.post("complaints/", body)
    assert first == second
    assert Complaint.objects.count() == 1
    resident.post("complaints/", body | {"text": "别的"})
    resident.refused(409, "already_sent")


# --- outdated states ---


def test_a_change_of_an_outdated_state_is_refused(cast: Cast) -> None:
    case = _case(cast)
    program = program_of(cast.dispatcher)
    program.get(f"cases/{case.pk}/")
    etag = program.answer["ETag"]
    casefile.case_note(actor=cast.act(cast.head), case_id=case.pk, text="演示·有人更快")
    with unchanged():
        program.post(f"cases/{case.pk}/accept/", If_Match=etag)
    program.refused(412, "changed_meanwhile")
    program.get(f"cases/{case.pk}/")
    assert program.post(f"cases/{case.pk}/accept/", If_Match=program.answer["ETag"])["stage"] == "accepted"
    assert CaseNote.objects.count() == 1


def test_what_the_caller_has_already_is_not_sent_again(cast: Cast) -> None:
    case = _case(cast)
    program = program_of(cast.dispatcher)
    program.get(f"cases/{case.pk}/")
    etag = program.answer["ETag"]
    program.get(f"cases/{case.pk}/", If_None_Match=etag)
    assert (program.answer.status_code, program.answer.content) == (304, b"")


# --- lists ---


def test_pages_go_through_every_row_once(cast: Cast) -> None:
    ids = [_case(cast).pk for _ in range(7)]
    program = program_of(cast.dispatcher)
    seen: list[int] = []
    path = "cases/?page_size=3"
    while path:
        page = program.get(path)
        seen += [row["id"] for row in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == sorted(ids, reverse=True)


def test_lists_are_narrowed_and_unknown_values_are_refused(cast: Cast) -> None:
    _case(cast)
    program = program_of(cast.dispatcher)
    assert len(program.get("cases/?stage=received&stage=accepted&source=portal")["results"]) == 1
    assert program.get("cases/?stage=closed")["results"] == []
    program.get("cases/?stage=nonsense")
    program.refused(400, "invalid")


def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    counts = []
    for _round in range(2):
        for _more in range(3):
            _case(cast)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            program.get("cases/")
        counts.append(len(caught))
    assert counts[1] <= counts[0] <= 4


NO_FILTER = {
    "id", "title", "brief", "address", "lat", "lng", "complaint_count", "rework_count", "stage_at", "due_kind",
    "warn_at", "result_text", "aliases", "radius_m", "person_in_charge", "noise_zone", "yearly_cap", "parts",
    "planned_from", "planned_until", "approved_at", "on_scene_at", "done_at", "event", "attempts", "next_try_at",
    "sent_at",
}  # fmt: skip
"""Columns of the lists that nobody asks by, each decided on."""


@pytest.mark.parametrize(
    ("shape", "filters"),
    [(CaseOut, CaseFilter), (OrderOut, OrderFilter), (TargetOut, TargetFilter), (DeliveryOut, DeliveryFilter)],
)
def test_every_column_of_a_list_has_a_filter_or_was_decided_against(shape: Any, filters: Any) -> None:
    known = set(filters.base_filters) | {one.field_name.removesuffix("_id") for one in filters.base_filters.values()}
    known |= {name.split("__")[0] for name in known}
    assert set(shape.Meta.fields) - known - NO_FILTER == set()


def test_a_cursor_or_a_size_of_ones_own_is_refused(cast: Cast) -> None:
    """Nonsense inside of a well-made cursor once reached the database and came back as a fault."""
    program = program_of(cast.dispatcher)
    for position in ("x", "2026-01-01T00:00:00", "\0", "9" * 30):
        program.get(f"cases/?cursor={b64encode(f'p={quote(position)}'.encode()).decode()}")
        program.refused(400, "invalid")
        assert program.answer.json()["errors"][0]["field"] == "cursor"
    for size in ("0", "201", "-1", "x", "²"):
        program.get(f"cases/?page_size={quote(size)}")
        program.refused(400, "invalid")


# --- what comes in ---


def test_head_asks_for_the_same_as_get(cast: Cast) -> None:
    """It once went past scope and row: whoever guessed a number learned whether a case exists, and its state."""
    case = _case(cast)
    for program, status in ((Program(), 401), (program_of(cast.dispatcher, "field:read"), 403)):
        answer = program.client.head(f"/api/v1/cases/{case.pk}/", headers={"Authorization": program.authorization})
        assert answer.status_code == status
        assert "ETag" not in answer
    outsider = program_of(cast.outsider)
    answer = outsider.client.head(f"/api/v1/cases/{case.pk}/", headers={"Authorization": outsider.authorization})
    assert answer.status_code == 404


def test_values_are_taken_as_the_description_says(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    good = {"street_id": cast.street.pk, "name": "演示·新店"}
    for wrong in ({"street_id": str(cast.street.pk)}, {"name": 5}, {"lat": "37.8"}, {"street_id": True}):
        with unchanged():
            program.post("targets/", good | wrong)
        program.refused(400, "invalid")


def test_a_day_out_of_this_century_is_refused_not_a_fault(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    with unchanged():
        program.post("orders/", {"target_id": cast.target.pk, "planned_day": "9999-12-31"})
    program.refused(422, "day_out_of_range")
    assert program.answer.json()["errors"][0]["field"] == "planned_day"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" * 100_000, 400, "malformed"),
        (b'{"text": "\xff"}', 400, "malformed"),
        (b'{"text": "x", "kind": "\\ud800"}', 400, "malformed"),
        (b'{"text": "x", "lat": 1e999}', 400, "malformed"),
        (b'{"text": "' + b"x" * 2 * 1024**2 + b'"}', 413, "too_large"),
    ],
    ids=["deep", "bytes", "half a character", "endless", "large"],
)
def test_what_is_no_json_is_refused(body: bytes, status: int, code: str) -> None:
    program = Program()
    with unchanged():
        program.answer = program.client.generic("POST", "/api/v1/complaints/", body, content_type="application/json")
    program.refused(status, code)


@pytest.mark.parametrize("charset", ["base64", "rot13", "utf-16", "nonsense"])
def test_a_charset_of_ones_own_changes_nothing(charset: str) -> None:
    """“base64” is a codec and no charset: every address with a query failed on it, before any page was asked."""
    asked = {"PATH_INFO": "/", "QUERY_STRING": "x=1", "REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"")}
    assert application.request_class is Utf8Request
    request = Utf8Request(asked | {"CONTENT_TYPE": f"application/json; charset={charset}"})
    assert (request.content_type, request.encoding, request.GET.dict()) == ("application/json", None, {"x": "1"})


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 81, "\x7f"])
def test_a_key_that_is_none_is_refused(key: str, cast: Cast) -> None:
    case, program = _case(cast), program_of(cast.dispatcher)
    with unchanged():
        program.post(f"cases/{case.pk}/accept/", Idempotency_Key=key)
    program.refused(400, "key_malformed")


@pytest.mark.parametrize(
    "moment",
    [
        "2026-07-01T00:00:00+18:39",
        "2026-07-01T00:00:00-23:59",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
    ],
)
def test_a_moment_of_any_offset_is_compared(moment: str, cast: Cast) -> None:
    """PostgreSQL takes no offset of 16 hours and more, RFC 3339 has them: that was a fault."""
    case, program = _case(cast), program_of(cast.dispatcher)
    found = program.get(f"cases/?{urlencode({'opened_after': moment})}")
    assert program.answer.status_code == 200
    assert [row["id"] for row in found["results"]] == ([] if moment > "2027" else [case.pk])


@pytest.mark.parametrize("name", ["stage", "severity", "target", "opened_after"])
def test_an_empty_filter_is_not_all(name: str, cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    program.get(f"cases/?{name}=")
    program.refused(400, "invalid")
    assert [row["field"] for row in program.answer.json()["errors"]] == [name]
    program.get("cases/?reference=")
    assert program.answer.status_code == 200, "an empty text is a text"


def test_an_address_with_a_line_break_is_told_as_a_problem(cast: Cast) -> None:
    program = program_of(cast.dispatcher)
    program.get("cases/1%0A2/")
    program.refused(404, "not_found")
