"""The hotline's file: every shape it comes in, every way a row can be wrong, and which orders belong together."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings
from openpyxl import Workbook

from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Event,
    HotlineOrder,
    Identity,
    ImportRun,
    QuotedNumber,
    RequestKind,
    RunState,
    Urgency,
)
from cases.services import identity, imports, triage
from teams.policies import SYSTEM
from tests.cast import Cast, make_cast, refused

HEADER = ("工单编号", "行业分类1级", "诉求内容", "处置单位")
Line = Sequence[object]


def number(serial: int) -> str:
    return f"20260701{serial:06}"


def line(serial: int, text: str = "") -> tuple[str, str, str, str]:
    return number(serial), "市容环境", text or f"市民来电反映：演示路{serial}号占道经营。", "演示·城管"


def as_csv(rows: Sequence[Line], header: Line = HEADER, *, delimiter: str = ",") -> str:
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([header, *rows])
    return out.getvalue()


def as_xlsx(rows: Sequence[Line], header: Line = HEADER) -> bytes:
    book, out = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (header, *rows):
        sheet.append(list(row))
    book.save(out)
    return out.getvalue()


def run_over(
    cast: Cast,
    content: bytes | str,
    *,
    dry_run: bool = False,
    columns: dict[str, str] | None = None,
) -> ImportRun:
    data = content.encode() if isinstance(content, str) else content
    actor = cast.act(cast.dispatcher)
    run = imports.run_create(
        actor=actor, street_id=cast.street.pk, upload=SimpleUploadedFile("orders", data), dry_run=dry_run
    )
    imports.run_start(actor=actor, run_id=run.pk, columns=columns)
    return imports.run_execute(run_id=run.pk)


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    return run.read, run.added, run.already, run.joined, run.refused


def case_of(serial: int) -> Case:
    return Case.objects.get(complaints__hotline__number=number(serial))


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


THREE = [line(1), line(2), line(3)]


@pytest.mark.parametrize(
    "content",
    [
        as_csv(THREE).encode(),
        as_csv(THREE).encode("utf-8-sig"),
        as_csv(THREE).encode("gb18030"),
        as_csv(THREE, delimiter="\t").encode("gb18030"),
        as_csv(THREE, delimiter=";").encode(),
        as_xlsx(THREE),
        as_xlsx([[int(row[0]), *row[1:]] for row in THREE]),
    ],
    ids=["utf-8", "utf-8 with mark", "gb18030", "tabs", "semicolons", "xlsx", "xlsx with numbers"],
)
def test_every_shape_gives_the_same_orders_and_the_same_file_nothing_new(cast: Cast, content: bytes) -> None:
    run = run_over(cast, content)
    assert run.state == RunState.DONE
    assert counts(run) == (3, 3, 0, 0, 0)
    assert run.total == 3
    kept = Complaint.objects.order_by("pk").values_list("hotline__number", "text", "hotline__unit")
    assert list(kept) == [(row[0], row[2], row[3]) for row in THREE]
    assert counts(run_over(cast, as_csv(THREE))) == (3, 0, 3, 0, 0)


def test_each_order_becomes_a_case_to_accept_of_the_receiving_office(cast: Cast) -> None:
    run_over(cast, as_csv([line(1)]))
    case = case_of(1)
    assert (case.stage, case.street, case.source) == (CaseStage.RECEIVED, cast.street, "hotline")
    assert case.title == "演示路1号占道经营"
    assert case.due_kind == "register"
    assert case.events.get().kind == "case.received"
    assert case.chain.seq == 1
    assert case.complaints.get().taken_by == cast.dispatcher


def test_a_bad_row_is_reported_with_number_and_reason_and_stops_nothing(cast: Cast) -> None:
    rows: list[Line] = [
        line(1),
        ("", "市容", "没有编号", ""),
        ("2.02607E+13", "市容", "表格缩短了编号", ""),
        (number(4), "市容", "", ""),
        (number(5), "市容", "格子太多", "甲", "多出来的"),
        (number(6), "市容", "长" * 20_001, ""),
        line(7),
    ]
    run = run_over(cast, as_csv(rows))
    assert counts(run) == (7, 2, 0, 0, 5)
    assert list(run.refusals.order_by("row").values_list("row", "code")) == [
        (3, "number_missing"),
        (4, "number_wrong"),
        (5, "text_missing"),
        (6, "too_many_cells"),
        (7, "text_too_long"),
    ]
    assert all(refusal.reason for refusal in run.refusals.all())


def test_broken_bytes_spoil_their_own_row_only(cast: Cast) -> None:
    good = as_csv([line(serial) for serial in range(1, 60)]).encode()
    broken = good.replace("演示路30号".encode(), b"\xff\xfe30")
    run = run_over(cast, broken)
    assert counts(run) == (59, 58, 0, 0, 1)
    assert run.refusals.get().row == 31


def test_a_row_that_the_database_refuses_is_set_aside_and_its_neighbours_are_taken(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_complaint ADD CONSTRAINT of_this_test CHECK (text NOT LIKE '%不收%')")
    run = run_over(cast, as_csv([line(1), line(2, "不收这一条"), line(3, f"重复投诉（工单号{number(1)}）")]))
    assert counts(run) == (3, 2, 0, 1, 1)
    assert run.refusals.get().code == "row_failed"
    assert run.refusals.get().row == 3
    assert case_of(1) == case_of(3)


def test_a_number_twice_in_one_file_is_one_order(cast: Cast) -> None:
    assert counts(run_over(cast, as_csv([line(1), line(1)]))) == (2, 1, 1, 0, 0)


def test_columns_are_recognised_by_other_names(cast: Cast) -> None:
    header = ("受理编号", "问题描述", "联系电话", "诉求人姓名", "紧急程度", "诉求类型", "是否保密", "登记时间", "地址")
    rows = [
        (number(1), "夜里太吵", "13900000000", "演示·某甲", "特急", "举报", "否", "2026-07-01 21:30:00", "演示路1号"),
        (number(2), "夜里太吵", "", "", "一般", "咨询", "", "", ""),
    ]
    run_over(cast, as_csv(rows, header))
    first, second = Complaint.objects.order_by("pk")
    assert (first.urgency, first.kind, first.keep_secret) == (Urgency.EXTRA, RequestKind.TIP_OFF, False)
    assert (second.urgency, second.kind, second.keep_secret) == (Urgency.GENERAL, RequestKind.ENQUIRY, True)
    assert first.occurred_at is not None
    assert first.occurred_at.isoformat() == "2026-07-01T13:30:00+00:00"
    assert second.occurred_at is not None  # the day that the number begins with
    assert case_of(1).address == "演示路1号"
    assert second.identity is None
    assert first.identity is not None
    assert first.identity.phone_index == identity.phone_index("13900000000")
    assert first.identity.masked_phone == "139****0000"


def test_a_callers_phone_reaches_neither_title_nor_journal_nor_refusals(cast: Cast) -> None:
    text = "我是王某，电话13900000000，楼下太吵"
    run_over(cast, as_csv([(number(1), "", text, "")]))
    assert "13900000000" not in case_of(1).title
    assert not Event.objects.filter(body__contains="13900000000").exists()


def test_a_wrong_guess_is_corrected(cast: Cast) -> None:
    header = ("甲", "乙", "内容")
    content = as_csv([(number(1), "真正的内容", "无关")], header)
    actor = cast.act(cast.dispatcher)
    run = imports.run_create(
        actor=actor, street_id=cast.street.pk, upload=SimpleUploadedFile("orders", content.encode())
    )
    assert run.columns == {"text": "内容"}
    assert imports.run_header(run) == list(header)
    with refused("column_missing", status=422):
        imports.run_start(actor=actor, run_id=run.pk)
    with refused("column_unknown", status=422):
        imports.run_start(actor=actor, run_id=run.pk, columns={"number": "丙"})
    with refused("field_unknown", status=422):
        imports.run_start(actor=actor, run_id=run.pk, columns={"colour": "甲"})
    imports.run_start(actor=actor, run_id=run.pk, columns={"number": "甲", "text": "乙"})
    imports.run_execute(run_id=run.pk)
    assert Complaint.objects.get().text == "真正的内容"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (b"\xd0\xcf\x11\xe0old", "file_kind"),
        (b"PK\x03\x04no", "file_unreadable"),
    ],
)
def test_what_is_no_table_is_refused(cast: Cast, content: bytes, code: str) -> None:
    with refused(code, status=422):
        imports.run_create(
            actor=cast.act(cast.dispatcher), street_id=cast.street.pk, upload=SimpleUploadedFile("x", content)
        )
    folder = Path(settings.MEDIA_ROOT) / "private/imports"
    assert not list(folder.iterdir())


def test_only_the_streets_office_imports(cast: Cast) -> None:
    for user in (cast.outsider, cast.checker, cast.leader, cast.auditor):
        with refused("not_allowed", status=403):
            imports.run_create(
                actor=cast.act(user), street_id=cast.street.pk, upload=SimpleUploadedFile("x", as_csv(THREE).encode())
            )


def test_a_rehearsal_counts_the_same_and_writes_nothing(cast: Cast) -> None:
    rows: list[Line] = [line(1), line(2, f"催办（工单号{number(1)}）"), ("", "", "无编号", "")]
    rehearsal = run_over(cast, as_csv(rows), dry_run=True)
    assert counts(rehearsal) == (3, 2, 0, 1, 1)
    assert not Complaint.objects.exists()
    assert not Event.objects.exists()
    actor = cast.act(cast.dispatcher)
    imports.run_start(actor=actor, run_id=rehearsal.pk, dry_run=False)
    assert counts(imports.run_execute(run_id=rehearsal.pk)) == (3, 2, 0, 1, 1)
    assert not Path(rehearsal.path).exists(), "an upload may hold callers' phones: it doesn't stay"
    with refused("run_done"):
        imports.run_start(actor=actor, run_id=rehearsal.pk)


def test_a_run_goes_on_where_it_stood(cast: Cast) -> None:
    content = as_csv([line(serial) for serial in range(1, 1_203)]).encode()
    actor = cast.act(cast.dispatcher)
    run = imports.run_create(actor=actor, street_id=cast.street.pk, upload=SimpleUploadedFile("x", content))
    imports.run_start(actor=actor, run_id=run.pk)
    assert imports.runs_due() == [run.pk]
    seen = []
    for _turn in range(3):
        seen.append(counts(imports.run_execute(run_id=run.pk, seconds=0))[:2])
    assert seen == [(500, 500), (1_000, 1_000), (1_202, 1_202)]
    assert imports.runs_due() == []
    assert counts(imports.run_execute(run_id=run.pk))[:2] == (1_202, 1_202)


def test_orders_quoting_one_absent_number_share_a_case_and_its_original_joins_later(cast: Cast) -> None:
    alone = run_over(cast, as_csv([line(2, f"再次投诉（工单号{number(1)}）")]))
    assert counts(alone) == (1, 1, 0, 0, 0)
    company = run_over(cast, as_csv([line(3, f"三次投诉（工单号{number(1)}）")]))
    assert counts(company) == (1, 1, 0, 2, 0)  # the lonely one is joined now, too
    assert case_of(2) == case_of(3)
    original = run_over(cast, as_csv([line(1)]))
    assert counts(original) == (1, 1, 0, 0, 0)
    case = case_of(2)
    assert case_of(1) == case_of(2) == case_of(3)
    assert Case.objects.count() == 1
    assert case.complaint_count == 3
    assert set(QuotedNumber.objects.values_list("number", flat=True)) == {number(1)}
    assert list(case.events.order_by("seq").values_list("kind", flat=True)) == [
        "case.received",
        "case.complaint_joined",
        "case.complaint_joined",
    ]


def test_a_quote_and_its_original_in_one_file_share_a_case_whichever_comes_first(cast: Cast) -> None:
    rows = [line(2, f"催办（工单号{number(1)}）"), line(1), line(4), line(5, f"催办（工单号{number(4)}）")]
    assert counts(run_over(cast, as_csv(rows))) == (4, 4, 0, 2, 0)
    assert case_of(1) == case_of(2) != case_of(4) == case_of(5)
    assert Case.objects.count() == 2


def test_a_row_that_ties_two_cases_together_joins_them(cast: Cast) -> None:
    run_over(cast, as_csv([line(3, f"催办（工单号{number(1)}）"), line(4, f"催办（工单号{number(2)}）")]))
    first, second = case_of(3), case_of(4)
    assert first != second
    run = run_over(cast, as_csv([line(5, f"两件事（工单号{number(1)}、{number(2)}）")]))
    assert counts(run) == (1, 1, 0, 3, 0)
    second.refresh_from_db()
    assert case_of(3) == case_of(4) == case_of(5) == first
    assert (second.stage, second.merged_into) == (CaseStage.JOINED, first)


def test_a_follow_up_of_an_ended_case_is_a_new_case(cast: Cast) -> None:
    run_over(cast, as_csv([line(1)]))
    ended = case_of(1)
    triage.case_reject(actor=cast.act(cast.dispatcher), case_id=ended.pk, reason="不属本街道")
    run_over(cast, as_csv([line(2, f"不满意（工单号{number(1)}）")]))
    assert case_of(2) != ended
    assert case_of(2).stage == CaseStage.RECEIVED


def test_the_command_says_what_it_did_and_what_is_wrong(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(as_csv([line(1), ("", "", "无编号", "")]), encoding="gb18030")
    out, silent = StringIO(), StringIO()
    call_command("import_orders", str(file), "--street", cast.street.code, stdout=out, stderr=silent)
    assert "3" in out.getvalue().splitlines()[0]
    assert HotlineOrder.objects.get().number == number(1)
    assert file.exists(), "only uploads are removed"
    for arguments in (
        [str(file), "--street", "000000000"],
        [str(tmp_path / "absent.csv"), "--street", cast.street.code],
        [str(file), "--street", cast.street.code, "--column", "number"],
        [str(file), "--street", cast.street.code, "--column", "number=没有"],
    ):
        with pytest.raises(CommandError):
            call_command("import_orders", *arguments, stdout=out, stderr=silent)


def test_without_callers_no_identity_is_made(cast: Cast) -> None:
    run_over(cast, as_csv(THREE))
    assert not Identity.objects.exists()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_adds_each_order_once(tmp_path: Path) -> None:
    cast = make_cast()
    file = tmp_path / "orders.csv"
    file.write_text(as_csv([line(serial) for serial in range(1, 301)]), encoding="utf-8")
    runs = []
    for _turn in range(2):
        run = imports.run_create(actor=SYSTEM, street_id=cast.street.pk, path=file)
        runs.append(imports.run_start(actor=SYSTEM, run_id=run.pk))
    gate = Barrier(4)

    def work(run_id: int) -> None:
        try:
            gate.wait()
            imports.run_execute(run_id=run_id)
        finally:
            connections.close_all()

    # Two workers for each run: one of them finds it taken.
    threads = [Thread(target=work, args=(run.pk,)) for run in (*runs, *runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.read, run.refused) == (RunState.DONE, 300, 0)
    assert sorted(run.added + run.already for run in runs) == [300, 300]
    assert sum(run.added for run in runs) == 300
    assert Complaint.objects.count() == Case.objects.count() == HotlineOrder.objects.count() == 300
    assert Event.objects.count() == 300


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_files_quoting_one_number_at_once_open_one_case(tmp_path: Path) -> None:
    cast = make_cast()
    runs = []
    for serial in (2, 3, 4):
        file = tmp_path / f"{serial}.csv"
        file.write_text(as_csv([line(serial, f"催办（工单号{number(1)}）")]), encoding="utf-8")
        run = imports.run_create(actor=SYSTEM, street_id=cast.street.pk, path=file)
        runs.append(imports.run_start(actor=SYSTEM, run_id=run.pk))
    gate = Barrier(3)

    def work(run_id: int) -> None:
        try:
            gate.wait()
            imports.run_execute(run_id=run_id)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(run.pk,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Case.objects.get().complaint_count == 3
    assert sum(ImportRun.objects.get(pk=run.pk).joined for run in runs) == 3
