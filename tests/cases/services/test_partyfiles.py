"""A file of parties: compared first, changes chosen by a person, the same file again adds nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from openpyxl import Workbook

from cases.clock.moment import now, pretend
from cases.models import FileRunState, Likeness, PartyRow, PartyRun, Setting, Target, TargetChange
from cases.services import imports, parties, partyfiles
from cases.services.imports import uploads
from tests.cast import Cast, refused, unchanged

HEAD = "企业名称,统一社会信用代码,行业,经营场所,负责人,联系电话"


def code(number: int) -> str:
    from stdnum.cn import uscc

    text = f"91149901DEMO{number:05}".replace("O", "Q")
    return text + str(uscc.calc_check_digit(text))


def table(folder: Path, *rows: str, encoding: str = "utf-8", head: str = HEAD) -> Path:
    path = folder / f"parties{len(list(folder.iterdir()))}.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding=encoding)
    return path


def compared(cast: Cast, path: Path) -> PartyRun:
    actor = cast.act(cast.dispatcher)
    run = partyfiles.run_create(actor=actor, street_id=cast.street.pk, path=path)
    partyfiles.run_compare(actor=actor, run_id=run.pk)
    return partyfiles.run_execute(run_id=run.pk)


def taken(cast: Cast, run: PartyRun) -> PartyRun:
    partyfiles.run_take(actor=cast.act(cast.dispatcher), run_id=run.pk)
    return partyfiles.run_execute(run_id=run.pk)


def fates(run: PartyRun) -> dict[int, str]:
    return dict(PartyRow.objects.filter(run=run).values_list("row", "fate"))


def test_a_file_is_compared_then_taken_in_and_again_adds_nothing(cast: Cast, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        f"演示·新面馆,{code(1)},餐饮,演示路77号,演示·甲,139****0001",
        "演示·无码小摊,,摊贩,演示路78号,,",
        f"演示·错码店,{code(2)[:-1]}0,零售,演示路79号,,",
        ",,,,,",
        f"演示·新面馆分身,{code(1)},,,,",
        "演示·夜市烧烤,,餐饮,演示路1号,,",
        "演示·便民超市,,零售,演示路9号,演示·乙,139****0009",
        f"演示·乙街道饭馆,{code(3)},,演示东路3号,,",
        encoding="gb18030",
    )
    Target.objects.filter(pk=cast.foreign_target.pk).update(uscc=code(3))
    before = Target.objects.count()
    run = compared(cast, path)
    assert (run.state, run.read) == (FileRunState.COMPARED, 7)
    assert fates(run) == {2: "new", 3: "new", 4: "refused", 6: "refused", 7: "likely", 8: "change", 9: "refused"}
    assert Target.objects.count() == before
    codes = dict(PartyRow.objects.filter(run=run, fate="refused").values_list("row", "code"))
    assert codes == {4: "uscc_wrong", 6: "twice_in_file", 9: "uscc_elsewhere"}
    change = PartyRow.objects.get(run=run, row=8)
    assert (change.target_id, change.choice) == (cast.supermarket.pk, "leave")
    assert change.changes == {"person_in_charge": ["", "演示·乙"], "phone": ["", "139****0009"]}

    partyfiles.rows_choose(
        actor=cast.act(cast.dispatcher), run_id=run.pk, choices={8: ("change", ["phone"]), 7: ("leave", [])}
    )
    run = taken(cast, run)
    assert (run.state, run.done) == (FileRunState.DONE, 3)
    assert Target.objects.count() == before + 2
    cast.supermarket.refresh_from_db()
    assert (cast.supermarket.phone, cast.supermarket.person_in_charge) == ("139****0009", "")
    told = TargetChange.objects.get(target=cast.supermarket, kind="imported")
    assert told.changes == {"phone": ["", "139****0009"]}
    assert told.actor == cast.dispatcher

    again = compared(cast, path)
    assert fates(again)[2] == fates(again)[3] == "same"
    with refused("nothing_chosen"):
        partyfiles.run_take(actor=cast.act(cast.dispatcher), run_id=again.pk)


def test_a_possible_duplicate_is_never_merged_by_itself(cast: Cast, tmp_path: Path) -> None:
    run = compared(cast, table(tmp_path, "演示·夜市烧烤,,餐饮,演示路1号,演示·丙,"))
    actor = cast.act(cast.dispatcher)
    with refused("one_by_one", status=422):
        partyfiles.rows_choose_all(actor=actor, run_id=run.pk, fate="likely", choice="change")
    partyfiles.rows_choose(actor=actor, run_id=run.pk, choices={2: ("add", [])})
    taken(cast, run)
    assert Target.objects.filter(name="演示·夜市烧烤").count() == 1
    assert Likeness.objects.filter(first=cast.target).count() == 1


def test_what_changed_after_the_comparison_is_not_overwritten(cast: Cast, tmp_path: Path) -> None:
    run = compared(cast, table(tmp_path, "演示·便民超市,,零售,演示路9号,演示·乙,"))
    actor = cast.act(cast.dispatcher)
    partyfiles.rows_choose_all(actor=actor, run_id=run.pk, fate="change", choice="change")
    parties.target_update(actor=actor, target_id=cast.supermarket.pk, person_in_charge="演示·丁")
    taken(cast, run)
    row = PartyRow.objects.get(run=run)
    assert (row.fate, row.code) == ("refused", "changed_meanwhile")
    cast.supermarket.refresh_from_db()
    assert cast.supermarket.person_in_charge == "演示·丁"


def test_a_workbook_and_slices(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["店名", "地址", "功能区类别"])
    for number in range(1, 8):
        sheet.append([f"演示·切片{number}号铺", f"演示路{number + 100}号", f"{number % 5}类"])
    book.save(tmp_path / "x.xlsx")
    monkeypatch.setattr("cases.services.imports.filerun.BATCH", 2)
    actor = cast.act(cast.dispatcher)
    run = partyfiles.run_create(actor=actor, street_id=cast.street.pk, path=tmp_path / "x.xlsx")
    assert run.columns == {"name": "店名", "address": "地址", "noise_zone": "功能区类别"}
    partyfiles.run_compare(actor=actor, run_id=run.pk)
    slices = 0
    while partyfiles.runs_due():
        partyfiles.run_execute(run_id=run.pk, seconds=0)
        slices += 1
    assert slices == 4
    partyfiles.run_take(actor=actor, run_id=run.pk)
    while partyfiles.runs_due():
        partyfiles.run_execute(run_id=run.pk, seconds=0)
    assert Target.objects.filter(name__startswith="演示·切片").count() == 7


def test_who_may(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "演示·新面馆,,,,,")
    for user in (cast.outsider, cast.supervisor, cast.auditor, cast.checker, cast.leader):
        with refused("not_allowed", status=403):
            partyfiles.run_create(actor=cast.act(user), street_id=cast.street.pk, path=path)
    run = compared(cast, path)
    with refused("not_allowed", status=403):
        partyfiles.run_take(actor=cast.act(cast.outsider), run_id=run.pk)


def test_columns_are_checked(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "a,b", head="甲,乙")
    actor = cast.act(cast.dispatcher)
    run = partyfiles.run_create(actor=actor, street_id=cast.street.pk, path=path)
    with refused("column_missing", status=422):
        partyfiles.run_compare(actor=actor, run_id=run.pk)
    with refused("column_unknown", status=422):
        partyfiles.run_compare(actor=actor, run_id=run.pk, columns={"name": "丙"})
    with refused("column_twice", status=422):
        partyfiles.run_compare(actor=actor, run_id=run.pk, columns={"name": "甲", "address": "甲"})


def test_a_refused_upload_leaves_no_file(cast: Cast) -> None:
    def stored() -> set[Path]:
        return set(uploads.folder().iterdir()) if uploads.folder().exists() else set()

    before, upload = stored(), SimpleUploadedFile("x.csv", "名称\n演示·新面馆\n".encode())
    with refused("field_unknown", status=422):
        partyfiles.run_create(
            actor=cast.act(cast.dispatcher), street_id=cast.street.pk, upload=upload, columns={"nonsense": "名称"}
        )
    assert stored() == before


def test_the_command(cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(table(tmp_path, f"演示·新面馆,{code(1)},,演示路77号,,", "演示·便民超市,,零售,演示路9号,演示·乙,"))
    before = Target.objects.count()
    call_command("import_parties", path, "--street", cast.street.code, "--dry-run")
    assert Target.objects.count() == before
    call_command("import_parties", path, "--street", cast.street.code, "--changes")
    assert Target.objects.count() == before + 1
    cast.supermarket.refresh_from_db()
    assert cast.supermarket.person_in_charge == "演示·乙"
    assert capsys.readouterr().out


def test_a_compared_file_writes_nothing_to_the_register(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "演示·新面馆,,,,,")
    actor = cast.act(cast.dispatcher)
    run = partyfiles.run_create(actor=actor, street_id=cast.street.pk, path=path)
    with unchanged():
        assert partyfiles.run_execute(run_id=run.pk).state == FileRunState.UPLOADED


def test_an_upload_waits_some_days_for_its_decision_and_no_longer(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    Setting.objects.create(key="import_file_days", value=3, street=cast.street)
    actor = cast.act(cast.dispatcher)
    content = table(tmp_path, f"演示·馒头铺,{code(3)},餐饮,演示路3号,,").read_bytes()
    runs = [
        partyfiles.run_create(actor=actor, street_id=cast.street.pk, upload=SimpleUploadedFile("parties.csv", content))
        for _ in range(3)
    ]
    looked_at, released, seen = runs
    for run in (released, seen):
        partyfiles.run_compare(actor=actor, run_id=run.pk)
    partyfiles.run_execute(run_id=seen.pk)
    with pretend(now() + timedelta(days=2)):
        assert imports.uploads_sweep() == 0, "the sweep of the hotline's files leaves these alone"
    with pretend(now() + timedelta(days=3, minutes=1)):
        assert imports.uploads_sweep() == 2
    for run in (looked_at, seen):
        run.refresh_from_db()
        assert run.path == ""
        with refused("file_gone"):
            partyfiles.run_header(run)
    with refused("file_gone"):
        partyfiles.run_compare(actor=actor, run_id=looked_at.pk)
    assert partyfiles.run_execute(run_id=released.pk).read == 1, "a released one goes on"
    partyfiles.run_take(actor=actor, run_id=seen.pk)
    assert partyfiles.run_execute(run_id=seen.pk).state == FileRunState.DONE, "its rows were read before"
