"""What the case page draws beside forms and buttons: the map's beginning, the timeline by days, photos and pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import cos, radians
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Attachment, Case, LineKind
from cases.selectors import timeline
from cases.selectors.dossier import Dossier
from cases.selectors.pictures import TOLD, Picture, pairs_of
from cases.selectors.related import NEAR_M, place_of
from cases.services.files import name_of
from dispatch.web.files import media_url

METRES_A_DEGREE = 111_320
STORY_OPEN = 14
"""Entries of the timeline that stand open; the rest is folded."""


def photo_rows(photos: Iterable[Attachment]) -> list[dict[str, str]]:
    """Small and large address of each photo that can be shown already."""
    rows = []
    for number, attachment in enumerate(photos, 1):
        small, large = name_of(attachment.file, small=True), name_of(attachment.file)
        rows.append(
            {
                "small": media_url(small) if small else "",
                "large": media_url(large) if large else "",
                "caption": _("Photo %(n)s") % {"n": number},
            }
        )
    return rows


def case_map(subject: Case) -> dict[str, Any] | None:
    """The map: the point in the middle of what is near, the party's radius, the grid. Nothing without a point."""
    point = place_of(subject)
    if point is None:
        return None
    target = subject.target
    north = NEAR_M / METRES_A_DEGREE
    east = north / cos(radians(point[0]))
    return {
        "fit": ",".join(f"{v:.6f}" for v in (point[1] - east, point[0] - north, point[1] + east, point[0] + north)),
        "lat": point[0],
        "lng": point[1],
        "mark": target.name if target else subject.address or subject.reference,
        "radius": target.radius_m if target and target.radius_m else None,
        "outline": subject.grid.outline if subject.grid else None,
        "outline_at": "#case-grid" if subject.grid and subject.grid.outline else "",
        "url": reverse("console:case_near", args=[subject.pk]),
    }


def story_of(subject: Case, facts: Dossier) -> dict[str, Any]:
    """The timeline by days, the newest entries open, the rest folded; with the words of lines and notes."""
    story = timeline.case_timeline(
        case=subject, until=facts.until, known=facts.ground, orders=[view.order for view in facts.orders]
    )
    said: dict[tuple[str, int], str] = {("note", note.pk): note.text for note in facts.notes}
    for voice in facts.voices:
        to = _("To %(who)s") % {"who": voice.label}
        for line in voice.lines:
            speaker = voice.label if line.kind == LineKind.ANSWER else to
            said["line", line.pk] = f"{speaker}{pgettext('label', ': ')}{line.text}"
    several = len(facts.orders) > 1
    rows = []
    for entry in story.entries:
        words = said.get(("line", entry.line_id or 0)) or said.get(("note", entry.note_id or 0)) or ""
        number = entry.number if several and entry.subject == "order" else ""
        rows.append({"e": entry, "words": words, "number": number, "day": localdate(entry.at)})
    return {
        "verified": story.verified,
        "count": len(rows),
        "recent": _by_day(rows[:STORY_OPEN]),
        "earlier": _by_day(rows[STORY_OPEN:]),
        "earlier_count": max(0, len(rows) - STORY_OPEN),
    }


def _by_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"day": day, "rows": list(some)} for day, some in groupby(rows, key=lambda row: row["day"])]


def gallery(pictures: Sequence[Picture], *, share_in: Case | None) -> dict[str, Any]:
    """Pairs of before and after, then every photo by phase; ``at`` is the place of each in the row of the light box.

    ``share_in``: the case, when the reader may share residents' photos with its squads.
    """
    rows = {one.attachment.pk: _picture(one, share_in) for one in pictures}
    phases: dict[str, list[dict[str, Any]]] = {}
    for one in pictures:
        phases.setdefault(one.phase_words, []).append(rows[one.attachment.pk])
    return {
        "pairs": [(rows[first.attachment.pk], rows[last.attachment.pk]) for first, last in pairs_of(pictures)],
        "phases": [{"label": label, "rows": some, "told": some[0]["told"]} for label, some in phases.items()],
        "count": len(rows),
        "told_only": all(one.phase == TOLD for one in pictures),
    }


def _picture(one: Picture, share_in: Case | None) -> dict[str, Any]:
    [row] = photo_rows([one.attachment])
    caption = "·".join(word for word in (one.phase_words, one.of) if word)
    told, file = one.phase == TOLD, one.attachment.file
    share_url = reverse("console:case_photo", args=[share_in.pk, file.pk]) if told and share_in else ""
    return {
        **row,
        "caption": caption,
        "of": one.of,
        "at": one.at,
        "told": told,
        "shared": file.shared_with_squads,
        "share_url": share_url,
    }
