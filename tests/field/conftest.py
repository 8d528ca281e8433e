"""Phones of the cast: a client for each person, and the rows that the pages are about."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from teams.models import User

Phone = Callable[[User], Client]


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A browser in which this person is logged in; logging in writes nothing but the session."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    user_logged_in.disconnect(dispatch_uid="update_last_login")
    yield logged_in
    user_logged_in.connect(update_last_login, dispatch_uid="update_last_login")


@pytest.fixture(autouse=True)
def media(settings: object, tmp_path: object) -> None:
    """Photos go into the test's own folder."""
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


def picture(color: str = "grey") -> SimpleUploadedFile:
    body = io.BytesIO()
    Image.new("RGB", (24, 16), color).save(body, "PNG")
    return SimpleUploadedFile("photo.png", body.getvalue(), content_type="image/png")
