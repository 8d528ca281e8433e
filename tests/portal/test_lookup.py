"""Finding one's report by reference and the end of the phone: little is shown, nothing can be guessed."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from cases.papers.spoken import spoken
from cases.services import intake
from teams.policies import RESIDENT
from tests.cast import Cast

pytestmark = pytest.mark.django_db
WORDS, PHONE = "演示·夜里冒烟", "13800002468"


@pytest.fixture
def made(cast: Cast) -> intake.Intake:
    return intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text=WORDS, name="演示·居民甲", phone=PHONE
    )


def ask(client: Client, what: str, tail: str = "2468") -> tuple[int, str]:
    answer = client.post("/lookup/", {"what": what, "tail": tail})
    return answer.status_code, answer.content.decode()


def test_it_shows_where_it_stands_and_no_more(resident: Client, made: intake.Intake) -> None:
    read = "".join(group.said for group in spoken(made.complaint.reference))
    for what in (made.complaint.reference, read, f" {made.complaint.reference.replace('-', '')} "):
        status, html = ask(resident, what)
        assert status == 200, what
        assert 'class="ways"' in html
        for hidden in (WORDS, PHONE, "居民甲", made.token or "", "138****"):
            assert hidden not in html
    assert ask(resident, made.complaint.reference, "２４６８")[0] == 200  # typed in full width


def test_whatever_is_wrong_the_answer_is_the_same(resident: Client, cast: Cast, made: intake.Intake) -> None:
    without = intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示")
    day = made.complaint.reference[:6]
    tries = [
        (made.complaint.reference, "0000"),
        (without.complaint.reference, "2468"),
        (without.complaint.reference, "****"),
        (f"{day}-9999", "2468"),
    ]
    answers = []
    for what, tail in tries:
        status, html = ask(resident, what, tail)
        assert status == 422
        answers.append(html.split('role="alert"')[-1].split("</ul>")[0] if tail != "****" else "")
    assert len(set(answers) - {""}) == 1


def test_a_reference_without_digits_is_asked_for_them(resident: Client, made: intake.Intake) -> None:
    status, html = ask(resident, made.complaint.reference, "")
    assert status == 422
    assert 'id="id_tail_error"' in html
    assert ask(resident, "演示")[0] == 422


def test_guessing_ends_soon(resident: Client, made: intake.Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "incr", lambda _key: 7)
    status, html = ask(resident, made.complaint.reference)
    assert status == 429
    assert 'class="ways"' not in html
