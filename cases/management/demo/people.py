"""The demo's members of staff: names plainly made up, one password for all."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from cases.management.demo.ground import MAIN_STREET, OTHER_STREET, SINCE, Ground
from teams.models import Assignment, Certificate, Duty, Leave, Role, Squad, User
from teams.policies import Actor
from teams.selectors import actor_of

VALID_UNTIL = date(2029, 12, 31)
EXPIRED_ON = date(2025, 12, 31)

OFFICE: tuple[tuple[str, str, Role, str], ...] = (
    ("dispatcher", "调度员甲", Role.DISPATCHER, MAIN_STREET),
    ("dispatcher3", "调度员丙", Role.DISPATCHER, MAIN_STREET),
    ("head", "主任甲", Role.OFFICE_HEAD, MAIN_STREET),
    ("checker", "核查员甲", Role.CHECKER, MAIN_STREET),
    ("grid1", "网格员甲", Role.GRID_WORKER, MAIN_STREET),
    ("dispatcher2", "调度员乙", Role.DISPATCHER, OTHER_STREET),
    ("head2", "主任乙", Role.OFFICE_HEAD, OTHER_STREET),
    ("checker2", "核查员乙", Role.CHECKER, OTHER_STREET),
    ("grid2", "网格员乙", Role.GRID_WORKER, OTHER_STREET),
)

SQUADS: tuple[tuple[str, str, str], ...] = (
    ("street", MAIN_STREET, "综执"),
    ("market", MAIN_STREET, "市监"),
    ("urban", MAIN_STREET, "城管"),
    ("fire", "", "消防"),
    ("ecology", "", "环保"),
    ("emergency", "", "应急"),
    ("housing", "", "住建"),
    ("police", "", "公安"),
    ("health", "", "卫健"),
    ("transport", "", "交通"),
    ("water", "", "水务"),
    ("culture", "", "文旅"),
    ("resources", "", "资源"),
    ("labour", "", "人社"),
)
"""Function, street (empty: the whole district), word in the members' names. Each has a leader and two officers:
``marketleader``, ``market1``, ``market2``. The other street's squads have an ``x`` before: ``xmarket1``."""

OTHER_SQUADS = ("street", "market", "urban")

SHOWN = (
    ("dispatcher", "console"),
    ("head", "console"),
    ("checker", "console"),
    ("streetleader", "field"),
    ("street1", "field"),
    ("market1", "field"),
    ("urban1", "field"),
    ("fire1", "field"),
    ("lab1", "field"),
    ("grid1", "field"),
    ("dispatcher2", "console"),
    ("supervisor", "console"),
    ("auditor", "console"),
    ("sysadmin", "console"),
    ("secadmin", "console"),
)
"""Accounts that the launcher prints, with the face each is for."""


def password() -> str:
    """The one password of all demo accounts: ``DEMO_PASSWORD``, else the printed default."""
    return os.environ.get("DEMO_PASSWORD") or "demo-2026"


@dataclass(slots=True)
class People:
    users: dict[str, User] = field(default_factory=dict)
    _actors: dict[str, Actor] = field(default_factory=dict)

    def act(self, username: str) -> Actor:
        """The actor this member is today."""
        if username not in self._actors:
            self._actors[username] = actor_of(self.users[username])
        return self._actors[username]

    def ids(self, *usernames: str) -> list[int]:
        return [self.users[username].pk for username in usernames]


def make(ground: Ground) -> People:
    """Write users, assignments, certificates and turns of duty."""
    people = People()
    secret = make_password(password())  # hashed once: argon2 is slow on purpose
    for username, name, role, code in OFFICE:
        more = {"grid": ground.grids[code][0]} if role is Role.GRID_WORKER else {}
        _member(people, secret, username, name, role, street=ground.streets[code], **more)
    for function, street, word in SQUADS:
        _squad(people, secret, function, word, ground.squad(function, street or MAIN_STREET))
    for function in OTHER_SQUADS:
        word = next(word for name, _street, word in SQUADS if name == function)
        _squad(people, secret, f"x{function}", f"{word}乙", ground.squad(function, OTHER_STREET))
    team = ground.squad("street")
    expired = _member(people, secret, "street3", "综执队员丙（证件过期）", Role.OFFICER, squad=team)
    _certificate(expired, team, EXPIRED_ON)
    for username, days in (("market2", 25), ("fire2", 52)):
        until = timezone.localdate() + timedelta(days=days)
        Certificate.objects.filter(user=people.users[username]).update(valid_until=until)
    _member(people, secret, "aux1", "协管员甲", Role.AUXILIARY, squad=team)
    _member(people, secret, "aux2", "协管员乙", Role.AUXILIARY, squad=ground.squad("urban"))
    _member(people, secret, "lab1", "检测员甲", Role.LAB_TECHNICIAN, squad=ground.squads["laboratory"])
    _member(people, secret, "supervisor", "区级督办甲", Role.SUPERVISOR, district=ground.district)
    _member(people, secret, "auditor", "审计员甲", Role.AUDITOR)
    _member(people, secret, "sysadmin", "系统管理员甲", Role.SYSTEM_ADMIN)
    _member(people, secret, "secadmin", "安全管理员甲", Role.SECURITY_ADMIN)
    _duties(ground, people)
    ahead = timezone.localdate() + timedelta(days=9)
    Leave.objects.create(
        user=people.users["labour2"], starts_on=ahead, ends_on=ahead + timedelta(days=2), note="年休假"
    )
    return people


def _squad(people: People, secret: str, prefix: str, word: str, squad: Squad) -> None:
    for username, name, role in (
        (f"{prefix}leader", f"{word}队长甲", Role.SQUAD_LEADER),
        (f"{prefix}1", f"{word}队员甲", Role.OFFICER),
        (f"{prefix}2", f"{word}队员乙", Role.OFFICER),
    ):
        _certificate(_member(people, secret, username, name, role, squad=squad), squad, VALID_UNTIL)


def _member(people: People, secret: str, username: str, name: str, role: Role, **place: object) -> User:
    user = User.objects.create(
        username=username,
        name=f"演示·{name}",
        email=f"{username}@demo.invalid",
        phone="138****0000",
        password=secret,
    )
    Assignment.objects.create(user=user, role=role, starts_on=SINCE, **place)
    people.users[username] = user
    return user


def _certificate(user: User, squad: Squad, until: date) -> None:
    Certificate.objects.create(
        user=user, agency=squad.agency, number=f"演示证{user.pk:06}", valid_from=SINCE, valid_until=until
    )


def _duties(ground: Ground, people: People) -> None:
    today = timezone.localdate()
    for ahead in range(7):
        start = timezone.make_aware(datetime.combine(today + timedelta(days=ahead), time(8)))
        end = start + timedelta(hours=16)
        rows = [Duty(street=ground.main, user=people.users["dispatcher"], starts_at=start, ends_at=end)]
        for function, street, _word in SQUADS:
            squad = ground.squad(function, street or MAIN_STREET)
            rows += [
                Duty(squad=squad, user=people.users[f"{function}{number}"], starts_at=start, ends_at=end)
                for number in (1, 2)
            ]
        Duty.objects.bulk_create(rows)
