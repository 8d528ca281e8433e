"""One sending that arrives twice at once (a photo, a report), and one hotline run taken by two workers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.test import override_settings

from cases.models import Case, Complaint, File, HotlineOrder, ImportRun, RunState
from cases.services import files, imports, intake
from cases.services.files import FOLDER
from cases.services.imports import running, uploads
from teams.policies import RESIDENT, SYSTEM
from tests.cases.services.test_files import photo, upload
from tests.cases.services.test_imports import as_csv, line, number
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_unique

pytestmark = pytest.mark.concurrency


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield tmp_path


# --- a photo sent twice ---


def _store_twice(stage: Cast) -> list[Outcome]:
    actor = stage.act(stage.leader)
    return together(
        *(partial(files.file_store, actor=actor, upload=upload(photo()), client_key="photo-1") for _ in range(2))
    )


def test_without_the_index_a_photo_is_kept_twice(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_inspect", Rendezvous(files._inspect))
    with without_unique(File, "client_key"):
        outcomes = _store_twice(stage)
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert File.objects.filter(client_key="photo-1").count() == 2
        File.objects.all().delete()


def test_a_photo_sent_twice_at_once_is_kept_once(stage: Cast, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_inspect", Rendezvous(files._inspect))
    outcomes = _store_twice(stage)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert len({outcome.value.pk for outcome in outcomes}) == 1
    assert [folder.name for folder in (media / FOLDER).iterdir()] == [File.objects.get().key]


# --- a report sent twice ---


def _report_twice(stage: Cast) -> list[Outcome]:
    report = partial(
        intake.complaint_create,
        actor=RESIDENT,
        street_id=stage.street.pk,
        source="portal",
        text="演示·夜间烧烤",
        client_key="report-1",
    )
    return together(report, report)


def test_without_the_index_a_report_becomes_two_cases(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_first_sending", Rendezvous(intake._first_sending))
    with without_unique(Complaint, "client_key"), without_unique(Complaint, "token_hash"):
        outcomes = _report_twice(stage)
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert Case.objects.count() == 2
        Complaint.objects.filter(pk=outcomes[1].value.complaint.pk).update(client_key=None, token_hash=None)


def test_a_report_sent_twice_at_once_is_one_case_with_one_link(stage: Cast) -> None:
    outcomes = _report_twice(stage)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    first, second = (outcome.value for outcome in outcomes)
    assert (first.complaint, first.token) == (second.complaint, second.token)
    assert Case.objects.count() == 1


# --- the hotline's file ---


def _runs(stage: Cast, tmp_path: Path, *contents: str) -> list[int]:
    made = []
    for index, content in enumerate(contents):
        path = tmp_path / f"orders-{index}.csv"
        path.write_text(content, encoding="utf-8")
        run = imports.run_create(actor=SYSTEM, street_id=stage.street.pk, path=path)
        made.append(imports.run_start(actor=SYSTEM, run_id=run.pk).pk)
    return made


def _quoting(stage: Cast, tmp_path: Path) -> list[int]:
    text = f"市民再次来电反映：演示路9号夜间烧烤，原工单{number(900)}。"
    return _runs(stage, tmp_path, as_csv([line(1, text)]), as_csv([line(2, text)]))


def test_without_taking_turns_two_orders_quoting_one_number_open_two_cases(
    stage: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_in_turn", lambda: None)
    monkeypatch.setattr(running, "_unknown", Rendezvous(running._unknown))
    outcomes = together(*(partial(imports.run_execute, run_id=pk) for pk in _quoting(stage, tmp_path)))
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert Case.objects.count() == 2


def test_two_orders_quoting_one_number_at_once_share_a_case(stage: Cast, tmp_path: Path) -> None:
    outcomes = together(*(partial(imports.run_execute, run_id=pk) for pk in _quoting(stage, tmp_path)))
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert Case.objects.get().complaint_count == 2


def test_without_its_lock_a_run_taken_by_two_workers_counts_wrong(
    stage: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_id,) = _runs(stage, tmp_path, as_csv([line(1), line(2), line(3)]))
    monkeypatch.setattr(running, "_parsed", Rendezvous(running._parsed))
    monkeypatch.setattr(uploads, "sole", _everybody)
    outcomes = together(*(partial(imports.run_execute, run_id=run_id) for _ in range(2)))
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert HotlineOrder.objects.count() == 3  # the turns still hold
    assert sorted(outcome.value.added for outcome in outcomes) == [0, 3]  # and one of them is what was saved last


def test_a_run_has_one_worker(stage: Cast, tmp_path: Path) -> None:
    (run_id,) = _runs(stage, tmp_path, as_csv([line(1), line(2), line(3)]))
    outcomes = together(*(partial(imports.run_execute, run_id=run_id) for _ in range(2)))
    assert [outcome.fault for outcome in outcomes] == [None, None]
    run = ImportRun.objects.get(pk=run_id)
    assert (run.state, run.read, run.added, run.already) == (RunState.DONE, 3, 3, 0)


class _everybody:  # noqa: N801 - stands in for a context manager function
    def __init__(self, _lock_class: int, _run_id: int) -> None:
        pass

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_error: object) -> None:
        return None
