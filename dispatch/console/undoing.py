"""Taking the last act on the list back. Only by moves that the flow has; where it has none, the reason is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.clock.moment import now
from cases.models import Case
from cases.refusals import Refused
from cases.services import casefile, triage
from dispatch.web.access import actor_for
from teams.policies import Actor

KEY = "undo"
MINUTES = 30
"""Later the list has moved on: who wants it back opens the case."""

NO_WAY: Mapping[str, str | Promise] = {
    "accept": gettext_lazy(
        "Accepting can't be undone: its clock has ended and the resident can read it. Reject the case, or join it."
    ),
    "join": gettext_lazy("Joining can't be undone: the complaints have moved and the residents were told of it."),
    "urge": gettext_lazy("Urging can't be undone: the squads have their notice."),
}
REASON = gettext_lazy("Taken back by the person who rejected it.")


def remember(request: HttpRequest, slug: str, done: str, kept: Mapping[int, Any]) -> None:
    """Keep the last act of this person in the session: what it was, on which cases, and what an undo needs."""
    request.session[KEY] = {
        "act": slug,
        "done": done,
        "kept": {str(pk): value for pk, value in kept.items()},
        "at": now().timestamp(),
    }


def undo_words(request: HttpRequest) -> dict[str, Any] | None:
    """What the page offers to undo: the words of the act, and whether the flow has a way back."""
    last = _last(request)
    return {"done": last["done"], "way": last["act"] in WAYS} if last else None


def take_back(request: HttpRequest) -> tuple[list[tuple[str, str]], list[int]]:
    """Undo the last act: what is to be said, and the cases concerned. It can be asked for once."""
    last = _last(request)
    if last is None:
        return [("warning", _("There is nothing to undo."))], []
    if last["act"] in NO_WAY:
        return [("warning", str(NO_WAY[last["act"]]))], []
    del request.session[KEY]
    actor, way, said, done = actor_for(request), WAYS[last["act"]], [], 0
    found = {case.pk: case for case in Case.objects.visible_to(actor).filter(pk__in=[int(pk) for pk in last["kept"]])}
    for pk, case in sorted(found.items()):
        try:
            way(actor, case, last["kept"][str(pk)])
            done += 1
        except Refused as refused:
            said.append(("error", f"{case.reference}: {refused.message}"))
    if done:
        words = ngettext("Undone for %(n)s case.", "Undone for %(n)s cases.", done) % {"n": done}
        if last["act"] == "reject":
            words = f"{words} {_('It stands in triage again; the residents read it on their pages.')}"
        said.append(("success", words))
    return said, sorted(found)


def _last(request: HttpRequest) -> dict[str, Any] | None:
    last: dict[str, Any] | None = request.session.get(KEY)
    return last if last and now().timestamp() - last["at"] < MINUTES * 60 else None


def _unassign(actor: Actor, case: Case, kept: Any) -> None:
    before, given = kept
    if case.owner_id != given:
        raise Refused("moved_on", gettext_lazy("Somebody has given it into other hands since."))
    casefile.case_assign(actor=actor, case_id=case.pk, owner_id=before)


def _unreject(actor: Actor, case: Case, _kept: Any) -> None:
    triage.case_take_back(actor=actor, case_id=case.pk, reason=str(REASON))


WAYS: Mapping[str, Callable[[Actor, Case, Any], None]] = {"assign": _unassign, "reject": _unreject}
