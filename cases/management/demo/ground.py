"""Where and who acts in the demo: one district, its seven units, agencies and squads.

The names and codes of district and streets are public facts. Communities, grids and every outline are invented: plain
rectangles that tile a box, not the real borders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cases.management import catalogue
from cases.models import Setting
from teams.models import Agency, Community, District, Function, Grid, Power, Squad, SquadKind, Street, StreetKind

SINCE = date(2024, 1, 1)
DISTRICT = ("140106", "迎泽区", "Yingze District")
MAIN_STREET = "140106003"
OTHER_STREET = "140106001"

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS-84)."""

STREETS: tuple[tuple[str, str, str, str, Box], ...] = (
    ("140106001", "柳巷街道", "Liuxiang Street", "迎柳", (112.54, 37.865, 112.57, 37.88)),
    ("140106002", "文庙街道", "Wenmiao Street", "迎文", (112.57, 37.865, 112.6, 37.88)),
    ("140106003", "庙前街道", "Miaoqian Street", "迎庙", (112.54, 37.85, 112.57, 37.865)),
    ("140106004", "迎泽街道", "Yingze Street", "迎街", (112.54, 37.835, 112.57, 37.85)),
    ("140106005", "桥东街道", "Qiaodong Street", "迎桥", (112.57, 37.85, 112.6, 37.865)),
    ("140106006", "老军营街道", "Laojunying Street", "迎老", (112.57, 37.835, 112.6, 37.85)),
    ("140106100", "郝庄镇", "Haozhuang Town", "迎郝", (112.6, 37.835, 112.64, 37.88)),
)
"""Code, name, English name, short name on papers, invented box."""

BUREAUS: tuple[tuple[Function, str, str, str, str, str], ...] = (
    (Function.MARKET, "市场监督管理局", "Market Supervision Bureau", "迎市监", "市监", "Market"),
    (Function.URBAN, "城乡管理局", "Urban and Rural Management Bureau", "迎城管", "城管", "Urban"),
    (Function.FIRE, "消防救援大队", "Fire and Rescue Brigade", "迎消", "消防", "Fire"),
    (Function.ECOLOGY, "生态环境局", "Ecology and Environment Bureau", "迎环", "环保", "Ecology"),
    (Function.EMERGENCY, "应急管理局", "Emergency Management Bureau", "迎应急", "应急", "Emergency"),
    (Function.HOUSING, "住房和城乡建设局", "Housing and Construction Bureau", "迎住建", "住建", "Housing"),
    (Function.POLICE, "公安分局", "Public Security Branch", "迎公", "公安", "Police"),
    (Function.HEALTH, "卫生健康局", "Health Bureau", "迎卫", "卫健", "Health"),
    (Function.TRANSPORT, "交通运输局", "Transport Bureau", "迎交", "交通", "Transport"),
    (Function.WATER, "水务局", "Water Bureau", "迎水", "水务", "Water"),
    (Function.CULTURE, "文化和旅游局", "Culture and Tourism Bureau", "迎文旅", "文旅", "Culture"),
    (Function.RESOURCES, "自然资源局", "Natural Resources Bureau", "迎资源", "资源", "Land"),
    (Function.LABOUR, "人力资源和社会保障局", "Labour Bureau", "迎人社", "人社", "Labour"),
)
"""Function, name and English name without the district's, code on papers, short names."""

STATIONED = (Function.MARKET, Function.URBAN)
DELEGATION = "乡镇（街道）行政执法赋权清单（待确认）"


@dataclass(slots=True)
class Ground:
    """What the later steps look up: streets by code, agencies by function (a street's own: by its code), squads."""

    district: District
    streets: dict[str, Street] = field(default_factory=dict)
    grids: dict[str, list[Grid]] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    squads: dict[str, Squad] = field(default_factory=dict)
    """By function, a street's own with its code behind: ``fire``, ``laboratory``, ``market@140106003``."""

    @property
    def main(self) -> Street:
        return self.streets[MAIN_STREET]

    def squad(self, function: str, street: str = MAIN_STREET) -> Squad:
        """The squad of the function that answers on the street."""
        return self.squads.get(function) or self.squads[f"{function}@{street}"]

    def agency(self, function: str, street: str = MAIN_STREET) -> Agency:
        return self.agencies[street] if function == Function.STREET else self.agencies[function]


def make() -> Ground:
    """Write district, streets, communities, grids, agencies, squads and powers."""
    code, name, name_en = DISTRICT
    ground = Ground(District.objects.create(code=code, name=name, name_en=name_en))
    for row in STREETS:
        _street(ground, *row)
    _agencies(ground)
    _powers(ground)
    Setting.objects.update_or_create(
        key="receiving_street", street=None, defaults={"value": MAIN_STREET, "source": "load_demo"}
    )
    for number, street in enumerate(ground.streets.values(), start=1):  # numbers that nobody can be called on
        Setting.objects.update_or_create(
            key="office_phone", street=street, defaults={"value": f"0351-000{number:04}", "source": "load_demo"}
        )
        # The queues of the demo stay for people to try; ``manage.py plan_night`` shows a night at any hour.
        Setting.objects.update_or_create(
            key="plan_nightly", street=street, defaults={"value": 0, "source": "load_demo"}
        )
    return ground


def centre(box: Box) -> tuple[float, float]:
    """Latitude and longitude of the middle."""
    west, south, east, north = box
    return (south + north) / 2, (west + east) / 2


def point(street: str, across: float, up: float) -> tuple[float, float]:
    """Latitude and longitude of a point of the street's box, given as shares of its width and height (0..1)."""
    west, south, east, north = next(row[4] for row in STREETS if row[0] == street)
    return round(south + (north - south) * up, 6), round(west + (east - west) * across, 6)


def _rectangle(box: Box) -> dict[str, Any]:
    west, south, east, north = box
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def _street(ground: Ground, code: str, name: str, name_en: str, short: str, box: Box) -> None:
    street = Street.objects.create(
        district=ground.district,
        code=code,
        name=name,
        name_en=name_en,
        kind=StreetKind.TOWN if name.endswith("镇") else StreetKind.STREET,
        short_name=short,
        outline=_rectangle(box),
    )
    ground.streets[code] = street
    west, south, east, north = box
    middle_lat, middle_lng = centre(box)
    halves = ((west, middle_lng), (middle_lng, east))
    heights = ((south, middle_lat), (middle_lat, north))
    for half, (left, right) in enumerate(halves):
        community = Community.objects.create(
            street=street,
            code=f"{code}{901 + half}",
            name=f"演示社区{'一二'[half]}",
            name_en=f"Demo community {half + 1}",
        )
        for row, (low, high) in enumerate(heights):
            grid = Grid.objects.create(
                community=community,
                code=f"{community.code}{row + 1:03}",
                name=f"{short}·演示网格{'一二三四'[half * 2 + row]}",
                name_en=f"Demo grid {half * 2 + row + 1}",
                outline=_rectangle((left, low, right, high)),
                starts_on=SINCE,
            )
            ground.grids.setdefault(code, []).append(grid)


def _agencies(ground: Ground) -> None:
    streets = list(ground.streets.values())
    _, district, district_en = DISTRICT
    for street in streets:
        agency = Agency.objects.create(
            district=ground.district,
            street=street,
            function=Function.STREET,
            code=f"{street.short_name}综执",
            name=f"{street.name}（综合行政执法）",
            name_en=f"{street.name_en} (comprehensive enforcement)",
        )
        ground.agencies[street.code] = agency
        squad = _squad(agency, SquadKind.ENFORCEMENT_TEAM, f"{street.name}综合行政执法队", "综执", [street])
        squad.name_en, squad.short_name_en = f"{street.name_en} Enforcement Team", "Street"
        squad.save(update_fields=["name_en", "short_name_en"])
        ground.squads[f"street@{street.code}"] = squad
    for function, name, name_en, code, short, short_en in BUREAUS:
        agency = Agency.objects.create(
            district=ground.district,
            function=function,
            code=code,
            name=district + name,
            name_en=f"{district_en} {name_en}",
        )
        ground.agencies[function.value] = agency
        if function in STATIONED:
            for street in streets:
                title, title_en = f"{street.name}{short}中队", f"{street.name_en} {short_en} Squad"
                squad = _squad(agency, SquadKind.STATIONED, title, short, [street], title_en, short_en)
                ground.squads[f"{function.value}@{street.code}"] = squad
        else:
            title, title_en = f"{district}{short}执法中队", f"{district_en} {short_en} Squad"
            ground.squads[function.value] = _squad(agency, SquadKind.MODULE, title, short, streets, title_en, short_en)
    laboratory = Agency.objects.create(
        district=ground.district,
        function=Function.LABORATORY,
        code="演示检测",
        name="演示·第三方检测公司",
        name_en="Demo testing company",
    )
    ground.agencies[Function.LABORATORY.value] = laboratory
    ground.squads["laboratory"] = _squad(
        laboratory, SquadKind.LABORATORY, "演示·第三方检测室", "检测", streets, "Demo laboratory", "Lab"
    )


def _squad(
    agency: Agency,
    kind: SquadKind,
    name: str,
    short: str,
    streets: list[Street],
    name_en: str = "",
    short_en: str = "",
) -> Squad:
    squad = Squad.objects.create(
        agency=agency,
        kind=kind,
        name=name,
        name_en=name_en,
        short_name=short,
        short_name_en=short_en,
        phone="0351-****000",
    )
    squad.streets.set(streets)
    return squad


def _powers(ground: Ground) -> None:
    rows = []
    for function, code, optional, delegated in catalogue.powers():
        if function == Function.STREET:
            rows += [
                Power(
                    agency=ground.agencies[street.code],
                    category_code=code,
                    street=street,
                    optional=optional,
                    delegated=delegated,
                    basis=DELEGATION if delegated else "牵头联合检查",
                    starts_on=SINCE,
                )
                for street in ground.streets.values()
            ]
        else:
            rows.append(
                Power(
                    agency=ground.agencies[function],
                    category_code=code,
                    optional=optional,
                    basis="部门法定职责（待确认）",
                    starts_on=SINCE,
                )
            )
    Power.objects.bulk_create(rows)
