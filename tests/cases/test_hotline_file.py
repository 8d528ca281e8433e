"""The real hotline file: ten thousand orders taken up, and a hundred of them carried to issued orders."""

from __future__ import annotations

import csv
import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from cases.models import (
    Case,
    CaseComplaint,
    CaseStage,
    Category,
    CategoryWord,
    Complaint,
    Event,
    HotlineOrder,
    ImportRun,
    Order,
    OrderState,
    PartState,
    QuotedNumber,
    RunState,
)
from cases.papers import MaskKind, mask_text
from cases.planner.quotes import addresses, party_names, quoted_numbers
from cases.selectors.suggestions import suggest, suggest_categories
from cases.services import orders, triage
from teams.models import Power
from tests.cast import LONG_AGO, Cast

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
def test_the_whole_file_and_nothing_twice(cast: Cast) -> None:
    rehearsal, _out = imported(UTF8, cast, "--dry-run")
    assert counts(rehearsal) == (ROWS, ROWS, 0, JOINED, 0)
    assert not Complaint.objects.exists()

    run, out = imported(UTF8, cast)
    assert run.state == RunState.DONE
    assert counts(run) == (ROWS, ROWS, 0, JOINED, 0)
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


SHOP_WORDS = re.compile(
    "烧烤|烤串|油烟|大排档|夜市|占道|摆摊|摊位|摊贩|商贩|店外|店铺|商铺|餐饮|餐馆|饭店|小吃|火锅|快餐|超市|噪音|噪声"
)
WANTED = 105


def shop_rows(path: Path) -> Path:
    """The rows that speak of a shop or stall and say which or where, in a file of the test's own."""
    own = path / "shops.csv"
    with (
        open(UTF8, encoding="utf-8-sig", newline="") as whole,
        open(own, "w", encoding="utf-8", newline="") as part,
    ):
        reader = csv.DictReader(whole)
        writer = csv.DictWriter(part, reader.fieldnames or [])
        writer.writeheader()
        for row in reader:
            text = row["诉求内容"]
            if SHOP_WORDS.search(text) and (party_names(text) or addresses(text)):
                writer.writerow(row)
    return own


def trading_outside(cast: Cast) -> None:
    """The category that most of these rows are about; the cast has the night market's own."""
    row = Category.objects.create(code="05-04", name="店外经营", parent=cast.categories["05"])
    words = [("占道经营", 5), ("店外经营", 5), ("摆摊", 4), ("占道", 3), ("摊贩", 3), ("商贩", 3), ("摊位", 2)]
    CategoryWord.objects.bulk_create(CategoryWord(category=row, word=word, weight=weight) for word, weight in words)
    CategoryWord.objects.create(category=cast.categories["05-08"], word="噪声", weight=4)
    for function in ("street", "urban"):
        Power.objects.create(agency=cast.agencies[function], category_code="05-04", starts_on=LONG_AGO)


@pytest.mark.django_db
def test_rows_about_shops_are_triaged_through_to_issued_orders(cast: Cast, tmp_path: Path) -> None:
    """Each row as a dispatcher would: accept, look at what is offered, choose or register the party, decide."""
    trading_outside(cast)
    imported(shop_rows(tmp_path), cast)
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    triaged: list[Case] = []
    for case in Case.objects.filter(stage=CaseStage.RECEIVED).order_by("opened_at", "pk"):
        text = case.complaints.order_by("pk")[0].text
        if not suggest_categories(text):
            continue
        offered = suggest(case, actor=dispatcher)
        agencies = [row.agency.pk for row in offered.agencies if row.proposed and not row.leads]
        if not agencies:
            continue
        known = [row.subject.pk for row in offered.parties if row.score >= 0.6]
        name, where = next(iter(party_names(text)), ""), next(iter(addresses(text)), "")
        if not known and not name:
            continue
        triage.case_accept(actor=dispatcher, case_id=case.pk)
        triaged.append(
            triage.case_triage(
                actor=dispatcher,
                case_id=case.pk,
                disposition="inspection",
                category_id=offered.categories[0].subject.pk,
                target_id=known[0] if known else None,
                new_party=None if known else {"name": name, "address": where},
                brief=offered.brief.masked,
                brief_confirmed=True,
                agency_ids=agencies,
            )
        )
        if len(triaged) == WANTED:
            break
    assert len(triaged) >= 100

    for target_id in sorted({case.target_id for case in triaged if case.target_id}):
        order = orders.order_open(actor=dispatcher, target_id=target_id)
        orders.order_submit(actor=dispatcher, order_id=order.pk)
        orders.order_approve(actor=head, order_id=order.pk)
        orders.order_issue(actor=dispatcher, order_id=order.pk)

    issued = Order.objects.filter(state=OrderState.ISSUED)
    on_the_way = Case.objects.filter(pk__in=[case.pk for case in triaged], stage=CaseStage.DISPATCHED)
    assert on_the_way.count() == len(triaged)
    assert issued.count() == len({case.target_id for case in triaged})
    shared = [order for order in issued if order.need_links.filter(released_at__isnull=True).count() > 1]
    assert len(shared) >= 5, "several orders serve two complaints about one party"
    for order in issued:
        assert order.parts.filter(is_lead=True, squad=cast.squads["street"], state=PartState.CALLED).exists()
        assert order.parts.count() >= 2
    for case in triaged:
        assert not [span for span in mask_text(case.brief) if span.sure and span.kind == MaskKind.PHONE]
