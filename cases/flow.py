"""The four machines on one page. ``move()`` alone assigns a stage; docs/flow.md is generated from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseStage, Need, NeedState, Order, OrderState, Part, PartState
from cases.refusals import Refused


@dataclass(frozen=True, slots=True)
class Move:
    """From any of ``sources`` to ``target``. ``back`` marks a step back, which needs a written reason (GB/T 30428)."""

    sources: frozenset[str]
    target: str
    back: bool = False


def _move(*sources: str, to: str, back: bool = False) -> Move:
    return Move(frozenset(str(source) for source in sources), str(to), back)


C, N, O, P = CaseStage, NeedState, OrderState, PartState  # noqa: E741 - the four letters of this page only

CASE: Mapping[str, Move] = MappingProxyType(
    {
        "accept": _move(C.RECEIVED, to=C.ACCEPTED),
        "ask": _move(C.RECEIVED, C.ACCEPTED, to=C.ASKING),
        "resume": _move(C.ASKING, to=C.ACCEPTED),
        "reject": _move(C.RECEIVED, C.ACCEPTED, C.ASKING, to=C.REJECTED),
        "plan": _move(C.ACCEPTED, to=C.PLANNING),
        "mediate": _move(C.ACCEPTED, to=C.MEDIATING),
        "settle": _move(C.MEDIATING, to=C.CHECKING),
        "answer": _move(C.ACCEPTED, to=C.CLOSED),
        "transfer": _move(C.ACCEPTED, to=C.TRANSFERRED),
        "take_back": _move(C.TRANSFERRED, C.REJECTED, to=C.ACCEPTED, back=True),
        "return": _move(C.PLANNING, C.DISPATCHED, C.MEDIATING, to=C.ACCEPTED, back=True),
        "join": _move(C.RECEIVED, C.ACCEPTED, C.ASKING, C.PLANNING, C.DISPATCHED, to=C.JOINED),
        "dispatch": _move(C.PLANNING, C.RECTIFYING, to=C.DISPATCHED),
        "undispatch": _move(C.DISPATCHED, to=C.PLANNING, back=True),
        "visit": _move(C.DISPATCHED, to=C.VISITING),
        "revisit": _move(C.VISITING, C.RULING, to=C.PLANNING, back=True),
        "rule": _move(C.VISITING, to=C.RULING),
        "rectify": _move(C.RULING, to=C.RECTIFYING),
        "finish": _move(C.VISITING, C.RULING, C.RECTIFYING, to=C.CHECKING),
        "rework": _move(C.CHECKING, C.CLOSED, to=C.ACCEPTED, back=True),
        "close": _move(C.CHECKING, to=C.CLOSED),
        "withdraw": _move(C.RECEIVED, C.ACCEPTED, C.ASKING, to=C.CLOSED),
    }
)
NEED: Mapping[str, Move] = MappingProxyType(
    {
        "order": _move(N.OPEN, to=N.ORDERED),
        "release": _move(N.ORDERED, to=N.OPEN, back=True),
        "serve": _move(N.ORDERED, to=N.SERVED),
        "withdraw": _move(N.OPEN, N.ORDERED, to=N.WITHDRAWN),
    }
)
ORDER: Mapping[str, Move] = MappingProxyType(
    {
        "submit": _move(O.DRAFTED, to=O.TO_APPROVE),
        "approve": _move(O.TO_APPROVE, to=O.APPROVED),
        "send_back": _move(O.TO_APPROVE, to=O.DRAFTED, back=True),
        "revise": _move(O.APPROVED, to=O.TO_APPROVE),
        "issue": _move(O.APPROVED, to=O.ISSUED),
        "issue_first": _move(O.DRAFTED, O.TO_APPROVE, to=O.ISSUED),
        "acknowledge": _move(O.ISSUED, to=O.ACKNOWLEDGED),
        "reopen_call": _move(O.ACKNOWLEDGED, to=O.ISSUED),
        "report_in": _move(O.ISSUED, O.ACKNOWLEDGED, to=O.ON_SCENE),
        "close_visit": _move(O.ON_SCENE, to=O.RULING),
        "finish": _move(O.RULING, to=O.DONE),
        "cancel": _move(O.DRAFTED, O.TO_APPROVE, O.APPROVED, O.ISSUED, O.ACKNOWLEDGED, to=O.CANCELLED),
    }
)
PART: Mapping[str, Move] = MappingProxyType(
    {
        "call": _move(P.PLANNED, to=P.CALLED),
        "acknowledge": _move(P.CALLED, to=P.ACKNOWLEDGED),
        "return": _move(P.CALLED, P.ACKNOWLEDGED, to=P.RETURNED, back=True),
        "call_again": _move(P.RETURNED, to=P.CALLED),
        "report_in": _move(P.CALLED, P.ACKNOWLEDGED, to=P.ON_SCENE),
        "finish": _move(P.ON_SCENE, to=P.DONE),
        "miss": _move(P.CALLED, P.ACKNOWLEDGED, P.RETURNED, to=P.ABSENT),
        "release": _move(P.PLANNED, P.CALLED, P.ACKNOWLEDGED, P.RETURNED, to=P.RELEASED),
    }
)

MOVES: Mapping[str, Mapping[str, Move]] = MappingProxyType({"case": CASE, "need": NEED, "order": ORDER, "part": PART})

LIVE: frozenset[str] = frozenset(
    str(state) for state in (O.DRAFTED, O.TO_APPROVE, O.APPROVED, O.ISSUED, O.ACKNOWLEDGED)
)
"""States of a live order; the first report-in ends it. A test compares this with the partial index."""

BEFORE_VISIT: frozenset[str] = frozenset(
    str(stage) for stage in (C.RECEIVED, C.ACCEPTED, C.ASKING, C.PLANNING, C.DISPATCHED)
)
"""Case stages without a visit under way: only such a case may be joined to another."""

ENDED: frozenset[str] = frozenset(str(stage) for stage in (C.CLOSED, C.TRANSFERRED, C.REJECTED, C.JOINED))

_FIELDS: Mapping[type, tuple[str, str]] = {
    Case: ("case", "stage"),
    Need: ("need", "state"),
    Order: ("order", "state"),
    Part: ("part", "state"),
}
_STAGES: Mapping[type, type[TextChoices]] = {Case: C, Need: N, Order: O, Part: P}


def stage_of(subject: Case | Need | Order | Part) -> str:
    """Where the subject stands."""
    return str(getattr(subject, _FIELDS[type(subject)][1]))


def allowed(subject: Case | Need | Order | Part, action: str) -> bool:
    """Whether the table has this move from where the subject stands."""
    machine, _field = _FIELDS[type(subject)]
    return stage_of(subject) in MOVES[machine][action].sources


def sources_of(subject: Case | Need | Order | Part, action: str) -> list[str]:
    """The names of the stages from which the table has this move, in the order of the life they belong to."""
    machine, _field = _FIELDS[type(subject)]
    sources = MOVES[machine][action].sources
    return [str(stage.label) for stage in _STAGES[type(subject)] if stage.value in sources]


def move(subject: Case | Need | Order | Part, action: str, *, reason: str = "") -> str:
    """Assign the next stage in memory (the caller saves); returns the stage left.

    Raises ``Refused("wrong_stage")`` when the table has no such move from here, ``Refused("reason_needed")`` when a
    step back comes without a written reason, KeyError for an action the table doesn't know.
    """
    machine, field = _FIELDS[type(subject)]
    step = MOVES[machine][action]
    before = stage_of(subject)
    if before not in step.sources:
        raise Refused(
            "wrong_stage",
            _("This can't be done any more: it now stands at “%(stage)s”. The page shows the latest state.")
            % {"stage": getattr(subject, f"get_{field}_display")()},
            params={"machine": machine, "action": action, "stage": before},
        )
    if step.back and not reason.strip():
        raise Refused("reason_needed", _("A step back needs a written reason."), field="reason", status=422)
    setattr(subject, field, step.target)
    return before
