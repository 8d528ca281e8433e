"""A new catalogue comes with a release: what nobody touched follows it, what people set stays and is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import structlog
from django.core.management import call_command
from django.utils import timezone, translation

from cases.management import catalogue
from cases.models import Category, CategoryWord, DeadlineRule, InspectionItem, ItemBasis, ItemLimit, Setting
from cases.services.catalogue import categories, clocks, items
from teams.models import Change, Subject
from teams.policies import Actor
from tests.cast import Cast

Release = Callable[..., None]


@pytest.fixture
def release(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """The catalogue of this version is loaded; call it to put another text into a file of the next one."""
    catalogue.load()
    folder = tmp_path / "reference"
    shutil.copytree(catalogue.FOLDER, folder)
    monkeypatch.setattr(catalogue, "FOLDER", folder)

    def change(name: str, old: str, new: str) -> None:
        file = folder / f"{name}.toml"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.fixture
def admin(cast: Cast) -> Actor:
    return cast.act(cast.system_admin)


CAP = 'key = "yearly_cap"\nvalue = {}'
TRIAGE = 'kind = "triage"\nnormal = "{}"'


def value(key: str) -> object:
    return Setting.objects.get(key=key, street=None).value


def general(kind: str) -> DeadlineRule:
    return DeadlineRule.objects.get(kind=kind, urgent=False, street=None, ends_on=None)


def kept() -> set[str]:
    """Load, and which fields were kept."""
    with translation.override("en"):
        return {line.label for one in catalogue.load().hands.kept for line in one.lines}


def told() -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("load_reference", stdout=out)
    return out.getvalue()


def test_numbers_that_nobody_touched_follow_the_release(release: Release) -> None:
    release("clocks", CAP.format(4), CAP.format(6))
    release("clocks", TRIAGE.format("2 work_hour"), TRIAGE.format("5 work_hour"))
    done = catalogue.load()
    assert (value("yearly_cap"), general("triage").amount) == (6, 5)
    assert done.changed == {"Setting": 1, "DeadlineRule": 1}
    assert not done.hands.kept
    change = Change.objects.filter(subject_kind=Subject.SETTING, subject_name="yearly_cap").latest("pk")
    assert (change.actor_id, change.reason) == (None, "load_reference")
    assert change.fields == [{"field": "value", "from": 4, "to": 6}]


def test_a_number_that_a_person_set_stays_and_is_told(release: Release, admin: Actor) -> None:
    clocks.setting_set(actor=admin, key="yearly_cap", street_id=None, value="2", source="本办规定")
    release("clocks", CAP.format(4), CAP.format(6))
    release("clocks", 'key = "cooling_off_days"\nvalue = 14', 'key = "cooling_off_days"\nvalue = 10')
    with structlog.testing.capture_logs() as lines:
        text = told()
    row = Setting.objects.get(key="yearly_cap", street=None)
    assert (row.value, row.source) == (2, "本办规定")
    assert value("cooling_off_days") == 10, "its neighbour follows"
    assert "value stays 2; the catalogue says 6" in text
    (line,) = [line for line in lines if line["event"] == "reference_kept"]
    assert (line["kind"], line["name"], line["log_level"]) == ("setting", "yearly_cap", "warning")
    assert {"field": "value", "from": 2, "to": 6} in line["fields"]
    assert "stays" not in told(), "said once a release"


def test_a_limit_of_time_that_a_person_set_stays_and_is_told(release: Release, admin: Actor) -> None:
    clocks.clock_set(
        actor=admin,
        kind="triage",
        urgent=False,
        street_id=None,
        amount=3,
        unit="work_hour",
        source="本办规定",
        starts_on=timezone.localdate(),
    )
    release("clocks", TRIAGE.format("2 work_hour"), TRIAGE.format("30 minute"))
    release("clocks", 'urgent = "30 minute"', 'urgent = "20 minute"')
    text = told()
    row = general("triage")
    assert (row.amount, row.unit, row.source) == (3, "work_hour", "本办规定")
    assert DeadlineRule.objects.get(kind="triage", urgent=True, street=None).amount == 20, "nobody touched the urgent"
    assert "amount stays 3; the catalogue says 30" in text
    assert "unit stays working hours; the catalogue says minutes, day and night" in text


def test_what_was_forced_follows_the_next_release_again(release: Release, admin: Actor) -> None:
    clocks.setting_set(actor=admin, key="yearly_cap", street_id=None, value="2", source="本办规定")
    assert catalogue.load(force=True).changed == {"Setting": 1}
    assert value("yearly_cap") == 4
    release("clocks", CAP.format(4), CAP.format(6))
    assert not catalogue.load().hands.kept
    assert value("yearly_cap") == 6


def test_of_a_class_and_its_words_only_what_a_person_set_stays(release: Release, admin: Actor) -> None:
    row = Category.objects.get(code="05-10")
    categories.category_edit(actor=admin, category_id=row.pk, closing_condition="本办另有规定")
    have = {word.word: word.weight for word in row.words.all()}
    assert have.pop("烧烤") == 5
    other = next(iter(have))
    categories.words_save(actor=admin, category_id=row.pk, text="\n".join(f"{w} {n}" for w, n in have.items()))
    CategoryWord.objects.filter(category=row, word=other).update(weight=6 - have[other] if have[other] != 3 else 4)
    release("categories", f'"{row.name}"', f'"{row.name}等"')
    release("categories", row.basis, row.basis + "（修订）")
    assert kept() == {"closing condition", "words"}
    row.refresh_from_db()
    assert row.closing_condition == "本办另有规定"
    assert not row.words.filter(word="烧烤").exists(), "it was taken away by a person"
    assert row.words.get(word=other).weight == have[other], "nobody weighed this one"


def test_a_measured_limit_and_a_confirmation_stay(release: Release, admin: Actor) -> None:
    item = InspectionItem.objects.get(code="URB-07")
    today = timezone.localdate()
    items.limit_set(
        actor=admin,
        item_id=item.pk,
        maximum=Decimal(48),
        unit="dB(A)",
        standard="本市标准",
        zone=2,
        period="night",
        starts_on=today,
    )
    basis = ItemBasis.objects.filter(to_confirm=True).first()
    assert basis is not None
    items.basis_confirm(actor=admin, basis_id=basis.pk, reason="法制科确认")
    before = ItemLimit.objects.filter(item=item, zone=2, period="night", ends_on=None).count()
    release("clocks", "[0, 3, 7, 15]", "[0, 3, 7, 10]")
    assert kept() == {"limit", "to be confirmed"}
    basis.refresh_from_db()
    assert not basis.to_confirm
    now_in_force = ItemLimit.objects.filter(item=item, zone=2, period="night", ends_on=None)
    assert (before, now_in_force.count(), now_in_force.get().maximum) == (1, 1, Decimal(48))
    assert value("rectification_days") == [0, 3, 7, 10]
