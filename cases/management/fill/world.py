"""What a made-up history happens in: the offices, squads and classes that are there, and parties and people made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from random import Random

from django.utils import timezone

from cases.management.fill.copying import Book
from cases.models import Category, Identity, InspectionItem
from cases.services.identity import identity_sealed
from teams.models import Assignment, Certificate, Function, Grid, Role, Squad, Street
from teams.selectors import in_force

PEOPLE_AT_MOST = 20_000
CASES_A_PARTY = 12
ROADS = (
    "桃园路",
    "迎春街",
    "南海子巷",
    "并州路",
    "双塔寺街",
    "青年路",
    "柳荫巷",
    "水西门街",
    "新建路",
    "文源巷",
    "朝阳街",
)
SIGNS = (
    "老槐树",
    "夜来香",
    "好又多",
    "三顺",
    "福满堂",
    "晋味",
    "小四川",
    "东方",
    "顺达",
    "兄弟",
    "阿明",
    "如意",
    "鑫源",
    "百汇",
)
TRADES = (
    "烧烤店",
    "火锅城",
    "便民超市",
    "水果店",
    "理发馆",
    "面馆",
    "洗车行",
    "棋牌室",
    "修理部",
    "早餐铺",
    "工地",
    "停车场",
)
WORDS = (
    "油烟很大",
    "夜间噪音扰民",
    "占道经营",
    "垃圾没人清理",
    "污水流到路上",
    "施工到凌晨",
    "音响声音太大",
    "门前堆放杂物",
    "消防通道被堵",
    "电动车乱停",
    "露天烧烤",
    "广告牌松动",
    "没有营业执照",
    "燃气瓶放在门口",
    "食品过期",
    "乱倒泔水",
    "夜里喝酒喧哗",
    "扬尘严重",
    "井盖破损",
    "树枝挡路",
)
TAILS = (
    "请尽快处理",
    "希望有人来看看",
    "已经好几天了",
    "影响老人和孩子睡觉",
    "之前反映过没有改",
    "每天晚上都这样",
    "请回复",
)

Who = tuple[int | None, str]
"""Who acted and as what: the two facts an event keeps."""


@dataclass(frozen=True, slots=True)
class Officer:
    user_id: int
    name: str
    certificate: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Team:
    """A squad with its officers and the items of its checklist."""

    squad_id: int
    agency_id: int
    officers: Sequence[Officer]
    items: Sequence[int]


@dataclass(frozen=True, slots=True)
class Party:
    target_id: int
    name: str
    address: str
    grid_id: int | None
    lat: float
    lng: float


@dataclass(slots=True)
class Office:
    """A street whose office has people. ``weights`` add up over ``parties``, the busiest first."""

    street: Street
    staff: dict[Role, list[Who]]
    lead: Team
    joint: list[Team]
    grids: list[Grid]
    parties: list[Party] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


@dataclass(slots=True)
class World:
    offices: list[Office]
    categories: list[Category]
    people: list[Identity]


def read(codes: Sequence[str], dice: Random) -> World:
    """The streets of these codes (all, when none) that have an office and a team of their own."""
    today = timezone.localdate()
    items: dict[str, list[int]] = {}
    for item_id, function in InspectionItem.objects.filter(in_force(today)).values_list("pk", "function"):
        items.setdefault(function, []).append(item_id)
    streets = Street.objects.filter(code__in=codes) if codes else Street.objects.all()
    offices = [office for street in streets.order_by("code") if (office := _office(street, items))]
    categories = list(Category.objects.filter(parent__isnull=False, active=True).order_by("code"))
    dice.shuffle(categories)
    return World(offices, categories, [])


def _office(street: Street, items: dict[str, list[int]]) -> Office | None:
    staff: dict[Role, list[Who]] = {}
    today = timezone.localdate()
    for user_id, role in Assignment.objects.filter(in_force(today), street=street).values_list("user_id", "role"):
        staff.setdefault(Role(role), []).append((user_id, role))
    teams = {
        squad.agency.function: _team(squad, items.get(squad.agency.function, []))
        for squad in Squad.objects.filter(streets=street, active=True).select_related("agency").order_by("pk")
        if squad.agency.function != Function.LABORATORY
    }
    lead = teams.pop(Function.STREET.value, None)
    joint = [team for team in teams.values() if team.officers]
    wanted = (Role.DISPATCHER, Role.OFFICE_HEAD, Role.CHECKER)
    if lead is None or not lead.officers or not joint or any(role not in staff for role in wanted):
        return None
    return Office(street, staff, lead, joint, list(Grid.objects.filter(community__street=street).order_by("pk")))


def _team(squad: Squad, items: list[int]) -> Team:
    today = timezone.localdate()
    holders = Certificate.objects.filter(
        agency=squad.agency_id,
        revoked_on__isnull=True,
        valid_until__gte=today,
        user__assignments__squad=squad,
        user__assignments__role=Role.OFFICER,
    ).select_related("user")
    rows = [Officer(one.user_id, one.user.name, one.number, one.valid_until) for one in holders.order_by("pk")]
    return Team(squad.pk, squad.agency_id, rows, items)


def people(world: World, cases: int) -> None:
    """Complainants, plainly made up, with numbers that nobody can be called on; sealed once, used by many rows."""
    count = max(20, min(PEOPLE_AT_MOST, cases // 3))
    for number in range(count):
        sealed = identity_sealed(name=f"演示·市民{number:05}", phone=f"035100{number:05}")
        assert sealed is not None
        world.people.append(sealed)


def parties(world: World, book: Book, cases: int, dice: Random) -> None:
    """The parties of each office. How often one is complained about falls with its rank (Zipf-Mandelbrot)."""
    for office in world.offices:
        count = max(25, cases // CASES_A_PARTY // len(world.offices))
        office.parties = [_party(office, book, number, dice) for number in range(1, count + 1)]
        office.weights = list(accumulate(1 / (rank + min(20, count // 5)) for rank in range(count)))


def _party(office: Office, book: Book, number: int, dice: Random) -> Party:
    west, south, east, north = _box(office.street.outline)
    lat, lng = round(dice.uniform(south, north), 6), round(dice.uniform(west, east), 6)
    grid = next((grid for grid in office.grids if _inside(grid.outline, lat, lng)), None)
    trade = dice.choice(TRADES)
    name = f"演示·{dice.choice(SIGNS)}{trade}{office.street.short_name}{number}号"
    address = f"演示{dice.choice(ROADS)}{dice.randint(1, 400)}号"
    target_id = book.target.add(
        street_id=office.street.pk,
        grid_id=grid.pk if grid else None,
        kind="site" if trade == "工地" else "business",
        name=name,
        trade=trade,
        address=address,
        lat=lat,
        lng=lng,
        phone="138****0000",
        created_at=timezone.now(),
    )
    return Party(target_id, name, address, grid.pk if grid else None, lat, lng)


def _box(outline: object) -> tuple[float, float, float, float]:
    """West, south, east, north of a polygon; of a point on no map where there is none."""
    ring = outline["coordinates"][0] if isinstance(outline, dict) and outline.get("type") == "Polygon" else [[0, 0]]
    return min(p[0] for p in ring), min(p[1] for p in ring), max(p[0] for p in ring), max(p[1] for p in ring)


def _inside(outline: object, lat: float, lng: float) -> bool:
    west, south, east, north = _box(outline)
    return west <= lng <= east and south <= lat <= north
