"""The cast: a made-up district with two streets, its squads, its people and the catalogue that the stories need.

Everybody is plainly invented (演示·…). ``cast.act(cast.dispatcher)`` is the actor a service wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from cases.models import (
    Category,
    CategoryWord,
    DeadlineKind,
    DeadlineRule,
    InspectionItem,
    ItemKind,
    ItemLimit,
    Period,
    Severity,
    Target,
    TargetKind,
    Unit,
)
from cases.refusals import Refused
from cases.services.deadlines import forget_calendars
from teams.models import (
    Agency,
    Assignment,
    Certificate,
    Community,
    District,
    Function,
    Grid,
    Power,
    Role,
    Squad,
    SquadKind,
    Street,
    User,
)
from teams.policies import Actor
from teams.selectors import actor_of

LONG_AGO = date(2020, 1, 1)
FAR_AHEAD = date(2099, 12, 31)
LAT, LNG = 37.8600, 112.5800
"""Where the demo target stands, WGS-84, inside the own street's outline."""


def _box(west: float, south: float, east: float, north: float) -> dict[str, object]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@dataclass
class Cast:
    """Rows by their part in the play. ``agencies`` and ``squads`` by function, ``items`` and ``categories`` by code."""

    district: District = field(init=False)
    street: Street = field(init=False)
    other_street: Street = field(init=False)
    grid: Grid = field(init=False)
    agencies: dict[str, Agency] = field(default_factory=dict)
    squads: dict[str, Squad] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    items: dict[str, InspectionItem] = field(default_factory=dict)
    target: Target = field(init=False)
    supermarket: Target = field(init=False)
    foreign_target: Target = field(init=False)
    # the office
    dispatcher: User = field(init=False)
    head: User = field(init=False)
    checker: User = field(init=False)
    outsider: User = field(init=False)
    outsider_head: User = field(init=False)
    # the squads: the street team has its leader and two officers more
    leader: User = field(init=False)
    street_officers: list[User] = field(default_factory=list)
    market_officers: list[User] = field(default_factory=list)
    urban_officers: list[User] = field(default_factory=list)
    fire_officers: list[User] = field(default_factory=list)
    ecology_officers: list[User] = field(default_factory=list)
    other_officers: list[User] = field(default_factory=list)
    auxiliary: User = field(init=False)
    expired_officer: User = field(init=False)
    lab_technician: User = field(init=False)
    # the rest
    grid_worker: User = field(init=False)
    supervisor: User = field(init=False)
    auditor: User = field(init=False)
    system_admin: User = field(init=False)

    def act(self, user: User) -> Actor:
        """The actor this person is today."""
        return actor_of(User.objects.get(pk=user.pk))

    def officers_of(self, function: str) -> list[User]:
        """Officers with valid certificates of the function's squad, at least two; leaders first."""
        if function == Function.STREET:
            return [self.leader, *self.street_officers]
        return {
            "market": self.market_officers,
            "urban": self.urban_officers,
            "fire": self.fire_officers,
            "ecology": self.ecology_officers,
        }[function]

    def agency_ids(self, *functions: str) -> list[int]:
        return [self.agencies[function].pk for function in functions]


def make_cast() -> Cast:
    """Write the whole cast into the database."""
    cast = Cast()
    _ground(cast)
    _agencies(cast)
    _people(cast)
    _catalogue(cast)
    _clocks()
    _targets(cast)
    return cast


def _ground(cast: Cast) -> None:
    cast.district = District.objects.create(code="149901", name="演示·区", name_en="Demo district")
    cast.street = Street.objects.create(
        district=cast.district,
        code="149901001",
        name="演示·甲街道",
        name_en="Demo street A",
        short_name="演甲",
        outline=_box(112.55, 37.84, 112.60, 37.88),
    )
    cast.other_street = Street.objects.create(
        district=cast.district,
        code="149901002",
        name="演示·乙街道",
        name_en="Demo street B",
        short_name="演乙",
        outline=_box(112.60, 37.84, 112.65, 37.88),
    )
    community = Community.objects.create(street=cast.street, code="149901001001", name="演示·社区")
    cast.grid = Grid.objects.create(
        community=community,
        code="149901001001001",
        name="演示·网格",
        starts_on=LONG_AGO,
        outline=_box(112.57, 37.85, 112.59, 37.87),
    )


def _agencies(cast: Cast) -> None:
    rows = (
        (Function.STREET, SquadKind.ENFORCEMENT_TEAM, "演示·街道综合行政执法队", "演示综执"),
        (Function.MARKET, SquadKind.STATIONED, "演示·市场监管", "演示市监"),
        (Function.URBAN, SquadKind.STATIONED, "演示·城市管理", "演示城管"),
        (Function.FIRE, SquadKind.MODULE, "演示·消防", "演示消防"),
        (Function.ECOLOGY, SquadKind.MODULE, "演示·生态环境", "演示环"),
        (Function.LABORATORY, SquadKind.LABORATORY, "演示·检测机构", "演示检测"),
    )
    for function, kind, name, code in rows:
        own = cast.street if function is Function.STREET else None
        agency = Agency.objects.create(district=cast.district, street=own, function=function, code=code, name=name)
        squad = Squad.objects.create(agency=agency, kind=kind, name=f"{name}·队", short_name=name[3:7])
        streets = [cast.street] if own else [cast.street, cast.other_street]
        squad.streets.set(streets)
        cast.agencies[function.value], cast.squads[function.value] = agency, squad
    agency = Agency.objects.create(
        district=cast.district,
        street=cast.other_street,
        function=Function.STREET,
        code="演示乙综执",
        name="演示·乙街道综合行政执法队",
    )
    squad = Squad.objects.create(agency=agency, kind=SquadKind.ENFORCEMENT_TEAM, name="演示·乙街道队")
    squad.streets.set([cast.other_street])
    cast.agencies["other"], cast.squads["other"] = agency, squad


def person(username: str, name: str, role: Role, **place: object) -> User:
    """A member of staff with one role; no password (log in by ``client.force_login``)."""
    user = User.objects.create_user(username, name=f"演示·{name}", email=f"{username}@example.invalid")
    Assignment.objects.create(user=user, role=role, starts_on=LONG_AGO, **place)
    return user


def officer(
    username: str, name: str, squad: Squad, *, role: Role = Role.OFFICER, valid_until: date = FAR_AHEAD
) -> User:
    """An officer of the squad with a certificate of its agency."""
    user = person(username, name, role, squad=squad)
    Certificate.objects.create(
        user=user,
        agency=squad.agency,
        number=f"演示证{user.pk:06d}",
        valid_from=LONG_AGO,
        valid_until=valid_until,
    )
    return user


def _people(cast: Cast) -> None:
    own, other, squads = cast.street, cast.other_street, cast.squads
    cast.dispatcher = person("dispatcher", "调度员", Role.DISPATCHER, street=own)
    cast.head = person("head", "办公室主任", Role.OFFICE_HEAD, street=own)
    cast.checker = person("checker", "核查员", Role.CHECKER, street=own)
    cast.outsider = person("outsider", "乙街道调度员", Role.DISPATCHER, street=other)
    cast.outsider_head = person("outsider_head", "乙街道主任", Role.OFFICE_HEAD, street=other)
    cast.leader = officer("leader", "综执队长", squads["street"], role=Role.SQUAD_LEADER)
    cast.street_officers = [officer(f"street{n}", f"综执队员{n}", squads["street"]) for n in (1, 2)]
    for function, name in (("market", "市监"), ("urban", "城管"), ("fire", "消防"), ("ecology", "环保")):
        first = officer(f"{function}1", f"{name}中队长", squads[function], role=Role.SQUAD_LEADER)
        second = officer(f"{function}2", f"{name}队员", squads[function])
        setattr(cast, f"{function}_officers", [first, second])
    cast.other_officers = [officer(f"other{n}", f"乙街道队员{n}", squads["other"]) for n in (1, 2)]
    cast.auxiliary = person("auxiliary", "协管员", Role.AUXILIARY, squad=squads["street"])
    cast.expired_officer = officer("expired", "证件过期队员", squads["street"], valid_until=date(2024, 12, 31))
    cast.lab_technician = person("technician", "检测员", Role.LAB_TECHNICIAN, squad=squads["laboratory"])
    cast.grid_worker = person("gridworker", "网格员", Role.GRID_WORKER, street=own, grid=cast.grid)
    cast.supervisor = person("supervisor", "区级督办", Role.SUPERVISOR, district=cast.district)
    cast.auditor = person("auditor", "审计员", Role.AUDITOR)
    cast.system_admin = person("sysadmin", "系统管理员", Role.SYSTEM_ADMIN)


def _catalogue(cast: Cast) -> None:
    category = Category.objects.create
    appearance = category(code="01", name="市容环境", name_en="City appearance")
    order = category(code="05", name="街面秩序", name_en="Street order")
    fumes = category(
        code="01-16",
        name="油烟污染",
        name_en="Cooking fumes",
        parent=appearance,
        clause_group="fumes",
        closing_condition="现场无油烟直排",
        closing_condition_en="No fumes escape",
    )
    noise = category(
        code="05-08",
        name="商业噪声",
        name_en="Commercial noise",
        parent=order,
        clause_group="noise",
        night=True,
        closing_condition="同时段现场安静",
        closing_condition_en="Quiet at the same hour",
    )
    barbecue = category(
        code="05-10",
        name="露天烧烤",
        name_en="Open-air barbecue",
        parent=order,
        clause_group="barbecue",
        night=True,
        severity=Severity.MAJOR,
        closing_condition="同时段现场无露天烧烤",
        closing_condition_en="No open-air barbecue at the same hour",
    )
    stacking = category(code="05-07", name="占道堆放", name_en="Stacked goods", parent=order, clause_group="stacking")
    for row in (appearance, order, fumes, noise, barbecue, stacking):
        cast.categories[row.code] = row
    for row, words in ((fumes, "油烟"), (noise, "噪音 吵闹"), (barbecue, "烧烤 烤串"), (stacking, "堆放")):
        CategoryWord.objects.bulk_create([CategoryWord(category=row, word=word, weight=5) for word in words.split()])
    for function, codes, optional in (
        ("street", "05-10 05-08 05-07 01-16", False),
        ("market", "05-10 05-07", False),
        ("urban", "05-10 01-16 05-08", False),
        ("fire", "05-10", True),
        ("ecology", "01-16", True),
    ):
        for code in codes.split():
            Power.objects.create(
                agency=cast.agencies[function],
                category_code=code,
                optional=optional,
                delegated=function == "street",
                street=cast.street if function == "street" else None,
                starts_on=LONG_AGO,
            )
    _items(cast)


def _items(cast: Cast) -> None:
    rows: tuple[tuple[str, Function, ItemKind, str, dict[str, object], str], ...] = (
        ("ST-01", Function.STREET, ItemKind.JUDGED, "顾客喧哗", {"clause_group": "noise"}, "05-10 05-08"),
        (
            "ST-02",
            Function.STREET,
            ItemKind.MEASURED,
            "厂界噪声",
            {"unit": "dB(A)", "clause_group": "noise"},
            "05-10 05-08",
        ),
        ("ST-03", Function.STREET, ItemKind.YES_NO, "占道堆放", {"clause_group": "stacking"}, "05-07"),
        ("MK-01", Function.MARKET, ItemKind.YES_NO, "营业执照", {"clause_group": "licence"}, ""),
        (
            "MK-02",
            Function.MARKET,
            ItemKind.YES_NO,
            "食品经营许可",
            {"key_item": True, "photo_required": True},
            "05-10",
        ),
        (
            "UR-01",
            Function.URBAN,
            ItemKind.CHOICE,
            "油烟净化器",
            {"choices": ["运行", "停用", "未安装"]},
            "05-10 01-16",
        ),
        (
            "UR-02",
            Function.URBAN,
            ItemKind.LAB,
            "油烟排放浓度",
            {"unit": "mg/m³", "clause_group": "fumes"},
            "05-10 01-16",
        ),
        ("FI-01", Function.FIRE, ItemKind.YES_NO, "安全出口", {"clause_group": "exits"}, ""),
    )
    for number, (code, function, kind, name, more, codes) in enumerate(rows):
        item = InspectionItem.objects.create(
            code=code, function=function, kind=kind, name=name, starts_on=LONG_AGO, order=number, **more
        )
        item.categories.set([cast.categories[c] for c in codes.split()])
        cast.items[code] = item
    limit = ItemLimit.objects.create
    limit(item=cast.items["UR-02"], maximum=Decimal("2.0"), unit="mg/m³", standard="GB 18483-2001", starts_on=LONG_AGO)
    for zone, day, night in ((1, 55, 45), (2, 60, 50), (3, 65, 55)):
        for period, maximum in ((Period.DAY, day), (Period.NIGHT, night)):
            limit(
                item=cast.items["ST-02"],
                zone=zone,
                period=period,
                maximum=Decimal(maximum),
                unit="dB(A)",
                standard="GB 22337-2008",
                starts_on=LONG_AGO,
            )


def _clocks() -> None:
    rows = (
        (DeadlineKind.REGISTER, 15, Unit.MINUTE, 5, Unit.MINUTE),
        (DeadlineKind.TRIAGE, 2, Unit.WORK_HOUR, 30, Unit.MINUTE),
        (DeadlineKind.CONTACT, 24, Unit.URGENT_HOUR, 2, Unit.URGENT_HOUR),
        (DeadlineKind.APPROVAL, 4, Unit.WORK_HOUR, 24, Unit.URGENT_HOUR),
        (DeadlineKind.ACKNOWLEDGE, 2, Unit.WORK_HOUR, 30, Unit.MINUTE),
        (DeadlineKind.REPORT_IN, 1, Unit.WORK_DAY, 60, Unit.MINUTE),
        (DeadlineKind.LAB_REPORT, 7, Unit.WORK_DAY, 7, Unit.WORK_DAY),
        (DeadlineKind.RULING, 2, Unit.WORK_DAY, 2, Unit.WORK_DAY),
        (DeadlineKind.RECHECK, 3, Unit.WORK_DAY, 3, Unit.WORK_DAY),
        (DeadlineKind.CHECK_AFTER, 2, Unit.WORK_DAY, 2, Unit.WORK_DAY),
        (DeadlineKind.ANSWER, 1, Unit.WORK_DAY, 1, Unit.WORK_DAY),
        (DeadlineKind.WHOLE_CASE, 5, Unit.WORK_DAY, 5, Unit.WORK_DAY),
    )
    for kind, amount, unit, urgent_amount, urgent_unit in rows:
        DeadlineRule.objects.create(kind=kind, amount=amount, unit=unit)
        DeadlineRule.objects.create(kind=kind, urgent=True, amount=urgent_amount, unit=urgent_unit)


def _targets(cast: Cast) -> None:
    target = Target.objects.create
    cast.target = target(
        street=cast.street,
        grid=cast.grid,
        kind=TargetKind.BUSINESS,
        name="演示·夜市烧烤店",
        address="演示路1号",
        trade="餐饮",
        lat=LAT,
        lng=LNG,
        noise_zone=2,
    )
    cast.supermarket = target(
        street=cast.street, name="演示·便民超市", address="演示路9号", trade="零售", lat=LAT + 0.005, lng=LNG
    )
    cast.foreign_target = target(
        street=cast.other_street, name="演示·乙街道饭馆", address="演示东路3号", lat=LAT, lng=112.62
    )


@pytest.fixture(scope="module")
def cast_of_module(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Cast | None]:
    """The cast, written once for a file in a transaction around those of its tests, and taken back at its end.

    None in a file that has tests with transactions of their own: those could not live inside of this one.
    """
    if any(_own_transactions(item) for item in request.session.items if item.path == request.path):
        yield None
        return
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # like those of a TestCase, so that durable blocks may begin inside
    with django_db_blocker.unblock():
        around.__enter__()
        made = make_cast()
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


def _own_transactions(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    own = bool(mark and (mark.kwargs.get("transaction") or True in mark.args[:1]))
    return own or not {"transactional_db", "live_server"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture
def cast(cast_of_module: Cast | None, db: None) -> Cast:
    """The cast in the test's own transaction; for ``transaction=True`` tests call ``make_cast()``."""
    forget_calendars()
    return make_cast() if cast_of_module is None else deepcopy(cast_of_module)


Snapshot = dict[str, tuple[int, int | None]]


def snapshot() -> Snapshot:
    """Row count and digest of every table of the core, the ground and the notices.

    Prepared once a connection: planning takes longer than reading. The digests need no order, as every row has a key.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'snapshot'")
        if cursor.fetchone() is None:
            tables = sorted(
                model._meta.db_table
                for label in ("cases", "teams", "notify")
                if label in apps.app_configs
                for model in apps.get_app_config(label).get_models(include_auto_created=True)
            )
            union = " UNION ALL ".join(
                f"SELECT '{table}', count(*), bit_xor(hashtextextended(t::text, 0)) FROM \"{table}\" t"
                for table in tables
            )
            cursor.execute(f"PREPARE snapshot AS {union}")
        cursor.execute("EXECUTE snapshot")
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


@contextmanager
def unchanged(before: Snapshot | None = None) -> Iterator[None]:
    """Within the block nothing is written: no row, event or message, and no row is altered.

    ``before``: the snapshot to compare with, where one stands already; taking one reads every table.
    """
    before = before or snapshot()
    yield
    after = snapshot()
    assert after == before, sorted(table for table in after if after[table] != before.get(table))


@contextmanager
def refused(code: str, *, status: int | None = None) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """The block is refused with this code, and leaves nothing behind."""
    with unchanged(), pytest.raises(Refused) as caught:
        yield caught
    assert caught.value.code == code, caught.value
    assert str(caught.value), "a refusal says what to do"
    if status is not None:
        assert caught.value.status == status
