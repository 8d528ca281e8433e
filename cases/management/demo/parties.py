"""Parties of the demo's register: names, addresses and codes plainly invented, phones masked."""

from __future__ import annotations

from typing import Any

from stdnum.cn import uscc

from cases.management.demo.ground import MAIN_STREET, OTHER_STREET, Ground, point
from cases.management.demo.people import People
from cases.models import Target, TargetKind
from cases.services import parties

B, S, V, P = TargetKind.BUSINESS, TargetKind.SITE, TargetKind.VENDOR, TargetKind.PLACE
FAR_STREET = "140106005"

ROWS: tuple[tuple[str, str, TargetKind, str, str, str, float, float, int], ...] = (
    ("bbq", MAIN_STREET, B, "演示·炭火一号烧烤店", "餐饮·烧烤", "演示路1号", 0.22, 0.30, 2),
    ("bbq2", MAIN_STREET, B, "演示·老地方烧烤", "餐饮·烧烤", "演示路15号", 0.28, 0.31, 2),
    ("bbq3", MAIN_STREET, B, "演示·夜风烤串", "餐饮·烧烤", "演示南街6号", 0.62, 0.18, 2),
    ("noodle", MAIN_STREET, B, "演示·面面俱到面馆", "餐饮", "演示路8号", 0.25, 0.34, 2),
    ("hotpot", MAIN_STREET, B, "演示·红汤火锅店", "餐饮", "演示路22号", 0.35, 0.33, 2),
    ("fastfood", MAIN_STREET, B, "演示·快又快快餐店", "餐饮", "演示东街3号", 0.48, 0.55, 2),
    ("banquet", MAIN_STREET, B, "演示·团圆饭庄", "餐饮", "演示东街18号", 0.55, 0.58, 2),
    ("dumpling", MAIN_STREET, B, "演示·第一饺子馆", "餐饮", "演示西巷2号", 0.12, 0.62, 2),
    ("breakfast", MAIN_STREET, B, "演示·早早早餐店", "餐饮", "演示西巷9号", 0.14, 0.66, 1),
    ("milktea", MAIN_STREET, B, "演示·一杯奶茶店", "饮品", "演示广场北侧1号", 0.70, 0.70, 2),
    ("market", MAIN_STREET, B, "演示·便民超市", "零售·超市", "演示路30号", 0.40, 0.36, 2),
    ("market2", MAIN_STREET, B, "演示·天天生鲜超市", "零售·超市", "演示北街11号", 0.66, 0.86, 2),
    ("corner", MAIN_STREET, B, "演示·转角便利店", "零售", "演示北街2号", 0.60, 0.82, 2),
    ("bar", MAIN_STREET, B, "演示·晚八点酒吧", "娱乐", "演示广场南侧5号", 0.72, 0.60, 2),
    ("ktv", MAIN_STREET, B, "演示·开口唱歌厅", "娱乐", "演示广场南侧9号", 0.75, 0.61, 2),
    ("gym", MAIN_STREET, B, "演示·天天向上健身房", "健身", "演示东街40号", 0.58, 0.50, 2),
    ("clinic", MAIN_STREET, B, "演示·平安口腔诊所", "医疗", "演示西巷20号", 0.16, 0.72, 1),
    ("hotel", MAIN_STREET, B, "演示·好梦宾馆", "住宿", "演示北街25号", 0.68, 0.90, 2),
    ("scrap", MAIN_STREET, B, "演示·旧物回收站", "废品回收", "演示西巷33号", 0.08, 0.80, 2),
    ("printing", MAIN_STREET, B, "演示·快印图文店", "印刷", "演示东街7号", 0.50, 0.56, 2),
    ("school", MAIN_STREET, B, "演示·学而时习培训班", "培训", "演示东街9号二层", 0.51, 0.57, 1),
    ("site", MAIN_STREET, S, "演示·一号地块住宅工地", "施工", "演示北街与演示路交口", 0.80, 0.85, 2),
    ("site2", MAIN_STREET, S, "演示·道路改造工地", "施工", "演示南街中段", 0.50, 0.12, 4),
    ("site3", MAIN_STREET, S, "演示·老楼加装电梯工地", "施工", "演示西巷小区3号楼", 0.18, 0.76, 1),
    ("fruit", MAIN_STREET, V, "演示·路口水果摊", "摊贩", "演示路与演示东街路口", 0.45, 0.40, 2),
    ("pancake", MAIN_STREET, V, "演示·煎饼三轮车", "摊贩", "演示小学门口", 0.30, 0.62, 1),
    ("square", MAIN_STREET, P, "演示广场", "", "演示广场", 0.72, 0.66, 2),
    ("yard", MAIN_STREET, P, "演示西巷小区垃圾点", "", "演示西巷小区北门", 0.17, 0.78, 1),
    ("xbbq", OTHER_STREET, B, "演示·城北烧烤", "餐饮·烧烤", "演示北环路4号", 0.30, 0.40, 2),
    ("xhotpot", OTHER_STREET, B, "演示·城北火锅", "餐饮", "演示北环路8号", 0.34, 0.42, 2),
    ("xmarket", OTHER_STREET, B, "演示·城北百货超市", "零售·超市", "演示北环路20号", 0.50, 0.45, 2),
    ("xbar", OTHER_STREET, B, "演示·城北音乐酒吧", "娱乐", "演示北环路31号", 0.60, 0.50, 2),
    ("xsite", OTHER_STREET, S, "演示·二号地块商业工地", "施工", "演示环城街口", 0.75, 0.70, 3),
    ("xvendor", OTHER_STREET, V, "演示·城北小吃车", "摊贩", "演示环城街公交站", 0.70, 0.66, 2),
    ("xshop", OTHER_STREET, B, "演示·城北五金店", "零售", "演示北环路44号", 0.64, 0.52, 2),
    ("ybbq", FAR_STREET, B, "演示·桥东烤吧", "餐饮·烧烤", "演示桥东一街2号", 0.40, 0.40, 2),
    ("ymarket", FAR_STREET, B, "演示·桥东超市", "零售·超市", "演示桥东一街10号", 0.45, 0.44, 2),
    ("ysite", FAR_STREET, S, "演示·桥东管网工地", "施工", "演示桥东二街", 0.60, 0.60, 4),
    ("wnoodle", "140106006", B, "演示·老军营面食馆", "餐饮", "演示营盘街6号", 0.40, 0.50, 2),
    ("hmarket", "140106100", B, "演示·郝庄农贸市场", "市场", "演示郝庄路1号", 0.30, 0.50, 2),
)
"""Key, street, kind, name, trade, address, place in the street's box (shares of width and height), noise zone."""

ALIASES = {"bbq": ["炭火1号", "炭火一号"], "bbq2": ["老地方烤肉"], "market": ["便民小超市"]}


PLACES = {"square": 120, "yard": 30}
"""Radius in metres."""
OFFICES = {MAIN_STREET: "dispatcher", OTHER_STREET: "dispatcher2"}


def code_of(serial: int) -> str:
    """A unified social credit code that is plainly of a demo (…MADEM0nnn) with a right check character."""
    number = f"91140106MADEM{serial:04}"
    return number + str(uscc.calc_check_digit(number))


def make(ground: Ground, people: People) -> dict[str, Target]:
    """Enter all parties through the register's service, by the office of their street where it has people; by key."""
    made: dict[str, Target] = {}
    for serial, (key, street, kind, name, trade, address, across, up, zone) in enumerate(ROWS, start=1):
        registered = kind in (TargetKind.BUSINESS, TargetKind.SITE)
        lat, lng = point(street, across, up)
        facts: dict[str, Any] = {
            "street_id": ground.streets[street].pk,
            "kind": kind,
            "name": name,
            "trade": trade,
            "address": address,
            "lat": lat,
            "lng": lng,
            "noise_zone": zone,
            "aliases": ALIASES.get(key, []),
            "uscc": code_of(serial) if registered else "",
            "person_in_charge": f"演示·负责人{serial:02}" if registered else "",
            "phone": f"139****{serial:04}" if registered else "",
        }
        if key in PLACES:
            facts["radius_m"] = PLACES[key]
        office = OFFICES.get(street)
        if office is None:
            made[key] = parties.target_make(**facts)
        else:
            made[key] = parties.target_create(actor=people.act(office), **facts)
    return made
