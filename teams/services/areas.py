"""District, street, community, grid: codes within one another, outlines that fit, grids that end and are replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import Assignment, ChangeAction, Community, District, Grid, GridKind, Street, StreetKind, Subject
from teams.outlines import Geometry, check_apart, check_inside, read_outline
from teams.policies import Actor, require
from teams.services.days import check_days, check_last_day, today
from teams.services.history import Facts, change_record, facts
from teams.services.people import need_reason

Area = District | Street | Community | Grid
_FACTS: Mapping[type, tuple[str, ...]] = {
    District: ("code", "name", "name_en"),
    Street: ("code", "name", "name_en", "kind", "short_name", "outline"),
    Community: ("code", "name", "name_en", "outline"),
    Grid: ("code", "name", "name_en", "kind", "outline", "starts_on", "ends_on"),
}
_KIND = {District: Subject.DISTRICT, Street: Subject.STREET, Community: Subject.COMMUNITY, Grid: Subject.GRID}


def district_save(*, actor: Actor, district_id: int | None = None, code: str, name: str, name_en: str = "") -> District:
    """Enter or change a district. Refuses ``bad_code``, ``code_taken``, ``code_in_use``, ``name_missing``."""
    with transaction.atomic():
        require(actor, "ground.edit")
        row = _row(District, district_id) or District()
        made: District = _save(
            actor, row, {"code": _code(District, code, 6, "", row), "name": name, "name_en": name_en}
        )
        return made


def street_save(
    *,
    actor: Actor,
    street_id: int | None = None,
    district_id: int | None = None,
    code: str,
    name: str,
    name_en: str = "",
    kind: str = StreetKind.STREET,
    short_name: str = "",
    outline: str | Geometry | None = None,
    datum: str = "wgs84",
    reason: str = "",
) -> Street:
    """Enter or change a street. ``outline``: GeoJSON, empty = none. Refuses like ``district_save``, ``wrong_prefix``,
    ``bad_outline``, ``outline_does_not_fit`` (over a neighbour)."""
    with transaction.atomic():
        require(actor, "ground.edit")
        row = _row(Street, street_id) or Street(district=_parent(District, district_id))
        values: dict[str, Any] = {
            "code": _code(Street, code, 9, row.district.code, row),
            "name": name,
            "name_en": name_en,
            "kind": kind,
            "short_name": short_name.strip(),
        }
        siblings = Street.objects.filter(outline__isnull=False).exclude(pk=row.pk or 0)
        values["outline"] = _outline(outline, datum, None, "", [(str(one), one.outline) for one in siblings])
        made: Street = _save(actor, row, values, reason)
        return made


def community_save(
    *,
    actor: Actor,
    community_id: int | None = None,
    street_id: int | None = None,
    code: str,
    name: str,
    name_en: str = "",
    outline: str | Geometry | None = None,
    datum: str = "wgs84",
    reason: str = "",
) -> Community:
    """Enter or change a community or village. Refuses like ``street_save``."""
    with transaction.atomic():
        require(actor, "ground.edit")
        row = _row(Community, community_id) or Community(street=_parent(Street, street_id))
        values: dict[str, Any] = {
            "code": _code(Community, code, 12, row.street.code, row),
            "name": name,
            "name_en": name_en,
        }
        near = Community.objects.filter(street=row.street, outline__isnull=False).exclude(pk=row.pk or 0)
        siblings = [(str(one), one.outline) for one in near]
        values["outline"] = _outline(outline, datum, row.street.outline, str(row.street), siblings)
        made: Community = _save(actor, row, values, reason)
        return made


def grid_save(
    *,
    actor: Actor,
    grid_id: int | None = None,
    community_id: int | None = None,
    code: str,
    name: str,
    name_en: str = "",
    kind: str = GridKind.UNIT,
    starts_on: date | None = None,
    outline: str | Geometry | None = None,
    datum: str = "wgs84",
    reason: str = "",
) -> Grid:
    """Enter or change a grid. A present grid keeps its first day; to redraw it for the future, end and replace it.

    Refuses like ``street_save``, and ``starts_in_the_past``.
    """
    with transaction.atomic():
        require(actor, "ground.edit")
        found = _row(Grid, grid_id)
        first = starts_on or today()
        if found is None:
            check_days(first, None)
        row = found or Grid(community=_parent(Community, community_id), starts_on=first)
        parent = row.community
        values: dict[str, Any] = {
            "code": _code(Grid, code, 15, parent.code, row),
            "name": name,
            "name_en": name_en,
            "kind": kind,
        }
        values["outline"] = _outline(
            outline, datum, parent.outline or parent.street.outline, _where(parent), _neighbours(row, kind)
        )
        made: Grid = _save(actor, row, values, reason)
        return made


def grid_end(*, actor: Actor, grid_id: int, last_day: date, reason: str) -> Grid:
    """End a grid: cases of before keep it. Refuses ``ended_already``, ``ends_in_the_past``, ``workers_left`` (a grid
    worker is still assigned beyond that day)."""
    with transaction.atomic():
        row: Grid | None = _row(Grid, grid_id)
        require(actor, "ground.edit")
        need_reason(reason)
        check_last_day(last_day)
        if row is None:
            raise Refused("no_area", _("There is no such area."), status=404)
        if row.ends_on is not None and row.ends_on <= last_day:
            raise Refused("ended_already", _("It ends earlier than that."), field="last_day")
        workers = Assignment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=last_day), grid=row)
        if workers.exists():
            raise Refused(
                "workers_left",
                _("A grid worker is assigned beyond that day: end that role first."),
                field="last_day",
            )
        before = facts(row, _FACTS[Grid])
        row.ends_on = max(last_day, row.starts_on)
        row.save(update_fields=["ends_on"])
        _record(actor, row, ChangeAction.ENDED, before, reason)
        return row


def grid_replace(
    *,
    actor: Actor,
    grid_id: int,
    code: str,
    name: str,
    name_en: str = "",
    starts_on: date,
    outline: str | Geometry | None = None,
    datum: str = "wgs84",
    reason: str,
) -> Grid:
    """End a grid the day before ``starts_on`` and begin another in its community. Refuses as both would."""
    with transaction.atomic():
        old = _row(Grid, grid_id)
        if old is None:
            raise Refused("no_area", _("There is no such area."), status=404)
        check_days(starts_on, None)
        grid_end(actor=actor, grid_id=grid_id, last_day=starts_on - timedelta(days=1), reason=reason)
        return grid_save(
            actor=actor,
            community_id=old.community_id,
            code=code,
            name=name,
            name_en=name_en,
            kind=old.kind,
            starts_on=starts_on,
            outline=outline,
            datum=datum,
            reason=reason,
        )


def _neighbours(row: Grid, kind: str) -> list[tuple[str, Any]]:
    """Grids of the kind on the same street that are in force at some time with this one."""
    others = Grid.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=max(row.starts_on, today())),
        community__street=row.community.street,
        kind=kind,
        outline__isnull=False,
    )
    return [(f"{one.code} {one}", one.outline) for one in others.exclude(pk=row.pk or 0)]


def _where(community: Community) -> str:
    return str(community if community.outline else community.street)


def _row(model: type[Any], pk: int | None) -> Any:
    if pk is None:
        return None
    row = model.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    if row is None:
        raise Refused("no_area", _("There is no such area."), status=404)
    return row


def _parent(model: type[Any], pk: int | None) -> Any:
    row = model.objects.filter(pk=pk or 0).first()
    if row is None:
        raise Refused("place_missing", _("Choose what it belongs to."), field="parent")
    return row


def _code(model: type[Any], code: str, length: int, prefix: str, row: Area) -> str:
    code = code.strip()
    if not re.fullmatch(rf"[0-9]{{{length}}}", code):
        raise Refused("bad_code", _("The code has %(n)s digits.") % {"n": length}, field="code")
    if not code.startswith(prefix):
        raise Refused(
            "wrong_prefix",
            _("The code begins with %(code)s.") % {"code": prefix},
            field="code",
        )
    if model.objects.filter(code=code).exclude(pk=row.pk or 0).exists():
        raise Refused("code_taken", _("This code is given already."), field="code")
    if row.pk and row.code != code and (not isinstance(row, Grid) and _has_children(row)):
        raise Refused(
            "code_in_use", _("Areas with codes that begin with it lie within: the code stays as it is."), field="code"
        )
    return code


def _has_children(row: Area) -> bool:
    children = {District: "streets", Street: "communities", Community: "grids"}
    return bool(getattr(row, children[type(row)]).exists())


def _outline(
    text: str | Geometry | None,
    datum: str,
    parent: Geometry | None,
    parent_name: str,
    siblings: list[tuple[str, Any]],
) -> Geometry | None:
    if not text:
        return None
    outline, fault = read_outline(text, datum)
    if outline is None:
        raise Refused("bad_outline", str(fault), field="outline")
    faults = [*filter(None, [check_inside(outline, parent, parent_name)]), *check_apart(outline, siblings)]
    if faults:
        raise Refused("outline_does_not_fit", " ".join(str(one) for one in faults[:4]), field="outline")
    return outline


def _save(actor: Actor, row: Any, values: dict[str, Any], reason: str = "") -> Any:
    values["name"] = values["name"].strip()
    if not values["name"]:
        raise Refused("name_missing", _("A name is needed."), field="name")
    for column in ("name", "name_en"):
        most = row._meta.get_field(column).max_length
        if len(values[column]) > most:
            raise Refused(
                "name_too_long", _("A name may have at most %(most)s characters.") % {"most": most}, field=column
            )
    new = row.pk is None
    before: Facts = {} if new else facts(row, _FACTS[type(row)])
    for column, value in values.items():
        setattr(row, column, value)
    row.save()
    _record(actor, row, ChangeAction.CREATED if new else ChangeAction.CHANGED, before, reason)
    return row


def _record(actor: Actor, row: Any, action: str, before: Facts, reason: str) -> None:
    street_id: int | None = None
    if isinstance(row, Street):
        street_id = row.pk
    elif isinstance(row, Community):
        street_id = row.street_id
    elif isinstance(row, Grid):
        street_id = row.community.street_id
    change_record(
        actor=actor,
        kind=_KIND[type(row)],
        subject_id=row.pk,
        name=f"{row.code} {row.name}",
        action=action,
        before=before,
        after=facts(row, _FACTS[type(row)]),
        reason=reason,
        street_id=street_id,
    )
