"""Areas from a GeoJSON file: streets, communities and grids, told apart by the length of their codes; dry run first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import Community, District, Grid, Street
from teams.outlines import plain, read_outline
from teams.policies import Actor, require
from teams.services import areas
from teams.services.days import today

MOST = 5000
CODE_NAMES = ("code", "grid_code", "adcode", "编码", "网格编码", "代码", "区划代码")
NAME_NAMES = ("name", "grid_name", "名称", "网格名称")
ENGLISH_NAMES = ("name_en", "english", "英文名称")
LEVELS = {9: "street", 12: "community", 15: "grid"}


@dataclass(slots=True)
class Row:
    """One feature: what would be (or was) done with it. ``action``: create, change, same, refuse."""

    number: int
    code: str
    name: str
    level: str
    action: str
    fault: str = ""


@dataclass(slots=True)
class Report:
    rows: list[Row] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(row.action in ("create", "change") for row in self.rows)

    @property
    def bad(self) -> int:
        return sum(row.action == "refuse" for row in self.rows)


class _DryRun(Exception):
    pass


def areas_import(*, actor: Actor, text: str, datum: str, dry_run: bool, reason: str = "") -> Report:
    """Read a FeatureCollection whose features carry a code and a name; outer areas before inner ones, each row checked
    like one entered by hand. Good rows are written, bad ones told with their reason; a dry run writes nothing.

    Refuses ``not_geojson``, ``too_many_features``, ``datum_missing`` (the file doesn't say what its numbers mean).
    """
    require(actor, "ground.edit")
    if datum not in ("wgs84", "gcj02"):
        raise Refused("datum_missing", _("Say what the coordinates mean: WGS-84 or GCJ-02."), field="datum")
    features = _features(text)
    report = Report()
    try:
        with transaction.atomic():
            for number, feature in sorted(enumerate(features, 1), key=lambda pair: len(_said(pair[1], CODE_NAMES))):
                report.rows.append(_one(actor, number, feature, datum, reason))
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    report.rows.sort(key=lambda row: row.number)
    return report


def _features(text: str) -> list[Any]:
    try:
        data = json.loads(text)
        json.dumps(data, ensure_ascii=False).encode()  # halves of a character come through as "\\ud800"
    except (ValueError, RecursionError):
        raise Refused("not_geojson", _("This is no GeoJSON."), field="file") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not features:
        raise Refused("not_geojson", _("A FeatureCollection with features is wanted."), field="file")
    if len(features) > MOST:
        raise Refused("too_many_features", _("At most %(n)s areas in one file.") % {"n": MOST}, field="file")
    return features


def _said(feature: Any, names: tuple[str, ...]) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, Mapping):
        return ""
    known = {str(key).strip().lower(): value for key, value in properties.items()}
    return next((str(known[name]).replace("\0", "").strip() for name in names if known.get(name) not in (None, "")), "")


def _one(actor: Actor, number: int, feature: Any, datum: str, reason: str) -> Row:
    code, name = _said(feature, CODE_NAMES), _said(feature, NAME_NAMES)
    level = LEVELS.get(len(code), "")
    row = Row(number, code, name, level, "refuse")
    if not (code.isascii() and code.isdigit()) or not level:
        row.fault = str(_("No code of 9, 12 or 15 digits: is it in a property named code?"))
        return row
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    try:
        with transaction.atomic():
            row.action = _write(actor, level, code, name, _said(feature, ENGLISH_NAMES), geometry, datum, reason)
    except Refused as refused:
        row.fault = str(refused)
    return row


def _write(actor: Actor, level: str, code: str, name: str, name_en: str, geometry: Any, datum: str, reason: str) -> str:
    models: dict[str, Any] = {"street": Street, "community": Community, "grid": Grid}
    found = models[level].objects.filter(code=code).first()
    outline = None
    if geometry:
        outline, fault = read_outline(geometry, datum)
        if outline is None:
            raise Refused("bad_outline", str(fault), field="outline")
    if found is not None:
        name, name_en = name or found.name, name_en or found.name_en
        same = (name, name_en, outline or found.outline) == (found.name, found.name_en, found.outline)
        if same or (outline and found.outline and plain(found.outline) == outline and name == found.name):
            return "same"
    common: dict[str, Any] = {"code": code, "name": name, "name_en": name_en, "reason": reason}
    common["outline"] = outline or (found.outline if found else None)
    pk = found.pk if found else None
    if level == "street":
        kept = {"kind": found.kind, "short_name": found.short_name} if found else {}
        areas.street_save(actor=actor, street_id=pk, district_id=_of(District, code[:6]), **kept, **common)
    elif level == "community":
        areas.community_save(actor=actor, community_id=pk, street_id=_of(Street, code[:9]), **common)
    else:
        kept = {"kind": found.kind} if found else {}
        first: date | None = None if found else today()
        areas.grid_save(
            actor=actor, grid_id=pk, community_id=_of(Community, code[:12]), starts_on=first, **kept, **common
        )
    return "change" if found else "create"


def _of(model: Any, code: str) -> int:
    pk = model.objects.filter(code=code).values_list("pk", flat=True).first()
    if pk is None:
        raise Refused("parent_missing", _("There is no area with the code %(code)s to put it in.") % {"code": code})
    return int(pk)
