"""A dispatcher's own line of clues: which one comes next, who has which, what is held back, how far this sitting is.

A clue is claimed softly in the shared cache while somebody decides it, so that two dispatchers aren't handed the same
one; a claim only steers who is handed what, the service alone refuses. Without Redis nobody is kept from anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from cases.clock.moment import now
from cases.models import Case
from cases.selectors.clues import waiting_ids
from cases.services.triage import UNDOABLE
from dispatch.web.access import actor_for
from teams.models import User

CLAIMED = 600
"""Seconds that a clue stays with the one who opened it; opening it again renews them."""
LOOKED_AT = 200
"""So many of the most pressing clues make up the line."""
KEPT = 20
_HELD, _DONE = "triage.held", "triage.done"


@dataclass(frozen=True, slots=True)
class Line:
    """``ids`` in the order they are handed out: pressing ones, then those held back in the order they were."""

    ids: list[int]
    held: frozenset[int]
    done: int
    last: dict[str, Any] | None

    def place(self, case_id: int) -> int:
        """1-based; 0 when the clue is not in the line."""
        return self.ids.index(case_id) + 1 if case_id in self.ids else 0

    def beside(self, case_id: int, step: int) -> int | None:
        """The clue before (-1) or after (+1) this one."""
        at = self.place(case_id) - 1 + step
        return self.ids[at] if self.place(case_id) and 0 <= at < len(self.ids) else None

    @property
    def share(self) -> int:
        """Hundredths of this sitting's work that are done."""
        return round(100 * self.done / (self.done + len(self.ids))) if self.done or self.ids else 0


def line_of(request: HttpRequest) -> Line:
    """The reader's line as it stands now."""
    waiting = waiting_ids(actor_for(request), size=LOOKED_AT)
    held = [pk for pk in request.session.get(_HELD, []) if pk in waiting]
    done = _done(request)
    return Line(
        [*(pk for pk in waiting if pk not in held), *held],
        frozenset(held),
        done["count"],
        done["last"][-1] if done["last"] else None,
    )


def next_of_line(request: HttpRequest, *, but: Iterable[int] = ()) -> int | None:
    """The first clue that no colleague has, claimed for the reader; None when there is none."""
    left_out = set(but)
    ids = [pk for pk in line_of(request).ids if pk not in left_out]
    me = request.user.pk
    taken = {key for key, who in cache.get_many([_key(pk) for pk in ids]).items() if who != me}
    return next((pk for pk in ids if _key(pk) not in taken and claim(request, pk) is None), None)


def claim(request: HttpRequest, case_id: int) -> User | None:
    """Take the clue; answers the colleague who has it already, then nothing is taken."""
    me, key = request.user.pk, _key(case_id)
    if cache.add(key, me, CLAIMED):
        return None
    holder = cache.get(key)
    if holder is None or holder == me:
        cache.set(key, me, CLAIMED)
        return None
    return User.objects.filter(pk=holder, is_active=True).first()


def let_go(request: HttpRequest, case_id: int) -> None:
    """Others may be handed it again."""
    if cache.get(_key(case_id)) == request.user.pk:
        cache.delete(_key(case_id))


def hold(request: HttpRequest, case_id: int) -> None:
    """To the end of one's own line; colleagues may be handed it meanwhile."""
    held = [pk for pk in request.session.get(_HELD, []) if pk != case_id]
    request.session[_HELD] = [*held, case_id][-LOOKED_AT:]
    let_go(request, case_id)


def decided(request: HttpRequest, case: Case, disposition: str) -> None:
    """Count it, remember it as the last one, give up what was claimed or held."""
    done = _done(request)
    entry = {"pk": case.pk, "reference": case.reference, "disposition": disposition}
    request.session[_DONE] = {
        "day": _today(),
        "count": done["count"] + 1,
        "last": [*(row for row in done["last"] if row["pk"] != case.pk), entry][-KEPT:],
    }
    request.session[_HELD] = [pk for pk in request.session.get(_HELD, []) if pk != case.pk]
    let_go(request, case.pk)


def undone(request: HttpRequest, case_id: int) -> None:
    """The last decision was taken back: it counts no more."""
    done = _done(request)
    left = [row for row in done["last"] if row["pk"] != case_id]
    if len(left) < len(done["last"]):
        request.session[_DONE] = {"day": _today(), "count": max(0, done["count"] - 1), "last": left}


def undoable(line: Line) -> dict[str, Any] | None:
    """The last decision, if the flow has a way back from it."""
    return line.last if line.last and line.last["disposition"] in UNDOABLE else None


def _done(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(_DONE)
    if isinstance(kept, dict) and kept.get("day") == _today():
        return kept
    return {"day": _today(), "count": 0, "last": []}


def _today() -> str:
    return timezone.localdate(now()).isoformat()


def _key(case_id: int) -> str:
    return f"triage:{case_id}"
