"""Whether an entry is sound, column by column; what is wrong is said with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.clock.hours import overlapping, windows_of
from cases.clock.moment import now
from cases.models import Target, TargetKind
from cases.papers import uscc as code_rules
from cases.refusals import Refused
from teams.selectors import grid_at

NOISE_ZONES = range(5)
RADIUS_M = range(1, 5001)
CAP = range(1, 367)
STRETCH_POINTS = range(2, 201)


def target_check(target: Target, *, before: Mapping[str, object] | None = None) -> None:
    """Make the columns of an entry sound, or refuse (422 with ``field``). ``before``: what it held, None for a new
    one; what a person left alone is not held against them."""
    for column in ("name", "trade", "address", "person_in_charge", "phone", "no_disturb_reason"):
        setattr(target, column, " ".join(getattr(target, column).split()))
    if not target.name:
        raise _refuse("name_needed", _("Give the party's name."), "name")
    if target.kind not in TargetKind.values:
        raise _refuse("choice_wrong", _("Choose what kind of party it is."), "kind")
    target.uscc = uscc_check(target.uscc or "")
    target.aliases = _aliases(target.aliases, target.name)
    _place_check(target)
    _numbers_check(target)
    _no_disturb_check(target, before)
    target.hours = _hours(target.hours)


def uscc_check(text: str) -> str | None:
    """The code in its plain form, None when there is none. ``Refused("uscc_wrong")``: what is wrong, what to do."""
    code = code_rules.plain(text)
    if not code:
        return None
    fault = code_rules.fault_of(code)
    if fault is None:
        return code
    if fault.code == "length":
        words = _("This code has %(given)s characters, a unified social credit code has 18. Type it from the licence.")
    elif fault.code == "character" and fault.meant:
        words = _("Character %(position)s, “%(given)s”, never stands in such a code: “%(meant)s” is probably meant.")
    elif fault.code == "character":
        words = _("Character %(position)s, “%(given)s”, never stands in such a code. Look at the licence.")
    elif fault.code == "division":
        words = _("Character %(position)s, “%(given)s”, must be a digit: characters 3 to 8 are the division.")
    elif fault.whole:
        words = _(
            "One character is wrong: the check character does not fit. Did you mean %(whole)s? "
            "Compare it with the licence."
        )
    else:
        words = _(
            "One character is wrong: the check character “%(given)s” does not fit. "
            "Look at characters %(first)s to %(last)s first, then the others."
        )
    params = {
        "position": fault.position,
        "given": fault.given,
        "meant": fault.meant,
        "whole": " / ".join(fault.whole),
        "first": fault.first,
        "last": fault.last,
    }
    raise Refused("uscc_wrong", words % params, params, field="uscc", status=422)


def uscc_owner_refuse(target: Target) -> None:
    """``Refused("uscc_taken")`` with ``params["target"]`` when another entry has the code."""
    if target.uscc is None:
        return
    owner = Target.objects.filter(uscc=target.uscc).exclude(pk=target.pk).first()
    if owner is not None:
        raise Refused(
            "uscc_taken",
            _("A party with this credit code is already in the register: %(name)s.")
            % {"name": owner.name if owner.street_id == target.street_id else _("on another street")},
            params={"target": owner.merged_into_id or owner.pk},
            field="uscc",
        )


def _refuse(code: str, words: object, field: str) -> Refused:
    return Refused(code, words, field=field, status=422)


def _aliases(names: Sequence[str], name: str) -> list[str]:
    found = dict.fromkeys(" ".join(alias.split()) for alias in names)
    return [alias for alias in found if alias and alias != name]


def _place_check(target: Target) -> None:
    lat, lng = target.lat, target.lng
    if (lat is None) != (lng is None) or not _on_earth(lat, lng):
        raise _refuse("coordinates_wrong", _("The point on the map is not valid."), "lat")
    target.grid = grid_at(target.street_id, lat, lng) if lat is not None and lng is not None else target.grid
    if target.kind != TargetKind.PLACE:
        target.radius_m = target.stretch = None
        return
    if target.radius_m is not None and target.radius_m not in RADIUS_M:
        raise _refuse("radius_wrong", _("A place has a radius between 1 and 5,000 metres."), "radius_m")
    if target.stretch is not None:
        if not _is_line(target.stretch):
            raise _refuse("stretch_wrong", _("A stretch of road has between 2 and 200 points."), "stretch")
        if lat is None:
            middle = target.stretch["coordinates"][len(target.stretch["coordinates"]) // 2]
            target.lng, target.lat = middle[0], middle[1]
            target.grid = grid_at(target.street_id, target.lat, target.lng)


def _is_line(shape: object) -> bool:
    if not isinstance(shape, dict) or shape.get("type") != "LineString":
        return False
    points = shape.get("coordinates")
    if not isinstance(points, list) or len(points) not in STRETCH_POINTS:
        return False
    return all(
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(value, int | float) for value in point)
        and _on_earth(point[1], point[0])
        for point in points
    )


def _numbers_check(target: Target) -> None:
    if target.noise_zone is not None and target.noise_zone not in NOISE_ZONES:
        raise _refuse("choice_wrong", _("Noise zones are 0 to 4 (GB 3096)."), "noise_zone")
    if target.yearly_cap is not None and target.yearly_cap not in CAP:
        raise _refuse("cap_wrong", _("A yearly cap is a number from 1 to 366; leave it empty for none."), "yearly_cap")


def _no_disturb_check(target: Target, before: Mapping[str, object] | None) -> None:
    if not target.no_disturb:
        target.no_disturb_reason, target.no_disturb_until = "", None
        return
    was = before or {}
    if not target.no_disturb_reason and (not was.get("no_disturb") or was.get("no_disturb_reason")):
        raise _refuse(
            "no_disturb_reason_needed", _("Write why this party is on the no-disturb list."), "no_disturb_reason"
        )
    until = target.no_disturb_until
    changed = until is not None and was.get("no_disturb_until") != until.isoformat()
    if changed and isinstance(until, date) and until < timezone.localdate(now()):
        raise _refuse("day_passed", _("This day has passed. Choose a later one, or leave it open."), "no_disturb_until")


def _hours(rows: object) -> list[list[object]]:
    try:
        windows = windows_of(rows)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise _refuse("hours_wrong", _("These opening hours can't be read."), "hours") from None
    day = overlapping(windows)
    if day is not None:
        raise _refuse("hours_wrong", _("Two of the opening hours overlap."), f"hours_{day}")
    return [window.as_list() for window in windows]


def _on_earth(lat: float | None, lng: float | None) -> bool:
    return lat is None or lng is None or (-90 <= lat <= 90 and -180 <= lng <= 180)
