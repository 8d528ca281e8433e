"""A made-up history, filled once for this module: its chains hold, its rows fit together, its pages open."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, F
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from cases.management.demo.ground import MAIN_STREET
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
from cases.selectors import searching, timeline
from cases.services import deadlines
from cases.services.identity import identity_reveal
from teams.models import User
from teams.selectors import actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]
CASES = 300


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """In a transaction that is rolled back after the module; gives what the command printed."""
    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("fill", cases=CASES, stdout=out, stderr=StringIO())
        with connection.cursor() as cursor:  # foreign keys are looked at now, not at a commit that never comes
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield out.getvalue()
        transaction.set_rollback(True)


def test_every_chain_holds_and_tells_enough() -> None:
    for case in Case.objects.all():
        assert all(one.broken is None for one in timeline.verify(case)), case
    assert Chain.objects.filter(order__isnull=False).count() == Order.objects.count()
    over = Case.objects.filter(closed_at__isnull=False).annotate(told=Count("events"))
    assert over.count() > CASES * 0.8
    assert not over.filter(told__lt=5).exists()
    assert not Event.objects.filter(at__lt=F("case__opened_at")).exists()


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
    assert f"{CASES} cases" in filled or f"{CASES + 1} cases" in filled
    assert "all hold" in filled


def test_more_may_be_filled_in() -> None:
    before = Case.objects.count()
    call_command("fill", cases=20, street=[MAIN_STREET], stdout=StringIO(), stderr=StringIO())
    assert Case.objects.count() - before in (20, 21)
