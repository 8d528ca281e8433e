"""A dispatcher's own line: held clues, colleagues, the last decision, masks, and two problems in one report."""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from cases.models import Case, Event
from cases.services import triage
from teams.models import Assignment, Role, User
from tests.cast import LONG_AGO, Cast, unchanged
from tests.console.conftest import PHONE, Login, complaint


def accepted(cast: Cast, **more: object) -> Case:
    case, _told, _token = complaint(cast, **more)  # type: ignore[arg-type]
    return triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)


def page(case: Case) -> str:
    return reverse("console:triage", args=[case.pk])


def handed(client: Client) -> str:
    return str(client.get(reverse("console:triage_first")).headers["Location"])


def reject(client: Client, case: Case) -> Any:
    return client.post(page(case), {"disposition": "rejected", "reason": "演示·不属实"})


def colleague(cast: Cast) -> User:
    user = User.objects.create_user("second", name="演示·第二调度员")
    Assignment.objects.create(user=user, role=Role.DISPATCHER, street=cast.street, starts_on=LONG_AGO)
    return user


def test_two_dispatchers_are_not_handed_the_same_clue(cast: Cast, login: Login) -> None:
    first, second = accepted(cast), accepted(cast)
    mine, theirs = login(cast.dispatcher), login(colleague(cast))
    assert handed(mine) == page(first)
    assert handed(theirs) == page(second)
    assert handed(mine) == page(first), "one's own clue stays one's own"
    shown = theirs.get(page(first))
    assert cast.dispatcher.name in shown.content.decode()
    assert "has this clue open" in shown.content.decode()
    reject(mine, first)
    reject(theirs, second)
    third = accepted(cast)
    mine.get(page(third))
    answer = theirs.get(reverse("console:triage_first"), follow=True)
    assert "lie open before colleagues" in answer.content.decode()


def test_a_claim_only_steers_and_needs_no_redis(cast: Cast, login: Login, monkeypatch: Any) -> None:
    case = accepted(cast)
    login(cast.dispatcher).get(page(case))
    assert reject(login(colleague(cast)), case).status_code == 302, "the service alone refuses"
    other = accepted(cast)
    cache = caches["default"]
    monkeypatch.setattr(cache, "add", lambda *_a, **_k: True)
    monkeypatch.setattr(cache, "get_many", lambda *_a, **_k: {})
    assert handed(login(cast.dispatcher)) == page(other)


def test_not_now_sends_a_clue_to_the_end_of_ones_own_line(cast: Cast, login: Login) -> None:
    cases = [accepted(cast) for _n in range(3)]
    client = login(cast.dispatcher)
    assert handed(client) == page(cases[0])
    with unchanged_case(cases[0]):
        answer = client.post(reverse("console:triage_hold", args=[cases[0].pk]))
    assert answer.headers["Location"] == page(cases[1])
    assert handed(login(colleague(cast))) == page(cases[0]), "colleagues may take it meanwhile"
    shown = client.get(page(cases[1])).content.decode()
    assert "1 held back" in shown
    reject(client, cases[1])
    answer = reject(client, cases[2])
    assert answer.headers["Location"] == reverse("console:queue", args=["triage"]), "the last one is with a colleague"
    client.get(page(cases[0]))
    assert "0 done" not in client.get(page(cases[0])).content.decode()


def unchanged_case(case: Case) -> Any:
    assert case.pk
    return unchanged()


def test_the_sitting_is_counted_and_the_last_decision_taken_back(cast: Cast, login: Login) -> None:
    first, second = accepted(cast), accepted(cast)
    client = login(cast.dispatcher)
    reject(client, first)
    shown = client.get(page(second)).content.decode()
    assert "1 done, 1 left" in shown
    assert first.reference in shown
    answer = client.post(reverse("console:triage_undo"))
    assert answer.headers["Location"] == page(first)
    first.refresh_from_db()
    assert (first.stage, first.disposition) == ("accepted", "")
    event = Event.objects.filter(case=first, kind="case.taken_back").get()
    assert "Taken back at once" in event.body
    assert "0 done, 2 left" in client.get(page(first)).content.decode()
    with unchanged():
        client.post(reverse("console:triage_undo"))
    client.post(page(first), {"disposition": "answered", "reply": "演示·已答复"})
    shown = client.get(page(second)).content.decode()
    assert reverse("console:triage_undo") not in shown, "an answer has been read"
    with unchanged():
        client.post(reverse("console:triage_undo"))


def test_masks_are_shown_and_what_is_typed_is_looked_at(cast: Cast, login: Login) -> None:
    case = accepted(cast, text=f"演示·烧烤油烟大，3号楼2单元501住户，电话{PHONE}")
    client = login(cast.dispatcher)
    shown = client.get(page(case)).content.decode()
    assert f'<del title="phone number">{PHONE}</del>' in shown
    assert "<ins>139****1234</ins>" in shown
    url = reverse("console:triage_brief", args=[case.pk])
    with unchanged():
        said = client.post(url, {"brief": f"打电话{PHONE}"}).content.decode()
    assert "still holds 1 thing" in said
    assert f'<mark title="phone number">{PHONE}</mark>' in said
    assert "<html" not in said
    assert "Nothing found" in client.post(url, {"brief": "烧烤油烟"}).content.decode()
    assert client.get(url).status_code == 405


def test_earlier_cases_of_the_caller_and_of_the_party(cast: Cast, login: Login) -> None:
    before = accepted(cast)
    at_party = accepted(cast, phone="13900009999", target_id=cast.supermarket.pk)
    case = accepted(cast, target_id=cast.supermarket.pk)
    rows = login(cast.dispatcher).get(page(case)).context["earlier"]
    found = {row.case.pk: (row.same_caller, row.same_party) for row in rows}
    assert found == {before.pk: (True, False), at_party.pk: (False, True)}


def test_likelihood_is_told_in_words(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    said = login(cast.dispatcher).get(page(case)).content.decode()
    assert "likely</span>" in said
    assert "0.8" not in said.replace('value="0.8', "")


def test_a_second_problem_gets_its_own_case(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    client = login(cast.dispatcher)
    url = reverse("console:case_split", args=[case.pk])
    with unchanged():
        assert client.post(url, {"problem": ""}).status_code == 422
    answer = client.post(url, {"problem": "演示·占道堆放", "category": cast.categories["05-07"].pk, "next": page(case)})
    assert answer.headers["Location"] == page(case)
    new = Case.objects.exclude(pk=case.pk).get()
    assert new.category == cast.categories["05-07"]
    assert "belongs" not in client.get(page(new)).content.decode()
    assert "A second problem of the report" in client.get(reverse("console:case", args=[case.pk])).content.decode()
    assert case.reference in client.get(reverse("console:case", args=[new.pk])).content.decode()
