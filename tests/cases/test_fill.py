"""A made-up history, filled once for this module: its chains hold, its rows fit together, its pages open.

It is written as a big one is: told by two processes, without indexes, with its own search words.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, TextField, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from cases.management.demo.ground import MAIN_STREET
from cases.management.fill import filling
from cases.management.fill.bare import bare
from cases.management.fill.copying import tables
from cases.management.fill.tellers import side_by_side
from cases.models import (
    Case,
    CaseStage,
    CaseWords,
    Chain,
    Complaint,
    Deadline,
    Event,
    Need,
    Order,
    OrderState,
    Outbox,
    Part,
    Target,
)
from cases.papers.chain import canonical
from cases.selectors import searching, timeline
from cases.services import deadlines, journal
from cases.services.identity import identity_reveal
from teams.models import User
from teams.selectors import actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]
CASES = 300


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """In a transaction that is rolled back after the module; gives what the command printed."""
    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "BATCH", 60)
        before = _catalogue()
        call_command("fill", cases=CASES, bare=True, tellers=2, stdout=out, stderr=StringIO())
        assert _catalogue() == before
        with connection.cursor() as cursor:  # foreign keys are looked at now, not at a commit that never comes
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield out.getvalue()
        transaction.set_rollback(True)


def _catalogue() -> list[tuple[str, str]]:
    """Every index, key and trigger of the database, and whether it is at work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
            " UNION ALL SELECT tablename, indexname FROM pg_indexes"
            " UNION ALL SELECT tgrelid::regclass::text, tgname || tgenabled::text FROM pg_trigger"
            " WHERE NOT tgisinternal"
            " ORDER BY 1, 2"
        )
        return list(cursor.fetchall())


def _words() -> dict[int, str]:
    both = Concat(Cast("shown", TextField()), Value(" ", output_field=TextField()), Cast("everything", TextField()))
    return dict(CaseWords.objects.values_list("pk", both))


def test_every_chain_holds_and_tells_enough() -> None:
    for case in Case.objects.all():
        assert all(one.broken is None for one in timeline.verify(case)), case
    assert Chain.objects.filter(order__isnull=False).count() == Order.objects.count()
    over = Case.objects.filter(closed_at__isnull=False).annotate(told=Count("events"))
    assert over.count() > CASES * 0.8
    assert not over.filter(told__lt=5).exists()
    assert not Event.objects.filter(at__lt=F("case__opened_at")).exists()


def test_an_event_has_the_text_that_the_product_writes() -> None:
    for event in Event.objects.order_by("?")[:300]:
        assert canonical(json.loads(event.body)) == event.body


def test_what_every_event_has_is_put_together_as_the_canonical_text() -> None:
    facts = {"seq": 7, "kind": "case.triaged", "role": "dispatcher", "at": timezone.now(), "late": None}
    said = {
        "subject": "case",
        "subject_id": 12,
        "actor_id": 3,
        "used_seconds": None,
        "body": {"to": '油烟\n"', "n": [1]},
    }
    named = {"subject": "case", "id": 12, "actor": 3, "used": None, "data": said["body"]}
    assert journal.event_text(**facts, **said) == canonical({**facts, **named})  # type: ignore[arg-type]


def test_the_search_words_are_those_of_the_database() -> None:
    written = _words()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_words_write(%s)", [[*written]])
    assert _words() == written


def test_a_trigger_at_work_again_cuts_the_words_of_what_comes_later() -> None:
    case = Case.objects.latest("pk")
    case.title = "改名以后的事"
    case.save(update_fields=["title"])
    assert "改名" in str(CaseWords.objects.get(pk=case.pk).shown)


def test_many_stages_repeats_and_parts_are_there() -> None:
    assert {*CaseStage.values} - set(Case.objects.values_list("stage", flat=True)) <= {"asking", "mediating"}
    assert set(Order.objects.values_list("state", flat=True)) >= {
        OrderState.TO_APPROVE,
        OrderState.ISSUED,
        OrderState.ON_SCENE,
        OrderState.RULING,
        OrderState.DONE,
    }
    assert Case.objects.filter(complaint_count__gt=1).count() > CASES / 10
    assert Order.objects.annotate(count=Count("parts")).filter(count__gt=2).exists()
    busiest = Target.objects.annotate(count=Count("cases")).order_by("-count")
    assert busiest[0].count > 2 * busiest[25].count
    first, last = Case.objects.earliest("opened_at"), Case.objects.latest("opened_at")
    assert (last.opened_at - first.opened_at).days > 900


def test_the_rows_fit_together() -> None:
    assert not Outbox.objects.exists()
    assert CaseWords.objects.count() == Case.objects.count()
    for case in Case.objects.all():
        assert case.complaint_count == case.complaint_links.count()
    assert not Need.objects.filter(state="ordered", orders__state="done").exists()
    running = Deadline.objects.filter(state="running")
    assert running.exists()
    assert not running.filter(case__closed_at__isnull=False).exists()
    before = dict(Case.objects.values_list("pk", "due_at"))
    deadlines.case_due_refresh(case_ids=before)
    assert dict(Case.objects.values_list("pk", "due_at")) == before


def test_what_is_written_afterwards_gets_fresh_numbers() -> None:
    row = Case.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('cases_case_id_seq'), nextval('cases_case_reference'), nextval('cases_event_id_seq')"
        )
        case_id, reference, event_id = cursor.fetchone()
    assert case_id > row.pk
    assert reference > max(int(one.split("-")[1]) for one in Complaint.objects.values_list("reference", flat=True))
    assert event_id > Event.objects.latest("pk").pk


def test_people_are_made_up_and_sealed() -> None:
    complaint = Complaint.objects.filter(identity__isnull=False, case_links__case__street__code=MAIN_STREET)[0]
    actor = actor_of(User.objects.get(username="dispatcher"))
    told = identity_reveal(actor=actor, complaint_id=complaint.pk, purpose="contact")
    assert told["name"].startswith("演示·市民")
    assert told["phone"].startswith("035100")
    assert Case.objects.filter(complaint_links__complaint__identity=complaint.identity).exists()


def test_each_sees_what_is_theirs_and_pages_open() -> None:
    desk = User.objects.get(username="dispatcher")
    own = Case.objects.visible_to(actor_of(desk))
    assert own.count() == Case.objects.filter(street__code=MAIN_STREET).count() > CASES / 4
    squad = actor_of(User.objects.get(username="market1"))
    assert 0 < Case.objects.visible_to(squad).count() < own.count()
    assert searching.find(actor_of(desk), "油烟", size=5).count
    client = Client()
    client.force_login(desk)
    assert client.get(reverse("console:board")).status_code == 200
    for stage in CaseStage.values:
        for case in own.filter(stage=stage)[:1]:
            page = client.get(reverse("console:case", args=[case.pk]))
            assert page.status_code == 200, stage
            assert case.reference in page.content.decode()
    part = Part.objects.filter(state="called", squad_id__in=squad.squads()).first()
    client.force_login(User.objects.get(username="market1"))
    today = client.get(reverse("field:today"))
    assert today.status_code == 200
    assert part is None or part.order.target.name in today.content.decode()


def test_a_sample_is_verified(filled: str) -> None:
    assert f"{CASES} cases" in filled
    assert "all hold" in filled


def test_more_may_be_filled_in() -> None:
    before = Case.objects.count()
    call_command("fill", cases=20, street=[MAIN_STREET], stdout=StringIO(), stderr=StringIO())
    assert Case.objects.count() - before == 20
    assert CaseWords.objects.count() == Case.objects.count()


def test_an_error_leaves_the_tables_as_they_were() -> None:
    before, cases = _catalogue(), Case.objects.count()
    with pytest.raises(RuntimeError, match="no such street"), bare(tables()):
        raise RuntimeError("no such street")
    assert _catalogue() == before
    assert Case.objects.count() == cases


def test_a_row_that_refers_to_nothing_is_refused_when_the_keys_come_back() -> None:
    before = _catalogue()
    with pytest.raises(IntegrityError, match="violates foreign key"), bare(tables()), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_part SET order_id = 0 WHERE id = (SELECT min(id) FROM cases_part)")
    assert _catalogue() == before


def test_what_fails_in_a_teller_is_told() -> None:
    def tell(number: int) -> int:
        return 10 // number

    assert sorted(side_by_side(tell, [1, 2, 5], tellers=2)) == [2, 5, 10]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(side_by_side(tell, [1, 0, 5], tellers=2))
    with pytest.raises(RuntimeError, match="killed"):
        list(side_by_side(lambda number: os.kill(os.getpid(), 9), [1, 2], tellers=2))
