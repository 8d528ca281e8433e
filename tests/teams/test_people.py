"""People, roles, leave, certificates: what is refused, what takes effect at once, who may do what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from cases.models import Case, Event
from cases.services import casefile, staffing, triage
from dispatch.notify.certificates import certificates_tell
from dispatch.notify.models import Message
from teams.models import Assignment, Certificate, Change, Role, User
from teams.policies import Actor
from teams.selectors.history import history_of, history_page
from teams.services import certificates, invitations, leaves, people, roles
from tests.cast import FAR_AHEAD, Cast, person, refused, unchanged
from tests.console.conftest import complaint

PASSWORD = "wen-miao-jie-2026"


@pytest.fixture
def system(cast: Cast) -> Actor:
    return cast.act(cast.system_admin)


@pytest.fixture
def security(cast: Cast) -> Actor:
    return cast.act(person("secadmin", "安全管理员", Role.SECURITY_ADMIN))


def today() -> date:
    return timezone.localdate()


def newcomer(system: Actor, name: str = "newcomer") -> User:
    return people.person_create(actor=system, username=name, name=f"演示·{name}", email="n@example.invalid")


def test_an_invitation_works_once(cast: Cast, system: Actor) -> None:
    user = newcomer(system)
    first = invitations.invitation_make(actor=system, user_id=user.pk)
    second = invitations.invitation_make(actor=system, user_id=user.pk)
    assert second.token not in str(list(user.invitations.values_list("digest", flat=True)))
    with refused("link_spent"):
        invitations.invitation_accept(token=first.token, password=PASSWORD)
    with refused("password_weak"):
        invitations.invitation_accept(token=second.token, password="1234567890")
    invitations.invitation_accept(token=second.token, password=PASSWORD)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    with refused("link_spent"):
        invitations.invitation_accept(token=second.token, password=PASSWORD + "x")
    third = invitations.invitation_make(actor=cast.act(person("sec", "安全", Role.SECURITY_ADMIN)), user_id=user.pk)
    third.invitation.expires_at = timezone.now() - timedelta(seconds=1)
    third.invitation.save()
    with refused("link_spent"):
        invitations.invitation_accept(token=third.token, password=PASSWORD)


def test_a_link_for_who_has_a_password_is_a_reset(cast: Cast, system: Actor, security: Actor) -> None:
    user = newcomer(system)
    made = invitations.invitation_make(actor=system, user_id=user.pk)
    invitations.invitation_accept(token=made.token, password=PASSWORD)
    with refused("not_allowed", status=403):
        invitations.invitation_make(actor=system, user_id=user.pk)
    assert invitations.invitation_make(actor=security, user_id=user.pk)
    with refused("not_oneself", status=403):
        invitations.invitation_make(actor=security, user_id=security.user_id or 0)


def test_the_page_behind_the_link(cast: Cast, system: Actor) -> None:
    user = newcomer(system)
    token = invitations.invitation_make(actor=system, user_id=user.pk).token
    client = Client()
    assert client.get("/welcome/nonsense/").status_code == 410
    assert client.get(f"/welcome/{token}/").status_code == 200
    answer = client.post(f"/welcome/{token}/", {"password1": PASSWORD, "password2": "other"})
    assert answer.status_code == 422
    answer = client.post(f"/welcome/{token}/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    assert client.get(f"/welcome/{token}/").status_code == 410


def test_names_are_checked(cast: Cast, system: Actor) -> None:
    with refused("username_taken"):
        people.person_create(actor=system, username="Dispatcher", name="x")
    with refused("bad_username"):
        people.person_create(actor=system, username="a b", name="x")
    with refused("bad_email"):
        people.person_create(actor=system, username="ab", name="x", email="nobody")
    with refused("not_allowed", status=403):
        people.person_create(actor=cast.act(cast.head), username="ab", name="x")


def test_who_makes_does_not_grant(cast: Cast, system: Actor, security: Actor) -> None:
    user = newcomer(system)
    days: dict[str, Any] = {"starts_on": today(), "reason": "演示·到岗"}
    with refused("not_allowed", status=403):
        roles.role_grant(actor=system, user_id=user.pk, role="dispatcher", street_id=cast.street.pk, **days)
    with refused("not_oneself", status=403):
        roles.role_grant(actor=security, user_id=security.user_id or 0, role="auditor", **days)
    with refused("place_missing"):
        roles.role_grant(actor=security, user_id=user.pk, role="dispatcher", **days)
    with refused("starts_in_the_past"):
        roles.role_grant(
            actor=security, user_id=user.pk, role="auditor", starts_on=today() - timedelta(days=1), reason="x"
        )
    row = roles.role_grant(actor=security, user_id=user.pk, role="dispatcher", street_id=cast.street.pk, **days)
    assert cast.act(user).streets() == {cast.street.pk}
    with refused("held_already"):
        roles.role_grant(actor=security, user_id=user.pk, role="dispatcher", street_id=cast.street.pk, **days)
    with refused("administrators_apart"):
        roles.role_grant(actor=security, user_id=user.pk, role="system_admin", **days)
    roles.role_end(actor=security, assignment_id=row.pk, last_day=today() - timedelta(days=1), reason="演示·离岗")
    assert not cast.act(user).grants
    told = [entry.change.action for entry in history_of("person", user.pk)]
    assert told == ["withdrawn", "granted", "created"]


def test_the_last_security_administrator_stays(cast: Cast, system: Actor, security: Actor) -> None:
    with refused("last_security_admin"):
        people.account_close(actor=system, user_id=security.user_id or 0, reason="演示")
    other = person("second", "另一位", Role.SECURITY_ADMIN)
    row = Assignment.objects.get(user_id=security.user_id or 0)
    roles.role_end(actor=cast.act(other), assignment_id=row.pk, last_day=today(), reason="演示")
    row = Assignment.objects.get(user=other)
    with refused("not_oneself"):
        roles.role_end(actor=cast.act(other), assignment_id=row.pk, last_day=today(), reason="演示")
    with refused("last_security_admin"):
        people.account_close(actor=system, user_id=other.pk, reason="演示")


def test_a_substitute_holds_the_roles_meanwhile(cast: Cast) -> None:
    head, away, stand_in = (
        cast.act(cast.head),
        cast.dispatcher,
        person("spare", "替班", Role.CHECKER, street=cast.street),
    )
    leave = leaves.leave_add(
        actor=head, user_id=away.pk, starts_on=today(), ends_on=today() + timedelta(days=3), substitute_id=stand_in.pk
    )
    assert cast.act(stand_in).has(Role.DISPATCHER)
    assert not cast.act(away).grants, "the roles rest"
    with refused("leave_overlaps"):
        leaves.leave_add(actor=head, user_id=away.pk, starts_on=today(), ends_on=today())
    leaves.leave_end(actor=head, leave_id=leave.pk, last_day=today() - timedelta(days=1))
    assert cast.act(away).has(Role.DISPATCHER)
    assert not cast.act(stand_in).has(Role.DISPATCHER)


def test_a_head_manages_the_own_street_alone(cast: Cast, system: Actor, security: Actor) -> None:
    days: dict[str, Any] = {"starts_on": today(), "ends_on": today()}
    head = cast.act(cast.head)
    with refused("not_allowed", status=403):
        leaves.leave_add(actor=head, user_id=cast.outsider.pk, **days)
    with refused("not_oneself", status=403):
        leaves.leave_add(actor=head, user_id=cast.dispatcher.pk, substitute_id=cast.head.pk, **days)
    with refused("not_allowed", status=403):
        leaves.leave_add(actor=system, user_id=cast.dispatcher.pk, substitute_id=cast.checker.pk, **days)
    leaves.leave_add(actor=system, user_id=cast.dispatcher.pk, **days)
    assert cast.act(cast.dispatcher).has(Role.DISPATCHER), "without a substitute the roles stay"
    with refused("not_allowed", status=403):
        leaves.leave_add(actor=head, user_id=cast.fire_officers[0].pk, **days)
    leaves.leave_add(actor=security, user_id=cast.outsider.pk, substitute_id=cast.outsider_head.pk, **days)


def test_leaving_with_work_in_hand(cast: Cast, system: Actor) -> None:
    case, _told, _token = complaint(cast)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)
    spare = person("spare", "另一位调度员", Role.DISPATCHER, street=cast.street)
    close: dict[str, Any] = {"actor": system, "user_id": cast.dispatcher.pk, "reason": "演示·调离"}
    with refused("work_in_hand"):
        staffing.person_close(**close)
    with refused("cannot_take_over"):
        staffing.person_close(**close, hand_over_to=cast.outsider.pk)
    staffing.person_close(**close, hand_over_to=spare.pk)
    assert Case.objects.get(pk=case.pk).owner_id == spare.pk
    assert Event.objects.filter(case=case, kind="case.handed_over").count() == 1
    assert not User.objects.get(pk=cast.dispatcher.pk).is_active
    assert not cast.act(cast.dispatcher).grants
    with refused("not_oneself", status=403):
        staffing.person_close(actor=system, user_id=system.user_id or 0, reason="x")


def test_nobody_left_behind_the_open_work(cast: Cast, system: Actor) -> None:
    casefile.case_open(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, source="office", title="演示·一件")
    with refused("nobody_left"):
        staffing.person_close(actor=system, user_id=cast.dispatcher.pk, reason="演示")


def test_a_closed_account_is_out_with_the_next_request(cast: Cast, system: Actor, security: Actor) -> None:
    client, other = Client(), Client()
    client.force_login(cast.checker)
    other.force_login(cast.outsider)
    assert client.get("/console/").status_code == 200
    staffing.person_close(actor=system, user_id=cast.checker.pk, reason="演示")
    assert client.get("/console/").status_code == 302
    people.sign_in_reset(actor=security, user_id=cast.outsider.pk, reason="演示·手机遗失")
    assert other.get("/console/").status_code == 302
    people.account_reopen(actor=system, user_id=cast.checker.pk, reason="演示·返聘")
    assert not cast.act(cast.checker).grants, "roles do not come back by themselves"


def test_certificates_are_told_of_in_time(cast: Cast, system: Actor) -> None:
    Certificate.objects.exclude(user=cast.market_officers[1]).update(valid_until=FAR_AHEAD)
    row = Certificate.objects.get(user=cast.market_officers[1])
    certificates.certificate_renew(actor=system, certificate_id=row.pk, valid_until=today() + timedelta(days=30))
    assert certificates_tell() > 0
    mine = Message.objects.filter(channel="in_app")
    readers = {cast.market_officers[1].pk, cast.market_officers[0].pk, cast.system_admin.pk}
    assert set(mine.values_list("recipient_id", flat=True)) == readers
    with unchanged():
        assert certificates_tell() == 0
    certificates.certificate_renew(actor=system, certificate_id=row.pk, valid_until=today() + timedelta(days=6))
    certificates_tell()
    assert mine.filter(recipient=cast.system_admin).count() == 2
    client = Client()
    client.force_login(cast.system_admin)
    page = client.get("/console/notices/")
    assert f"/console/admin/people/{row.user_id}/".encode() in page.content
    with refused("certificate_taken"):
        certificates.certificate_add(
            actor=system,
            user_id=cast.leader.pk,
            agency_id=row.agency_id,
            number=row.number,
            valid_from=today(),
            valid_until=FAR_AHEAD,
        )
    certificates.certificate_revoke(actor=system, certificate_id=row.pk, revoked_on=today(), reason="演示·调离")
    with refused("revoked_already"):
        certificates.certificate_renew(actor=system, certificate_id=row.pk, valid_until=FAR_AHEAD)


def test_the_history_cannot_be_altered(cast: Cast, system: Actor) -> None:
    newcomer(system)
    row = Change.objects.get()
    assert "n@example" not in str(row.fields), "contacts stand there masked"
    for statement in (
        f"UPDATE teams_change SET reason = 'x' WHERE id = {row.pk}",
        f"DELETE FROM teams_change WHERE id = {row.pk}",
        "TRUNCATE teams_change",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert len(history_page(cast.act(cast.auditor), kind="person", text="newcomer")) == 1
    with refused("not_allowed", status=403):
        history_page(cast.act(cast.head))


def test_lists_have_a_budget(cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    client = Client()
    client.force_login(cast.system_admin)
    for path, most in (
        ("people/", 30),
        ("squads/", 30),
        ("powers/", 30),
        ("areas/", 28),
        ("items/", 26),
        ("history/", 24),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(f"/console/admin/{path}").status_code == 200
