"""The tasks that beat names exist, on a queue that a worker listens to, and do their service's work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases import tasks
from cases.models import Case, FileState, ImportRun, RunState
from cases.services import files, imports
from dispatch.celery import QUEUES, app
from teams.policies import RESIDENT
from tests.cast import Cast


def test_every_entry_of_the_schedule_is_a_task_on_a_known_queue_and_expires() -> None:
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        assert entry["options"]["queue"] in QUEUES, name
        route = app.amqp.router.route({}, entry["task"])["queue"].name
        assert route == entry["options"]["queue"], name
        assert entry["options"]["expires"] <= entry["schedule"] * 2, name


def test_a_photo_that_waits_is_made_ready(db: None, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    picture = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 30), "grey").save(picture)
    upload = SimpleUploadedFile("photo.jpg", picture.read_bytes(), content_type="image/jpeg")
    file = files.file_store(actor=RESIDENT, upload=upload)
    assert tasks.files_sweep() == 1
    assert tasks.files_sweep() == 0
    assert tasks.file_reencode(file.pk) is True
    file.refresh_from_db()
    assert file.state == FileState.READY


@pytest.mark.django_db(transaction=True)
def test_a_released_file_is_taken_up_by_the_sweep(settings: Any, tmp_path: Path) -> None:
    from tests.cast import make_cast

    settings.MEDIA_ROOT = tmp_path
    cast: Cast = make_cast()
    rows = "工单编号,诉求内容\n" + "".join(f"2026010100{n:04},演示·第{n}件油烟扰民\n" for n in range(5))
    upload = SimpleUploadedFile("orders.csv", rows.encode(), content_type="text/csv")
    dispatcher = cast.act(cast.dispatcher)
    run = imports.run_create(actor=dispatcher, street_id=cast.street.pk, upload=upload)
    imports.run_start(actor=dispatcher, run_id=run.pk)
    assert tasks.imports_sweep() == 0
    run = ImportRun.objects.get(pk=run.pk)
    assert (run.state, run.added, Case.objects.count()) == (RunState.DONE, 5, 5)
    assert tasks.import_run(run.pk) == RunState.DONE
