"""Who is told which field of a case, on which street: the table of docs/permissions.md.

Written by hand from DESIGN §3; ``tests/access`` puts signs into the rows of two streets and looks for them in every
page, answer of the API, exported list and grant of the stream that each of these people gets.
"""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "dispatcher": "dispatcher",
    "head": "head of office",
    "checker": "check-after officer",
    "dispatcher_elsewhere": "dispatcher of the other street",
    "supervisor": "district supervisor",
    "supervisor_elsewhere": "supervisor of another district",
    "auditor": "auditor",
    "leader": "squad leader, lead part",
    "officer": "officer, lead part",
    "auxiliary": "auxiliary, lead part",
    "joint": "officer, joint part",
    "officer_elsewhere": "officer, lead part on the other street",
    "uncalled": "officer of a squad without a part",
    "excused": "officer of a squad excused again",
    "left": "officer who left the squad yesterday",
    "technician": "laboratory with a commission",
    "technician_elsewhere": "laboratory with one on the other street",
    "grid_worker": "grid worker (another's report)",
    "system_admin": "system administrator",
    "security_admin": "security administrator",
    "nobody": "account without a role",
    "anonymous": "nobody signed in",
}
"""The matrix's name → who that is. The own street is the first one's."""

_DESK = {
    "dispatcher": "own",
    "head": "own",
    "checker": "own",
    "dispatcher_elsewhere": "other",
    "supervisor": "both",
    "auditor": "both",
}
_OFFICE = {name: _DESK[name] for name in ("dispatcher", "head", "dispatcher_elsewhere")}
_CALLED = {"leader": "own", "officer": "own", "auxiliary": "own", "joint": "own", "officer_elsewhere": "other"}
_LABORATORY = {"technician": "own", "technician_elsewhere": "other"}

FIELDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "name": ("name in clear", {}),
    "phone": ("phone in clear", {}),
    "masked phone": ("phone, masked", _DESK),
    "words": ("what was written", _DESK),
    "flat": ("the flat", _DESK),
    "point": ("the point sent", _DESK),
    "photo": ("photos, shown copy", _DESK),
    "veiled photo": ("photos, veiled copy", _OFFICE | _CALLED),
    "original": ("photos, original", {}),
    "brief": ("the office's brief", _DESK | _CALLED),
    "case": ("number of the case", _DESK | _CALLED),
    "order": ("number of the order", _DESK | _CALLED | _LABORATORY),
    "party": ("the party's name", _DESK | _CALLED | _LABORATORY),
}
"""Field → its words, and for whom on which street: ``own``, ``other`` or ``both``."""


BY_API_ALONE: Mapping[str, frozenset[str]] = {
    "point": frozenset(PEOPLE),
    "case": frozenset(_CALLED),
    "order": frozenset(_LABORATORY),
    "party": frozenset(_LABORATORY),
}
"""Field → whom no page tells it: once the party is known its own place is shown; squads go by the order's number; to
a laboratory the sample alone."""


NUMBERS_TO_HAND_OVER: Mapping[str, frozenset[str]] = {
    "console:admin_person_close": frozenset({"case", "order"}),
    "console:admin_squad": frozenset({"order"}),
}
"""Who closes an account or dissolves a squad reads the bare numbers of what has to be handed over or ended first."""


def may_be_told(role: str, name: str, street: str) -> bool:
    return FIELDS[name][1].get(role, "") in (street, "both")
