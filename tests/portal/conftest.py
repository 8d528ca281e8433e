"""What every test of the portal needs: a folder of its own for photos, counters at zero, a photo to send."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from PIL import Image

from dispatch.web import limits
from tests.cast import Cast

Photo = Callable[..., SimpleUploadedFile]


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters of this test's own; the cache itself is shared and is left alone."""
    monkeypatch.setattr(limits, "PREFIX", f"portal.{uuid.uuid4().hex}")


@pytest.fixture
def photo() -> Photo:
    def make(colour: str = "red", name: str = "演示.jpg") -> SimpleUploadedFile:
        out = io.BytesIO()
        Image.new("RGB", (60, 40), colour).save(out, "JPEG")
        return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")

    return make


@pytest.fixture
def resident(cast: Cast) -> Client:
    """A browser that nobody logged in with, and a district to report in."""
    return Client()
