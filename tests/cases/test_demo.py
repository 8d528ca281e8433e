"""The demo, loaded once for this module: every stage is there, the chains hold, nobody's phone is anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from stdnum.cn import uscc

from cases.management.demo.ground import MAIN_STREET
from cases.management.demo.people import SHOWN, password
from cases.models import (
    Case,
    CaseStage,
    Category,
    Chain,
    Complaint,
    Event,
    Feedback,
    File,
    FileState,
    LabTest,
    Need,
    NeedCause,
    Order,
    OrderState,
    Outbox,
    Part,
    PartState,
    Ruling,
    RulingOutcome,
    Source,
    Target,
    Visit,
    VisitOutcome,
)
from cases.selectors import board, timeline
from dispatch.notify.models import Message
from dispatch.notify.relay import relay
from teams.models import Role, Squad, Street, User
from teams.selectors import actor_of, people_with, powers_for, street_at, valid_certificates
from tests.cast import snapshot

PHONE = "1380000"
"""How every phone of the demo's complainants begins."""


@pytest.fixture(scope="module", autouse=True)
def demo(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The whole demo in a transaction that is rolled back after the module; gives what the command printed."""
    out = StringIO()
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")),
        transaction.atomic(),
    ):
        call_command("load_demo", stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


def main_street() -> Street:
    return Street.objects.get(code=MAIN_STREET)


def test_every_stage_and_state_is_there() -> None:
    assert set(Case.objects.values_list("stage", flat=True)) == set(CaseStage.values)
    assert set(Order.objects.values_list("state", flat=True)) == set(OrderState.values)
    assert set(Part.objects.values_list("state", flat=True)) == set(PartState.values)
    assert set(Visit.objects.values_list("outcome", flat=True)) >= {"", VisitOutcome.DONE, VisitOutcome.SHUT}
    assert set(Ruling.objects.values_list("outcome", flat=True)) >= set(RulingOutcome.values) - {
        RulingOutcome.NOTHING_WRONG
    }
    assert set(LabTest.objects.values_list("state", flat=True)) == {"commissioned", "reported"}
    assert set(Feedback.objects.values_list("rework", flat=True)) == {"none", "asked", "accepted", "refused"}
    assert Need.objects.filter(cause=NeedCause.RECHECK, state="open").exists()
    assert {Source.PORTAL, Source.OFFICE, Source.GRID, Source.PATROL} <= set(
        Case.objects.values_list("source", flat=True)
    )
    assert 55 <= Case.objects.count() <= 80
    assert Target.objects.count() >= 40


def test_the_board_shows_every_light_and_every_queue() -> None:
    actor = actor_of(User.objects.get(username="dispatcher"))
    counts = board.queues(actor)
    assert all(count.count for count in counts.values()), counts
    moment = timezone.now()
    lights = {
        "late" if case.due_at < moment else "soon" if case.warn_at and case.warn_at <= moment else "ok"
        for case in Case.objects.filter(street__code=MAIN_STREET, due_at__isnull=False)
        if case.due_at is not None
    }
    assert lights == {"late", "soon", "ok"}


def test_the_two_stories_are_told_to_their_end() -> None:
    closed = Case.objects.filter(stage=CaseStage.CLOSED)
    barbecue = closed.get(category__code="05-10")
    orders = Order.objects.filter(need_links__need__case=barbecue)
    first = orders.earliest("pk")
    assert set(first.parts.values_list("agency__function", flat=True)) == {"street", "market", "urban", "fire"}
    assert first.urgent_first
    assert first.approved_at is not None
    assert first.parts.get(is_lead=True).agency.function == "street"
    assert LabTest.objects.get(visit__order=first).conforms
    assert orders.filter(need_links__need__cause=NeedCause.RECHECK, state=OrderState.DONE).exists()
    assert barbecue.complaint_count == 2
    assert Feedback.objects.filter(case=barbecue, satisfied=5).exists()
    supermarket = closed.get(source=Source.PATROL)
    ruling = Ruling.objects.get(finding__need__case=supermarket)
    assert ruling.outcome == RulingOutcome.CAUTION_CARD
    assert ruling.corrected_on_spot
    assert ruling.paper_number


def test_every_chain_verifies() -> None:
    assert Chain.objects.count() == Case.objects.count() + Order.objects.count()
    assert all(checked.broken is None for case in Case.objects.all() for checked in timeline.verify(case))
    assert all(timeline.order_timeline(order=order).verified for order in Order.objects.all())


def test_nothing_is_told_later_than_now() -> None:
    moment = timezone.now()
    assert not Event.objects.filter(at__gt=moment).exists()
    assert not Complaint.objects.filter(received_at__gt=moment).exists()


def test_no_event_and_no_message_knows_who_complained() -> None:
    spoken = list(Complaint.objects.values_list("text", flat=True))
    bodies = list(Event.objects.values_list("body", flat=True))
    assert not [body for body in bodies if PHONE in body or "演示·居民" in body]
    assert not [text for text in spoken if any(text in body for body in bodies)]
    left = set(Outbox.objects.values_list("event_id", flat=True))
    Outbox.objects.bulk_create([Outbox(event=event) for event in Event.objects.exclude(pk__in=left)])
    while (done := relay(limit=500)).taken:
        assert done.failed == 0
    messages = [str(vars(message)) for message in Message.objects.all()]
    assert messages
    assert not [text for text in messages if PHONE in text or "演示·居民" in text]
    assert not [text for text in messages if any(words in text for words in spoken)]


def test_squads_can_inspect_and_only_one_certificate_has_expired() -> None:
    today = timezone.localdate()
    for squad in Squad.objects.filter(streets=main_street(), active=True).exclude(kind="laboratory"):
        officers = list(people_with(Role.OFFICER, squad_id=squad.pk).values_list("pk", flat=True))
        valid = valid_certificates(officers, today).filter(agency=squad.agency).count()
        assert valid >= 2, squad
        assert people_with(Role.SQUAD_LEADER, squad_id=squad.pk).exists(), squad
    assert not valid_certificates([User.objects.get(username="street3").pk], today).exists()
    for role in (Role.DISPATCHER, Role.OFFICE_HEAD, Role.CHECKER, Role.GRID_WORKER):
        assert people_with(role, street_id=main_street().pk).exists()


def test_every_class_has_a_power_on_every_street() -> None:
    codes = Category.objects.filter(active=True, parent__isnull=False).values_list("code", flat=True)
    today = timezone.localdate()
    for street in Street.objects.all():
        lacking = [code for code in codes if not powers_for(code, street, today)]
        assert lacking == [], street
    fumes = powers_for("05-10", main_street(), today)
    assert {(row.agency.function, row.optional) for row in fumes} >= {
        ("street", False),
        ("market", False),
        ("urban", False),
        ("fire", True),
    }
    [of_street] = [row for row in fumes if row.agency.function == "street"]
    assert of_street.delegated


def test_the_ground_is_seven_streets_that_do_not_overlap() -> None:
    assert Street.objects.count() == 7
    for target in Target.objects.select_related("street", "grid__community"):
        assert target.lat is not None
        assert target.lng is not None
        assert street_at(target.lat, target.lng) == target.street
        assert target.grid is not None
        assert target.grid.code.startswith(target.street.code)


def test_people_and_parties_are_plainly_made_up() -> None:
    assert all(user.name.startswith("演示·") and "*" in user.phone for user in User.objects.all())
    for target in Target.objects.all():
        assert target.name.startswith("演示")
        assert not target.phone or "****" in target.phone
        if target.uscc:
            assert uscc.is_valid(target.uscc)
            assert "DEM" in target.uscc


def test_accounts_log_in_with_the_printed_password(demo: str) -> None:
    assert password() in demo
    for username, _face in SHOWN:
        user = User.objects.get(username=username)
        assert user.check_password(password())
        assert username in demo
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.filter(is_staff=True).exists()


def test_pictures_are_ready_to_be_shown() -> None:
    assert set(File.objects.values_list("state", flat=True)) == {FileState.READY}
    assert File.objects.filter(attachments__complaint__isnull=False).exists()


def test_it_never_touches_a_database_that_holds_anything() -> None:
    before = snapshot()
    with pytest.raises(CommandError, match=r"\w"):
        call_command("load_demo")
    assert snapshot() == before


def test_its_modules_stay_short() -> None:
    folder = Path("cases/management/demo")
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 400 for path in folder.glob("*.py"))
