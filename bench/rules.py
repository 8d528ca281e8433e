"""The pure rules behind a suggestion: processor time of one clue against the most that a screen asks for.

``python -m bench rules``: 200 candidates of repeats, 200 parties, a lexicon of pairs; best and median of 50 rounds, ms.
Needs no server.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.planner.likeness import CaseFacts, PartyFacts, Place, score_parties, score_repeats
from cases.planner.words import Lexicon, score_categories

NOW = datetime(2026, 7, 1, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
HERE = (37.8600, 112.5600)
BODY = "演示街道某处烧烤摊每晚占道经营，油烟与噪音扰民，多次反映未果，居民无法休息。" * 4
LETTERS = "露天烧烤油烟噪音工地垃圾占道广告围挡渣土消防燃气食品卫生"
ROUNDS = 50


def main(_options: list[str]) -> None:
    others = [_case(n, f"{n}{BODY[n % 30 :]}", n) for n in range(2, 202)]
    mine = _case(1, BODY, 12)
    parties = [PartyFacts(n, f"样例{n}号演示一香烧烤店", (), f"演示大街{n}号", HERE) for n in range(200)]
    pairs = [(a, b) for a in LETTERS for b in LETTERS]
    lexicon = Lexicon.of([(f"{n % 60:02}", f"{a}{b}", 1.0) for n, (a, b) in enumerate(pairs)])
    print("| rule | best ms | median ms |\n|---|--:|--:|")
    _show("repeats, 200 cases", lambda: score_repeats(mine, others))
    _show("parties, 200", lambda: score_parties(BODY, mine.place, parties, NOW))
    _show("category of 200 characters", lambda: score_categories(BODY[:200], lexicon))


def _case(pk: int, text: str, house: int) -> CaseFacts:
    return CaseFacts(pk, text, NOW - timedelta(days=pk % 9), None, Place(f"演示大街{house}号", HERE))


def _show(name: str, work: Callable[[], object]) -> None:
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1000)
    print(f"| {name} | {min(taken):.2f} | {statistics.median(taken):.2f} |", flush=True)
