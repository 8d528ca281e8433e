"""Who holds which right, and where. Written out by hand: ``cases/policies.py`` must say the same, and no more."""

from __future__ import annotations

from collections.abc import Mapping

STREET, SQUAD, ANYWHERE = "street", "squad", "anywhere"

OFFICE = "dispatcher office_head"
OFFICE_AND_CHECKERS = "dispatcher office_head checker"
OFFICERS = "squad_leader officer"
WHOLE_SQUAD = "squad_leader officer auxiliary"

HOLDERS: Mapping[str, tuple[str, str]] = {
    # the office, on its own streets
    "complaint.take": (OFFICE, STREET),
    "complaint.line": (OFFICE_AND_CHECKERS, STREET),
    "identity.reveal": (OFFICE_AND_CHECKERS, STREET),
    "identity.export": ("office_head", STREET),
    "identity.erase": ("security_admin", ANYWHERE),
    "case.accept": (OFFICE, STREET),
    "case.triage": (OFFICE, STREET),
    "case.reject": (OFFICE, STREET),
    "case.join": (OFFICE, STREET),
    "case.assign": (OFFICE, STREET),
    "case.note": (OFFICE_AND_CHECKERS, STREET),
    "photo.share": (OFFICE, STREET),
    "case.return": (OFFICE, STREET),
    "case.check_after": (OFFICE_AND_CHECKERS, STREET),
    "case.close": (OFFICE_AND_CHECKERS, STREET),
    "case.rework": (OFFICE, STREET),
    "target.edit": (OFFICE, STREET),
    "order.draft": (OFFICE, STREET),
    "order.approve": ("office_head", STREET),
    "order.issue": (OFFICE, STREET),
    "order.cancel": (OFFICE, STREET),
    "order.change": (OFFICE, STREET),
    "part.urge": (OFFICE, STREET),
    "import.run": (OFFICE, STREET),
    "plan.publish": (OFFICE, STREET),
    # the squads, for their own parts; an auxiliary neither inspects nor rules
    "part.acknowledge": (OFFICERS, SQUAD),
    "part.return": (OFFICERS, SQUAD),
    "visit.report_in": (OFFICERS, SQUAD),
    "visit.answer": (OFFICERS, SQUAD),
    "visit.photo": (WHOLE_SQUAD, SQUAD),
    "visit.close": (OFFICERS, SQUAD),
    "task.handle": (WHOLE_SQUAD, SQUAD),
    "lab.commission": (OFFICERS, SQUAD),
    "lab.report": ("lab_technician", SQUAD),
    "finding.add": (OFFICERS, SQUAD),
    "ruling.issue": (OFFICERS, SQUAD),
    "patrol.record": (OFFICERS, SQUAD),
    # the grid
    "alert.send": ("grid_worker", STREET),
    # those who look on: the district reads, the administrator of the system sees messages and no case
    "case.export": ("dispatcher office_head supervisor auditor", ANYWHERE),
    "message.view": ("system_admin auditor", ANYWHERE),
    "message.retry": ("system_admin", ANYWHERE),
    "district.view": ("supervisor auditor", ANYWHERE),
    # administration: the system administrator makes, the security administrator grants, the auditor reads
    "leave.manage": ("office_head", STREET),
    "duty.manage": ("office_head", STREET),
    "ground.view": ("system_admin security_admin auditor office_head", ANYWHERE),
    "ground.edit": ("system_admin", ANYWHERE),
    "catalogue.edit": ("system_admin", ANYWHERE),
    "duty.manage_all": ("system_admin", ANYWHERE),
    "staff.edit": ("system_admin", ANYWHERE),
    "leave.record": ("system_admin security_admin", ANYWHERE),
    "role.grant": ("security_admin", ANYWHERE),
    "factor.reset": ("security_admin", ANYWHERE),
    "door.manage": ("security_admin", ANYWHERE),
    "history.view": ("system_admin security_admin auditor", ANYWHERE),
}
