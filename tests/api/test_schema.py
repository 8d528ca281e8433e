"""The description: complete, valid, and readable in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from dispatch.web.scopes import SCOPES

PROMISED = {
    "complaint_create", "complaint_track", "case_list", "case_retrieve", "case_triage", "case_reject", "case_merge",
    "case_close", "target_list", "target_retrieve", "target_create", "order_open", "order_issue", "order_list",
    "part_acknowledge", "part_return", "visit_report_in", "visit_close", "finding_submit", "ruling_issue",
    "checkafter_submit", "feedback_create",
}  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def test_the_description_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert schema["openapi"].startswith("3.1")


def test_every_promised_operation_is_there_with_words_and_refusals(schema: dict[str, Any]) -> None:
    entries = {entry["operationId"]: entry for path in schema["paths"].values() for entry in path.values()}
    assert set(entries) >= PROMISED
    for name, entry in entries.items():
        assert entry["description"], name
        assert "429" in entry["responses"], name
        if scope := entry.get("x-scope"):
            assert scope in SCOPES
            assert {"401", "403"} <= set(entry["responses"]), name


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("zh-hans", "令牌"), ("en", "Tokens")])
def test_people_can_read_it(language: str, word: str) -> None:
    page = Client().get("/api/docs/", headers={"Accept-Language": language})
    assert page.status_code == 200
    text = page.content.decode()
    assert word in text
    assert "case_triage" in text
    assert "brief_confirmed" in text


@pytest.mark.django_db
def test_the_document_itself_speaks_the_askers_language_and_is_not_sent_twice() -> None:
    chinese, english = (Client().get("/api/schema/", headers={"Accept-Language": one}) for one in ("zh-hans", "en"))
    assert chinese["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert chinese.json()["paths"].keys() == english.json()["paths"].keys()
    assert chinese.content != english.content
    again = Client().get("/api/schema/", headers={"Accept-Language": "en", "If-None-Match": english["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
