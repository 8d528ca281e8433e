"""What a page weighs before photos and map: HTML, styles, scripts and icons, each gzipped, against a budget in git."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from cases.services import intake
from teams.models import User
from teams.policies import RESIDENT
from tests.cast import Cast

pytestmark = pytest.mark.django_db
BUDGET: dict[str, int] = json.loads((Path(__file__).parent / "weights.json").read_text())
PIECES = re.compile(r'(?:src|href)="/static/([^"#?]+)')


def weigh(html: str) -> int:
    """Bytes on the wire of the page and of every file that it names once."""
    static = Path(settings.BASE_DIR) / "static"
    files = {name for name in PIECES.findall(html) if not name.endswith((".png", ".jpg", ".webmanifest"))}
    return len(gzip.compress(html.encode(), 6)) + sum(
        len(gzip.compress((static / name).read_bytes(), 6)) for name in files
    )


def as_person(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


@pytest.fixture
def pages(cast: Cast) -> dict[str, str]:
    made = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·夜里冒烟", party_name=cast.target.name
    )
    resident, office, squad = Client(), as_person(cast.dispatcher), as_person(cast.leader)
    resident.post("/report/", {"kinds": ["noise"], "when": "now"})
    return {
        "portal /": page(Client(), "/"),
        "portal /report/": page(resident, "/report/"),
        "portal /report/where/": page(resident, "/report/where/"),
        "portal private page": page(Client(), f"/t/{made.token}/"),
        "sign in": page(Client(), "/accounts/login/"),
        "console board": page(office, "/console/"),
        "console case": page(office, f"/console/cases/{made.case.pk}/"),
        "field today": page(squad, "/field/"),
    }


def test_no_page_is_heavier_than_its_budget(pages: dict[str, str]) -> None:
    weights = {name: weigh(html) for name, html in pages.items()}
    assert set(weights) == set(BUDGET)
    heavy = {name: (bytes_, BUDGET[name]) for name, bytes_ in weights.items() if bytes_ > BUDGET[name]}
    assert not heavy, f"weight and budget in bytes: {heavy}; all: {weights}"


def test_the_first_page_of_residents_keeps_to_sixty_kilobytes() -> None:
    """The promise to a slow phone; a budget may be moved, this may not."""
    assert BUDGET["portal /"] <= 60 * 1024
