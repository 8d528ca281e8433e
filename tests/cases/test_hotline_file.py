"""The real hotline file: ten thousand orders taken up in a minute, and a hundred of them carried to issued orders."""

from __future__ import annotations

import csv
import time
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from cases.models import Case, CaseComplaint, Complaint, Event, HotlineOrder, ImportRun, QuotedNumber, RunState
from cases.planner.quotes import quoted_numbers
from tests.cast import Cast

FOLDER = Path(settings.BASE_DIR).parent / "shared" / "data" / "hotline"
UTF8, GB18030 = FOLDER / "orders.csv", FOLDER / "orders_gb18030.csv"
ROWS = 9_893
QUOTE_A_ROW, QUOTE_A_SHARED_NUMBER, QUOTE_BOTH = 39, 74, 3
JOINED = QUOTE_A_ROW + QUOTE_A_SHARED_NUMBER - QUOTE_BOTH

pytestmark = pytest.mark.skipif(
    not UTF8.exists(), reason=f"the real hotline file is not here ({UTF8}); it never enters the project"
)


def imported(path: Path, cast: Cast, *options: str) -> tuple[ImportRun, str]:
    out = StringIO()
    call_command("import_orders", str(path), "--street", cast.street.code, *options, stdout=out, stderr=StringIO())
    return ImportRun.objects.latest("pk"), out.getvalue()


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    return run.read, run.added, run.already, run.joined, run.refused


@pytest.mark.django_db
def test_the_whole_file_in_a_minute_and_nothing_twice(cast: Cast) -> None:
    rehearsal, _out = imported(UTF8, cast, "--dry-run")
    assert counts(rehearsal) == (ROWS, ROWS, 0, JOINED, 0)
    assert not Complaint.objects.exists()

    began = time.monotonic()
    run, out = imported(UTF8, cast)
    took = time.monotonic() - began
    assert run.state == RunState.DONE
    assert counts(run) == (ROWS, ROWS, 0, JOINED, 0)
    assert took <= 60, f"{took:.1f} s"
    for number in (str(ROWS), str(JOINED)):
        assert number in out
    assert Complaint.objects.count() == HotlineOrder.objects.count() == CaseComplaint.objects.count() == ROWS
    cases = Case.objects.count()
    assert ROWS - JOINED <= cases < ROWS - 70
    assert Event.objects.filter(kind="case.received").count() == cases
    assert Event.objects.filter(kind="case.complaint_joined").count() == ROWS - cases
    assert not Case.objects.filter(due_at__isnull=True).exists()
    _every_quote_is_kept_and_ties()

    again, _out = imported(UTF8, cast)
    assert counts(again) == (ROWS, 0, ROWS, 0, 0)
    legacy, _out = imported(GB18030, cast)
    assert counts(legacy) == (2_000, 0, 2_000, 0, 0)
    assert Complaint.objects.count() == ROWS
    _both_encodings_say_the_same()


def _every_quote_is_kept_and_ties() -> None:
    expected = set()
    with open(UTF8, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            own = row["工单编号"]
            expected |= {(own, number) for number in quoted_numbers(row["诉求内容"], own)}
    kept = set(QuotedNumber.objects.values_list("complaint__hotline__number", "number"))
    assert kept == expected
    case_of = dict(CaseComplaint.objects.values_list("complaint__hotline__number", "case_id"))
    members: dict[str, set[int]] = {}
    for own, number in kept:
        members.setdefault(number, set()).add(case_of[own])
        if number in case_of:
            members[number].add(case_of[number])
    assert all(len(cases) == 1 for cases in members.values())
    shared = {number for number in members if sum(quoted == number for _own, quoted in kept) > 1}
    quote_a_row = {own for own, number in kept if number in case_of}
    quote_shared = {own for own, number in kept if number in shared - set(case_of)}
    assert len(quote_a_row) == QUOTE_A_ROW
    assert len(quote_shared) == QUOTE_A_SHARED_NUMBER
    assert len(quote_a_row & quote_shared) == QUOTE_BOTH
    sizes = Counter(case_of.values())
    assert all(sizes[case_of[own]] > 1 for own in quote_a_row | quote_shared)


def _both_encodings_say_the_same() -> None:
    kept = dict(HotlineOrder.objects.values_list("number", "complaint__text"))
    with open(GB18030, encoding="gb18030", newline="") as file:
        for row in csv.DictReader(file):
            assert kept[row["工单编号"]] == row["诉求内容"].strip()
