"""The search box: a scratch database with made-up cases is asked one kind of question at a time.

``python -m dispatch.embedded run --data .data/bench -- python -m bench search [--cases 100000] [--rounds 40]`` prints a
table for docs/performance.md. The scratch database is dropped at the end; ``--keep`` keeps it for another run.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")

PLACES = [
    "桃园路",
    "迎春街",
    "南海子巷",
    "并州路",
    "双塔寺街",
    "青年路",
    "柳巷",
    "水西门街",
    "新建路",
    "文源巷",
    "老军营",
    "朝阳街",
    "建设路",
    "郝庄村",
]
TRADES = [
    "烧烤店",
    "火锅城",
    "便民超市",
    "水果店",
    "理发馆",
    "面馆",
    "洗车行",
    "棋牌室",
    "歌舞厅",
    "修理部",
    "早餐铺",
    "药店",
    "工地",
    "停车场",
]
NAMES = [
    "老槐树",
    "夜来香",
    "好又多",
    "三顺",
    "福满堂",
    "晋味",
    "小四川",
    "东方",
    "顺达",
    "新时代",
    "兄弟",
    "阿明",
    "如意",
    "鑫源",
    "百汇",
]
WORDS = [
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
]
TAILS = [
    "希望有关部门尽快处理",
    "已经多次反映没有解决",
    "影响居民休息",
    "孩子没法睡觉",
    "请派人来看看",
    "严重影响出行",
    "每天晚上都这样",
]


def fill(count: int) -> None:
    from cases.models import Case, CaseComplaint, Complaint, HotlineOrder, Identity, Order, Target
    from cases.services.identity import phone_index
    from teams.models import District, Street

    dice = random.Random(7)  # noqa: S311 - made-up data
    start = datetime(2026, 1, 1, tzinfo=UTC)
    district = District.objects.create(code="149901", name="演示·区")
    streets = [
        Street.objects.create(district=district, code=f"14990100{n}", name=f"演示·{n}街道", short_name=f"演{n}")
        for n in range(1, 8)
    ]
    targets = Target.objects.bulk_create(
        [
            Target(
                street=dice.choice(streets),
                name=f"演示·{dice.choice(NAMES)}{dice.choice(TRADES)}{n % 997}",
                address=f"{dice.choice(PLACES)}{dice.randint(1, 400)}号",
                trade="餐饮",
            )
            for n in range(count // 5)
        ],
        batch_size=2000,
    )
    for first in range(0, count, 500):  # as many rows a statement as an import writes
        moment = [start + timedelta(minutes=5 * (first + n)) for n in range(min(500, count - first))]
        facts = [(first + n, dice.choice(targets), at) for n, at in enumerate(moment)]
        people = Identity.objects.bulk_create(
            [Identity(cipher=b"x", key_id="k", phone_index=phone_index(f"139{n:08}")) for n, _t, _a in facts]
        )
        complaints = Complaint.objects.bulk_create(
            [
                Complaint(
                    reference=f"{at:%y%m%d}-{n:05}",
                    street_id=target.street_id,
                    source="hotline",
                    identity=person,
                    received_at=at,
                    address=target.address,
                    text="市民反映"
                    + target.address
                    + "，".join(dice.sample(WORDS, dice.randint(2, 5)) + dice.sample(TAILS, 2))
                    + f"，楼栋{dice.randint(1, 90)}单元",
                )
                for (n, target, at), person in zip(facts, people, strict=True)
            ]
        )
        HotlineOrder.objects.bulk_create(
            [
                HotlineOrder(complaint=row, number=f"GD2026{10_000_000 + n}")
                for row, (n, _t, _a) in zip(complaints, facts, strict=True)
            ]
        )
        cases = Case.objects.bulk_create(
            [
                Case(
                    reference=row.reference,
                    street_id=row.street_id,
                    target=target,
                    source="hotline",
                    title=dice.choice(WORDS),
                    address=target.address,
                    opened_at=at,
                    stage_at=at,
                )
                for row, (_n, target, at) in zip(complaints, facts, strict=True)
            ]
        )
        CaseComplaint.objects.bulk_create(
            [
                CaseComplaint(case=case, complaint=row, joined_at=row.received_at)
                for case, row in zip(cases, complaints, strict=True)
            ]
        )
        Order.objects.bulk_create(
            [
                Order(
                    number=f"查-{at:%y%m%d}-{n:05}",
                    target=target,
                    street_id=target.street_id,
                    state="done",
                    drafted_at=at,
                    issued_at=at,
                )
                for n, target, at in facts[::2]
            ]
        )
        print(f"\r{first + len(facts)} cases", end="", file=sys.stderr)


def measure(rounds: int) -> None:
    from cases.models import Case, Target
    from cases.selectors.searching import find
    from cases.services.identity import phone_index
    from teams.models import Role, Street
    from teams.policies import Actor, Grant

    street, district = Street.objects.order_by("pk")[0], Street.objects.order_by("pk")[0].district_id
    desk = Actor(1, (Grant(Role.DISPATCHER, street_id=street.pk),))
    wide = Actor(2, (Grant(Role.SUPERVISOR, district_id=district),))
    dice = random.Random(11)  # noqa: S311
    cases = list(Case.objects.filter(street=street).order_by("?")[:rounds].values_list("reference", "address"))
    parties = list(Target.objects.filter(street=street).order_by("?")[:rounds].values_list("name", flat=True))
    kinds = {
        "a whole reference": lambda n: cases[n % len(cases)][0],
        "the end of a reference": lambda n: cases[n % len(cases)][0][-4:],
        "a year and month (2603)": lambda n: "2603",
        "a hotline number's end": lambda n: f"{10_000_000 + dice.randrange(50_000)}",
        "a party's name": lambda n: parties[n % len(parties)],
        "an address": lambda n: cases[n % len(cases)][1],
        "a frequent word (油烟)": lambda n: "油烟",
        "a phrase (夜间噪音扰民)": lambda n: "夜间噪音扰民",
        "a word of complaints alone (睡觉)": lambda n: "睡觉",
        "two words (柳巷 占道)": lambda n: f"{dice.choice(PLACES)} {dice.choice(WORDS)[:2]}",
        "a rare pair, nothing found": lambda n: "夜市 水果 桥洞",
    }
    print("\n| question | who | median ms | p95 ms | found |\n|---|---|--:|--:|--:|")
    for name, make in kinds.items():
        for who, actor in (("street", desk), ("district", wide)):
            spent, found = [], 0
            for n in range(rounds):
                text = make(n)
                start = time.perf_counter()
                found = find(actor, text, size=20).count
                spent.append((time.perf_counter() - start) * 1000)
            _line(name, who, spent, found)
    spent = []
    for _n in range(rounds):
        start = time.perf_counter()
        index = phone_index(f"139{dice.randrange(50_000):08}")
        called = Case.objects.filter(complaint_links__complaint__identity__phone_index=index)
        list(called.values_list("pk", flat=True)[:50])
        spent.append((time.perf_counter() - start) * 1000)
    _line("a complainant's phone (blind index)", "street", spent, 1)


def _line(name: str, who: str, spent: list[float], found: int) -> None:
    spent.sort()
    p95 = spent[int(len(spent) * 0.95) - 1]
    print(f"| {name} | {who} | {statistics.median(spent):.0f} | {p95:.0f} | {found} |", flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench search")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = "bench_search"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=options.keep)
    try:
        from cases.models import Case

        if Case.objects.count() < options.cases:
            start = time.perf_counter()
            fill(options.cases)
            print(f"\nfilled in {time.perf_counter() - start:.0f} s", file=sys.stderr)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('cases_casewords')), count(*) FROM cases_case")
            print("words and their indexes: {}, cases: {}".format(*cursor.fetchone()))
        measure(options.rounds)
    finally:
        if not options.keep:
            connection.creation.destroy_test_db(name, verbosity=0)
