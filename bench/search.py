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

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")


def measure(rounds: int) -> None:
    from cases.management.fill.world import ROADS, WORDS
    from cases.models import Case, HotlineOrder, Target
    from cases.selectors.searching import find
    from cases.services.identity import phone_index
    from teams.models import Role, Street
    from teams.policies import Actor, Grant

    street = Street.objects.get(pk=Case.objects.latest("pk").street_id)
    district = street.district_id
    desk = Actor(1, (Grant(Role.DISPATCHER, street_id=street.pk),))
    wide = Actor(2, (Grant(Role.SUPERVISOR, district_id=district),))
    dice = random.Random(11)  # noqa: S311
    cases = list(Case.objects.filter(street=street).order_by("?")[:rounds].values_list("reference", "address"))
    numbers = list(HotlineOrder.objects.order_by("?")[:rounds].values_list("number", flat=True))
    parties = list(Target.objects.filter(street=street).order_by("?")[:rounds].values_list("name", flat=True))
    kinds = {
        "a whole reference": lambda n: cases[n % len(cases)][0],
        "the end of a reference": lambda n: cases[n % len(cases)][0][-4:],
        "a year and month (2603)": lambda n: "2603",
        "a hotline number's end": lambda n: numbers[n % len(numbers)][-7:],
        "a party's name": lambda n: parties[n % len(parties)],
        "an address": lambda n: cases[n % len(cases)][1],
        "a frequent word (油烟)": lambda n: "油烟",
        "a phrase (夜间噪音扰民)": lambda n: "夜间噪音扰民",
        "a word of complaints alone (睡觉)": lambda n: "睡觉",
        "two words (柳荫巷 占道)": lambda n: f"{dice.choice(ROADS)} {dice.choice(WORDS)[:2]}",
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
        index = phone_index(f"035100{dice.randrange(20_000):05}")
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
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = "bench_search"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=options.keep)
    try:
        from cases.models import Case

        if Case.objects.count() < options.cases:
            start = time.perf_counter()
            call_command("fill", cases=options.cases)
            print(f"filled in {time.perf_counter() - start:.0f} s", file=sys.stderr)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('cases_casewords')), count(*) FROM cases_case")
            print("words and their indexes: {}, cases: {}".format(*cursor.fetchone()))
        measure(options.rounds)
    finally:
        if not options.keep:
            connection.creation.destroy_test_db(name, verbosity=0)
