"""A district's night plan end to end, and one need more: a scratch database of 60,000 parties with 30,000 open needs.

``python -m dispatch.embedded run --data .data/bench -- python -m bench night [--parties 60000] [--needs 30000]
[--cases 20000]`` prints a table for docs/planner.md. ``--cases``: a made-up history beside them. The scratch
database is dropped at the end. The rule alone, without a database: ``python -m bench planner``.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cases.models import Need
    from teams.models import Street

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")

WAITING, DUE = 0.04, 0.03
"""Shares of the needs: of a case that waits; planned checks within five days of their last. The rest has time."""
ROUNDS = 200
AIM_NIGHT, AIM_NEED = 60.0, 20.0


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench night")
    parser.add_argument("--parties", type=int, default=60_000)
    parser.add_argument("--needs", type=int, default=30_000)
    parser.add_argument("--cases", type=int, default=20_000)
    options = parser.parse_args(arguments)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = "bench_night"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        begun = time.perf_counter()
        call_command("fill", cases=options.cases)
        _made_up(options.parties, options.needs)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        print(f"load before: {os.getloadavg()[0]:.1f}", file=sys.stderr)
        _need()
        _night()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _made_up(parties: int, count: int) -> None:
    """Parties over all streets; needs at random ones, as triage and yearly plans leave them."""
    from django.utils import timezone

    from cases.clock.moment import now
    from cases.models import Case, CaseStage, Category, Need, NeedAgency, NeedCause, Target
    from teams.models import Agency, Street

    dice = random.Random(5)  # noqa: S311
    today = timezone.localdate(now())
    streets = list(Street.objects.order_by("pk"))
    targets = Target.objects.bulk_create(
        [
            Target(street=streets[n % len(streets)], name=f"演示·夜排{n}店", address=f"演示路{n}号", trade="餐饮")
            for n in range(parties)
        ],
        batch_size=2000,
    )
    functions = ("market", "urban", "fire", "ecology", "health")
    agencies = list(Agency.objects.filter(function__in=functions, street=None))
    categories = list(Category.objects.filter(parent__isnull=False).order_by("code")[:20])
    needs: list[Need] = []
    for number in range(count):
        target, lot = dice.choice(targets), dice.random()
        case = None
        if lot < WAITING:
            first, last = today - timedelta(days=dice.randint(0, 2)), today + timedelta(days=dice.randint(1, 5))
            case = Case(
                reference=f"night-{number}",
                street_id=target.street_id,
                target=target,
                category=dice.choice(categories),
                stage=CaseStage.PLANNING,
                source="hotline",
                title="演示·夜排",
                brief="演示·请检查",
                opened_at=now(),
                stage_at=now(),
            )
        elif lot < WAITING + DUE:
            first, last = today - timedelta(days=dice.randint(20, 60)), today + timedelta(days=dice.randint(0, 5))
        else:
            first, last = today - timedelta(days=dice.randint(0, 60)), today + timedelta(days=dice.randint(6, 60))
        needs.append(
            Need(
                target=target,
                case=case,
                cause=NeedCause.CASE if case else NeedCause.PLANNED,
                from_day=first,
                due_day=last,
            )
        )
    Case.objects.bulk_create([need.case for need in needs if need.case is not None], batch_size=1000)
    Need.objects.bulk_create(needs, batch_size=2000)
    NeedAgency.objects.bulk_create(
        [
            NeedAgency(need=need, agency=agency)
            for need in needs
            for agency in dice.sample(agencies, dice.randint(1, min(3, len(agencies))))
        ],
        batch_size=5000,
    )


def _need() -> None:
    """One need more for a party, as triage and plans open it, offered to the party's live order."""
    from cases.models import NeedCause, Target
    from cases.services import needs, orders
    from teams.models import Agency
    from teams.policies import SYSTEM

    agency = Agency.objects.filter(function="market", street=None).order_by("pk")[0]
    spent: list[float] = []
    for target in Target.objects.filter(name__startswith="演示·夜排").order_by("?")[:ROUNDS]:
        start = time.perf_counter()
        need = needs.need_open(
            actor=SYSTEM, target_id=target.pk, cause=NeedCause.PLANNED, agency_ids=[agency.pk], due_day=_in_days(90)
        )
        orders.need_place(actor=SYSTEM, need_id=need.pk)
        spent.append((time.perf_counter() - start) * 1000)
    spent.sort()
    p95 = spent[int(len(spent) * 0.95) - 1]
    held = "yes" if p95 <= AIM_NEED else "no"
    print("| what | measured | aim | held |\n|---|--:|--:|---|")
    print(f"| a need added to a party, median | {statistics.median(spent):.1f} ms | {AIM_NEED:.0f} ms | |")
    print(f"| the same, 95 of 100 | {p95:.1f} ms | {AIM_NEED:.0f} ms | {held} |", flush=True)


def _in_days(days: int) -> Any:
    from django.utils import timezone

    from cases.clock.moment import now

    return timezone.localdate(now()) + timedelta(days=days)


def _night() -> None:
    from cases.models import Event, Need, NightParty, Order, OrderNeed, Outbox, Part, PartItem, Target
    from cases.selectors.timeline import order_timeline
    from cases.services import nightplans
    from teams.models import Street
    from teams.policies import SYSTEM

    tables = (Order, OrderNeed, Part, PartItem, Event, Outbox, NightParty)
    before = {model: model._default_manager.count() for model in tables}
    open_needs, parties = Need.objects.filter(state="open").count(), Target.objects.count()
    streets: list[Street] = list(Street.objects.order_by("pk"))
    begun, processor = time.perf_counter(), time.process_time()
    plans = [nightplans.night_begin(actor=SYSTEM, street_id=street.pk) for street in streets]
    plans = [nightplans.night_execute(plan_id=plan.pk) for plan in plans]
    took, busy = time.perf_counter() - begun, time.process_time() - processor
    held = "yes" if took <= AIM_NIGHT else "no"
    opened = sum(plan.opened for plan in plans)
    print(
        f"| a night of {len(streets)} streets, {parties:,} parties, {open_needs:,} open needs: {opened:,} orders"
        f" | {took:.1f} s | {AIM_NIGHT:.0f} s | {held} |"
    )
    print(f"| of that on this process's core | {busy:.1f} s | | |")
    again = time.perf_counter()
    for street in streets:
        nightplans.night_execute(plan_id=nightplans.night_begin(actor=SYSTEM, street_id=street.pk).pk)
    print(f"| the same night once more, {Order.objects.count() - before[Order] - opened} orders more"
          f" | {time.perf_counter() - again:.2f} s | | |")  # fmt: skip
    written = ", ".join(
        f"{model._default_manager.count() - before[model]:,} {model._meta.model_name}" for model in tables
    )
    sample = list(Order.objects.filter(night__isnull=False).order_by("?")[:200])
    whole = sum(order_timeline(order=order).verified for order in sample)
    print(f"\nRows written: {written}. Chains verified: {whole} of {len(sample)}.")
    print(f"load after: {os.getloadavg()[0]:.1f}", file=sys.stderr)
