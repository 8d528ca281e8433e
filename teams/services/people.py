"""Members of staff: made by the system administrator, let in by a one-time link, closed when they leave."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import Assignment, ChangeAction, Leave, Role, Subject, User
from teams.policies import Actor, require
from teams.services.days import today, yesterday
from teams.services.history import Facts, change_record

_USERNAME = re.compile(r"[\w.@+-]{1,40}")
LANGUAGES = ("zh-hans", "en")


def person_lock(user_id: int) -> User:
    """The person, locked until the end of the transaction. ``no_person`` when there is none."""
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise Refused("no_person", _("There is no such person."), status=404)
    return user


def not_oneself(actor: Actor, user_id: int) -> None:
    """``not_oneself``: nobody gives rights to, or takes locks off, the own account."""
    if actor.user_id == user_id:
        raise Refused("not_oneself", _("Not for yourself: ask another administrator."), status=403)


def account_facts(user: User) -> Facts:
    """What the history keeps of an account: contacts masked, since nothing there can be erased."""
    return {
        "username": user.username,
        "name": user.name,
        "email": _masked(user.email),
        "phone": _masked(user.phone),
        "language": user.language,
        "is_active": user.is_active,
    }


def _masked(text: str) -> str:
    head, at, tail = text.partition("@")
    if at:
        return f"{head[:1]}***@{tail}"
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 9 else "*" * len(text)


def person_create(
    *,
    actor: Actor,
    username: str,
    name: str,
    email: str = "",
    phone: str = "",
    language: str = "zh-hans",
    reason: str = "",
) -> User:
    """Make an account without password and without any role: it opens nothing until invited and granted.

    Refuses ``bad_username``, ``username_taken``, ``name_missing``, ``bad_email``.
    """
    with transaction.atomic():
        require(actor, "staff.edit")
        username = username.strip()
        if not _USERNAME.fullmatch(username):
            raise Refused("bad_username", _("Letters, digits and . @ + - _ only, 40 at most."), field="username")
        if User.objects.filter(username__iexact=username).exists():
            raise Refused("username_taken", _("This user name is taken."), field="username")
        values = _checked(name=name, email=email, phone=phone, language=language)
        user = User.objects.create_user(username, **values)
        _record(actor, user, ChangeAction.CREATED, {}, reason)
        return user


def person_edit(
    *, actor: Actor, user_id: int, name: str, email: str = "", phone: str = "", language: str, reason: str = ""
) -> User:
    """Change how a person is called and reached. Refuses like ``person_create``."""
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "staff.edit")
        before = account_facts(user)
        values = _checked(name=name, email=email, phone=phone, language=language)
        real = (user.email, user.phone)
        for column, value in values.items():
            setattr(user, column, value)
        user.save(update_fields=list(values))
        row = _record(actor, user, ChangeAction.CHANGED, before, reason)
        if row is None and real != (user.email, user.phone):  # two addresses may look the same when masked
            _record(actor, user, ChangeAction.CHANGED, before | {"phone": ""}, reason)
        return user


def account_close(*, actor: Actor, user_id: int, reason: str) -> User:
    """Deactivate: the session ends with the next request, streams at once, all roles with yesterday.

    What hangs on the person in cases is asked by ``cases.services.staffing`` before. Refuses ``not_oneself``,
    ``closed_already``, ``reason_missing``, ``last_security_admin``.
    """
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "staff.edit")
        not_oneself(actor, user_id)
        need_reason(reason)
        if not user.is_active:
            raise Refused("closed_already", _("This account is not active."))
        refuse_last_security_admin(user_id)
        before = account_facts(user)
        user.is_active = False
        user.session_round += 1
        user.save(update_fields=["is_active", "session_round"])
        user.invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
        end_roles(Assignment.objects.filter(user=user))
        for leave in Leave.objects.filter(Q(user=user) | Q(substitute=user), ends_on__gte=today()):
            end_roles(leave.stand_ins.all())
        _record(actor, user, ChangeAction.CLOSED, before, reason)
        return user


def account_reopen(*, actor: Actor, user_id: int, reason: str) -> User:
    """Let a deactivated person in again, without the roles of before. Refuses ``open_already``."""
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "staff.edit")
        not_oneself(actor, user_id)
        need_reason(reason)
        if user.is_active:
            raise Refused("open_already", _("This account is active."))
        before = account_facts(user)
        user.is_active = True
        user.save(update_fields=["is_active"])
        _record(actor, user, ChangeAction.REOPENED, before, reason)
        return user


def sign_in_reset(*, actor: Actor, user_id: int, reason: str) -> User:
    """Take second factors off and end every session: for a lost phone. The password stays. Refuses ``not_oneself``."""
    from allauth.mfa.models import Authenticator  # the app registry is not ready when commands import this module

    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "factor.reset")
        not_oneself(actor, user_id)
        need_reason(reason)
        taken, _rows = Authenticator.objects.filter(user=user).delete()
        user.session_round += 1
        user.save(update_fields=["session_round"])
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.RESET,
            before={"factors": taken},
            after={"factors": 0},
            reason=reason,
        )
        return user


def refuse_last_security_admin(user_id: int, *, on: Any = None) -> None:
    """``last_security_admin``: without one nobody could ever be granted a role again."""
    day = on or today()
    held = Assignment.objects.filter(
        role=Role.SECURITY_ADMIN, user__is_active=True, starts_on__lte=day, stands_in_for__isnull=True
    ).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    holders = set(held.values_list("user_id", flat=True))
    if user_id in holders and holders == {user_id}:
        raise Refused(
            "last_security_admin",
            _("This is the last security administrator: let another one be granted the role first."),
        )


def end_roles(rows: Any) -> None:
    """End assignments at once; those that began today or later are taken out (their history stands in the changes)."""
    for row in list(rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today()))):
        if row.starts_on > yesterday():
            row.delete()
        else:
            row.ends_on = yesterday()
            row.save(update_fields=["ends_on"])  # by save(), so that open streams are cut


def need_reason(reason: str, *, field: str = "reason") -> None:
    if not reason.strip():
        raise Refused("reason_missing", _("Give a reason: it stands in the history."), field=field)


def _checked(*, name: str, email: str, phone: str, language: str) -> dict[str, str]:
    if not name.strip():
        raise Refused("name_missing", _("A name is needed."), field="name")
    if email.strip():
        try:
            validate_email(email.strip())
        except ValidationError:
            raise Refused("bad_email", _("This is no e-mail address."), field="email") from None
    return {
        "name": name.strip()[:60],
        "email": email.strip(),
        "phone": phone.strip()[:32],
        "language": language if language in LANGUAGES else LANGUAGES[0],
    }


def _record(actor: Actor, user: User, action: str, before: Facts, reason: str) -> object:
    return change_record(
        actor=actor,
        kind=Subject.PERSON,
        subject_id=user.pk,
        name=user.name,
        action=action,
        before=before,
        after=account_facts(user),
        reason=reason,
    )
