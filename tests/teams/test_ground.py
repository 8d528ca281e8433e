"""Squads, agencies, powers, duty, areas and the catalogue: checks, dates, and what stays as it was."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cases.models import CategoryWord, Deadline, DeadlineKind, DeadlineRule, ItemLimit, OfficeText
from cases.selectors.competence import power_matrix
from cases.selectors.office import office_text
from cases.selectors.setup import setup_steps
from cases.selectors.suggestions import suggest_categories
from cases.services import casefile, catalogue, staffing
from teams.datum import to_gcj02, to_wgs84
from teams.geo import distance_m
from teams.models import Assignment, Change, Community, Duty, Grid, Leave, Power, Role, Squad, Street, User
from teams.policies import Actor, Grant
from teams.selectors import actor_of
from teams.selectors.duty import duty_week, monday_of
from teams.selectors.ground import in_force, resting
from teams.services import areas, duty, leaves, powers, squads
from teams.services.areas_import import areas_import
from tests.cast import LAT, LNG, LONG_AGO, Cast, refused, unchanged
from tests.stage import issued_order


@pytest.fixture
def system(cast: Cast) -> Actor:
    return cast.act(cast.system_admin)


def today() -> date:
    return timezone.localdate()


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_a_squad_with_open_parts_stays(cast: Cast, system: Actor) -> None:
    issued_order(cast)
    with refused("parts_open"):
        staffing.squad_dissolve(actor=system, squad_id=cast.squads["market"].pk, reason="演示")
    gone = cast.squads["fire"]
    staffing.squad_dissolve(actor=system, squad_id=gone.pk, reason="演示·并入")
    assert not Squad.objects.get(pk=gone.pk).active
    assert not cast.act(cast.fire_officers[0]).grants
    with refused("powers_left"):
        squads.agency_close(actor=system, agency_id=gone.agency_id, reason="演示")


def test_kinds_of_squads_fit_their_agencies(cast: Cast, system: Actor) -> None:
    words: dict[str, Any] = {"name": "演示·新队", "actor": system, "street_ids": [cast.street.pk]}
    with refused("team_taken"):
        squads.squad_create(agency_id=cast.agencies["street"].pk, kind="enforcement_team", **words)
    with refused("kind_and_agency"):
        squads.squad_create(agency_id=cast.agencies["market"].pk, kind="laboratory", **words)
    with refused("agency_taken"):
        squads.agency_create(actor=system, name="x", function="market", code="x", district_id=cast.district.pk)
    with refused("street_needed"):
        squads.agency_create(actor=system, name="x", function="street", code="x", district_id=cast.district.pk)
    made = squads.squad_create(agency_id=cast.agencies["market"].pk, kind="module_squad", **words)
    squads.squad_edit(
        actor=system, squad_id=made.pk, kind="module_squad", name="演示·改名", street_ids=[cast.other_street.pk]
    )
    assert {entry["field"] for entry in Change.objects.latest("pk").fields} == {"name", "streets"}


def test_powers_change_from_a_day_on(cast: Cast, system: Actor) -> None:
    agency = cast.agencies["market"]
    old = Power.objects.get(agency=agency, category_code="05-10")
    soon = today() + timedelta(days=10)
    made = powers.power_change(
        actor=system, power_id=old.pk, from_day=soon, basis="演示·办法第3条", to_confirm=False, reason="演示·新法"
    )
    old.refresh_from_db()
    assert (old.starts_on, old.ends_on, old.basis) == (LONG_AGO, soon - timedelta(days=1), "")
    assert (made.starts_on, made.basis) == (soon, "演示·办法第3条")
    with refused("power_overlaps"):
        powers.power_grant(actor=system, agency_id=agency.pk, category_code="05-10", starts_on=today())
    with refused("starts_in_the_past"):
        powers.power_grant(actor=system, agency_id=agency.pk, category_code="01-16", starts_on=LONG_AGO)
    with refused("delegated_to_a_street"):
        powers.power_grant(
            actor=system, agency_id=agency.pk, category_code="01-16", starts_on=today(), delegated=True, basis="x"
        )
    with refused("basis_missing"):
        powers.power_grant(
            actor=system, agency_id=cast.agencies["street"].pk, category_code="01", starts_on=today(), delegated=True
        )
    with refused("ends_in_the_past"):
        powers.power_end(actor=system, power_id=old.pk, last_day=LONG_AGO, reason="x")


def test_the_matrix_says_where_nobody_is_competent(cast: Cast, system: Actor) -> None:
    assert power_matrix(cast.street).gaps == 0
    made = catalogue.category_create(
        actor=system, code="05-11", name="演示·新类", severity="C", closing_condition="演示·清理完毕"
    )
    matrix = power_matrix(cast.street)
    line = next(line for line in matrix.lines if line.category == made)
    assert line.gap
    assert line.notes
    assert any(step.key == "powers" and not step.done for step in setup_steps())
    powers.power_grant(actor=system, agency_id=cast.agencies["urban"].pk, category_code="05", starts_on=today())
    line = next(line for line in power_matrix(cast.street).lines if line.category == made)
    assert [cell.whole for cell in line.cells if cell.power] == [True]


def test_duty_by_the_week(cast: Cast) -> None:
    head, squad, mate = cast.act(cast.head), cast.squads["street"], cast.street_officers[0]
    monday = monday_of(today()) + timedelta(days=7)
    save: dict[str, Any] = {"actor": head, "place": squad, "monday": monday}
    assert duty.duty_week_save(cells={(mate.pk, monday): "08:00-20:00，20:00-08:00"}, **save) == 2
    week = duty_week(squad, monday)
    assert week.days[0].nobody == [("00:00", "08:00")]
    assert week.days[1].nobody == [("08:00", "24:00")]
    assert week.days[0].alone == [("08:00", "24:00")]
    for text, code in (("8-20", "bad_turn"), ("08:00-20:00,19:00-22:00", "turns_overlap")):
        with refused(code):
            duty.duty_week_save(cells={(mate.pk, monday): text}, **save)
    with refused("week_not_empty"):
        duty.duty_week_copy(**save)
    leaves.leave_add(
        actor=head, user_id=mate.pk, starts_on=monday + timedelta(days=7), ends_on=monday + timedelta(days=8)
    )
    with refused("on_leave"):
        later: dict[str, Any] = {**save, "monday": monday + timedelta(days=7)}
        duty.duty_week_save(cells={(mate.pk, monday + timedelta(days=7)): "08:00-20:00"}, **later)
    copied = duty.duty_week_copy(actor=head, place=squad, monday=monday + timedelta(days=7))
    assert (copied.turns, copied.away) == (0, [mate.name])
    with refused("not_allowed", status=403):
        duty.duty_week_save(actor=head, place=cast.squads["fire"], monday=monday, cells={})
    assert Duty.objects.count() == 2


def test_codes_and_outlines_of_grids(cast: Cast, system: Actor) -> None:
    community = Community.objects.get()
    words: dict[str, Any] = {"actor": system, "community_id": community.pk, "name": "演示·新网格", "starts_on": today()}
    with refused("bad_code"):
        areas.grid_save(code="12", **words)
    with refused("wrong_prefix"):
        areas.grid_save(code="149901002001001", **words)
    with refused("code_taken"):
        areas.grid_save(code=cast.grid.code, **words)
    inside = box(112.575, 37.86, 112.585, 37.869)
    with refused("outline_does_not_fit") as caught:
        areas.grid_save(code="149901001001002", outline=json.dumps(inside), **words)
    assert cast.grid.code in str(caught.value)
    with refused("outline_does_not_fit"):
        areas.grid_save(code="149901001001002", outline=box(112.59, 37.86, 112.70, 37.87), **words)
    bow = {
        "type": "Polygon",
        "coordinates": [[[112.59, 37.86], [112.6, 37.87], [112.6, 37.86], [112.59, 37.87], [112.59, 37.86]]],
    }
    with refused("bad_outline"):
        areas.grid_save(code="149901001001002", outline=bow, **words)
    made = areas.grid_save(code="149901001001002", outline=box(112.591, 37.85, 112.599, 37.87), **words)
    assert made.outline


def test_a_grid_is_replaced_and_its_history_kept(cast: Cast, system: Actor) -> None:
    words: dict[str, Any] = {"actor": system, "grid_id": cast.grid.pk, "code": "149901001001009", "name": "演示·重划"}
    with refused("workers_left"):
        areas.grid_replace(starts_on=today() + timedelta(days=1), reason="演示·重划", **words)
    Assignment.objects.filter(grid=cast.grid).update(grid=None)
    new = areas.grid_replace(
        starts_on=today() + timedelta(days=1), reason="演示·重划", outline=cast.grid.outline, **words
    )
    old = Grid.objects.get(pk=cast.grid.pk)
    assert (old.ends_on, new.starts_on) == (today(), today() + timedelta(days=1))
    assert [row.action for row in Change.objects.filter(subject_kind="grid").order_by("pk")] == ["ended", "created"]


def feature(code: str, name: str, outline: dict[str, Any] | None) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"编码": code, "名称": name}, "geometry": outline}


def test_a_file_is_checked_before_it_is_written(cast: Cast, system: Actor) -> None:
    shifted = [
        list(reversed(to_gcj02(lat, lng))) for lng, lat in ((112.591, 37.85), (112.599, 37.85), (112.599, 37.87))
    ]
    good = {"type": "Polygon", "coordinates": [[*shifted, shifted[0]]]}
    rows = [
        feature("149901001002001", "演示·二网格", good),
        feature("149901001002", "演示·二社区", None),
        feature("1499010010010", "演示·长度不对", None),
        feature("149901009001", "演示·没有街道", None),
        feature("149901001002002", "演示·重叠", cast.grid.outline),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": rows})
    with refused("datum_missing"):
        areas_import(actor=system, text=text, datum="", dry_run=True)
    with refused("not_geojson"):
        areas_import(actor=system, text="{}", datum="wgs84", dry_run=True)
    with unchanged():
        report = areas_import(actor=system, text=text, datum="gcj02", dry_run=True)
    assert [row.action for row in report.rows] == ["create", "create", "refuse", "refuse", "refuse"]
    assert all(row.fault for row in report.rows if row.action == "refuse")
    report = areas_import(actor=system, text=text, datum="gcj02", dry_run=False)
    assert (report.good, report.bad) == (2, 3)
    grid = Grid.objects.get(code="149901001002001")
    lng, lat = (grid.outline or {})["coordinates"][0][0]
    assert (lng, lat) == pytest.approx((112.591, 37.85), abs=1e-6)
    again = areas_import(actor=system, text=text, datum="gcj02", dry_run=True)
    assert [row.action for row in again.rows[:2]] == ["same", "same"]
    assert Street.objects.count() == 2


def test_the_datum_turns_back() -> None:
    lat, lng = to_gcj02(LAT, LNG)
    assert 300 < distance_m(LAT, LNG, lat, lng) < 700
    assert to_wgs84(lat, lng) == pytest.approx((LAT, LNG), abs=1e-8)
    assert to_gcj02(51.5, -0.1) == (51.5, -0.1), "outside of China nothing is shifted"


def test_words_decide_at_once(cast: Cast, system: Actor) -> None:
    row = cast.categories["05-07"]
    assert not suggest_categories("演示·垃圾桶乱放")
    with refused("bad_word"):
        catalogue.words_save(actor=system, category_id=row.pk, text="垃圾桶 9")
    with refused("word_twice"):
        catalogue.words_save(actor=system, category_id=row.pk, text="堆放\n堆放 2")
    catalogue.words_save(actor=system, category_id=row.pk, text="堆放 5\n垃圾桶 4\n")
    assert suggest_categories("演示·垃圾桶乱放")[0].subject == row
    catalogue.words_save(actor=system, category_id=row.pk, text="堆放 5")
    assert not CategoryWord.objects.filter(word="垃圾桶").exists()
    with refused("not_allowed", status=403):
        catalogue.words_save(actor=cast.act(cast.head), category_id=row.pk, text="")


def test_limits_and_items_keep_their_past(cast: Cast, system: Actor) -> None:
    item = cast.items["UR-02"]
    soon = today() + timedelta(days=30)
    say: dict[str, Any] = {"actor": system, "item_id": item.pk, "unit": "mg/m³", "zone": None, "period": "any"}
    with refused("standard_missing"):
        catalogue.limit_set(maximum=Decimal("1.0"), standard="", starts_on=soon, **say)
    catalogue.limit_set(maximum=Decimal("1.0"), standard="演示 GB", starts_on=soon, **say)
    rows = list(ItemLimit.objects.filter(item=item).order_by("starts_on").values_list("maximum", "ends_on"))
    assert rows == [(Decimal("2.00"), soon - timedelta(days=1)), (Decimal("1.00"), None)]
    issued_order(cast)
    asked = cast.items["UR-01"]
    with refused("item_means_otherwise"):
        catalogue.item_edit(actor=system, item_id=asked.pk, category_ids=[], values={"kind": "yes_no"})
    with refused("choices_unequal"):
        catalogue.item_edit(actor=system, item_id=asked.pk, category_ids=[], values={"choices_en": ["Running"]})
    made = catalogue.item_replace(
        actor=system, item_id=asked.pk, code="UR-01-2", starts_on=soon, reason="演示", values={"kind": "yes_no"}
    )
    asked.refresh_from_db()
    assert (asked.kind, asked.ends_on, made.kind) == ("choice", soon - timedelta(days=1), "yes_no")
    assert set(made.categories.all()) == set(asked.categories.all())


def test_a_clock_counts_from_its_day(cast: Cast, system: Actor) -> None:
    def triage_minutes() -> float:
        case = casefile.case_open(
            actor=cast.act(cast.dispatcher), street_id=cast.street.pk, source="office", title="演示·计时"
        )
        row = Deadline.objects.get(case=case, kind=DeadlineKind.REGISTER)
        return (row.due_at - row.starts_at).total_seconds() / 60

    say: dict[str, Any] = {"actor": system, "kind": "register", "urgent": False, "street_id": None, "unit": "minute"}
    before = triage_minutes()
    catalogue.clock_set(amount=90, source="演示", starts_on=today() + timedelta(days=1), **say)
    assert triage_minutes() == before
    catalogue.clock_set(amount=45, source="演示", starts_on=today(), **say)
    assert triage_minutes() == 45
    own = catalogue.clock_set(**{**say, "street_id": cast.street.pk}, amount=5, source="演示", starts_on=today())
    assert triage_minutes() == 5
    catalogue.clock_withdraw(actor=system, rule_id=own.pk, reason="演示")
    assert triage_minutes() == 45
    with refused("general_stays"):
        rule = DeadlineRule.objects.get(kind="register", urgent=False, street=None, ends_on=None)
        catalogue.clock_withdraw(actor=system, rule_id=rule.pk, reason="演示")
    with refused("source_missing"):
        catalogue.clock_set(amount=9, source="", starts_on=today(), **say)


def test_texts_and_the_calendar(cast: Cast, system: Actor) -> None:
    catalogue.text_set(actor=system, key="close_result", street_id=None, text="演示·已办结")
    catalogue.text_set(actor=system, key="close_result", street_id=cast.street.pk, text="演示·本街道已办结")
    assert office_text("close_result", cast.street.pk) == "演示·本街道已办结"
    assert office_text("close_result", cast.other_street.pk) == "演示·已办结"
    catalogue.text_set(actor=system, key="close_result", street_id=cast.street.pk, text="")
    assert OfficeText.objects.count() == 1
    with refused("no_setting"):
        catalogue.setting_set(actor=system, key="unheard", street_id=None, value="1", source="")
    with refused("starts_in_the_past"):
        duty.calendar_day_set(actor=system, day=today() - timedelta(days=1), kind="holiday")
    row = duty.calendar_day_set(actor=system, day=today() + timedelta(days=40), kind="holiday", note="演示")
    duty.calendar_day_remove(actor=system, day_id=row.pk)
    assert [one.action for one in Change.objects.filter(subject_kind="calendar").order_by("pk")] == ["created", "ended"]


def test_only_the_system_administrator_makes(cast: Cast) -> None:
    for who in (cast.head, cast.auditor, cast.dispatcher):
        actor = cast.act(who)
        with refused("not_allowed", status=403):
            areas.district_save(actor=actor, code="149903", name="x")
        with refused("not_allowed", status=403):
            powers.power_grant(actor=actor, agency_id=cast.agencies["market"].pk, category_code="05", starts_on=today())


@pytest.mark.django_db
def test_who_somebody_is_follows_the_rules_written_for_everybody(cast: Cast) -> None:
    """``actor_of`` has its question written out; it may not part from ``in_force`` and ``resting``."""
    now, day = today(), timedelta(days=1)
    for person, begin, end, substitute in (
        (cast.dispatcher, now, now, cast.head),
        (cast.head, now - day, now + day, None),
        (cast.checker, now - 2 * day, now - day, cast.head),
        (cast.leader, now + day, now + 2 * day, cast.head),
    ):
        Leave.objects.create(user=person, starts_on=begin, ends_on=end, substitute=substitute)
    for starts, ends in ((now, now), (now + day, None), (now - 2 * day, now - day)):
        Assignment.objects.create(
            user=cast.auditor, role=Role.DISPATCHER, street=cast.street, starts_on=starts, ends_on=ends
        )
    lengths = set()
    for person in User.objects.all():
        held = Assignment.objects.filter(in_force(now), ~resting(now), user=person).order_by("pk")
        composed = [Grant(Role(row.role), row.street_id, row.squad_id, row.district_id) for row in held]
        assert list(actor_of(person).grants) == composed, person.username
        lengths.add(len(composed))
    assert lengths == {0, 1, 2}
