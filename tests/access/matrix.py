"""The access matrix: what every address answers to everybody, for an object of the own street and of another one.

Thought out from DESIGN §3 and §4, not copied from what the server says:
strangers to a row get 404, insiders without the right 403, nobody logged in is led to the login;
a face that is not somebody's work is 403 as a whole, so that it tells nothing about its rows.
``ok`` is anything that is not login, 403, 404 or an error of the server (a refused form is ok: they may try).

A table's line: who, the answer for the own street's object, the answer for the other street's object.
Addresses without an object have one column. Every role stands in every table; a missing one fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROLES = (
    "anonymous",
    "dispatcher",
    "head",
    "checker",
    "leader",  # of the street's team, which leads the visit
    "officer",  # of the street's team, on the visit
    "joint",  # of a joint squad, on the visit of the own street
    "uncalled",  # of a squad that serves both streets and was called to neither order
    "excused",  # of a squad that was called and released again
    "auxiliary",  # of the street's team
    "technician",  # of the laboratory with the own street's commission
    "technician_elsewhere",  # of the laboratory with the other street's commission
    "grid_worker",
    "supervisor",  # of the district of both streets
    "supervisor_elsewhere",
    "auditor",
    "system_admin",
    "dispatcher_elsewhere",  # of the other street
    "officer_elsewhere",  # of the other street's team, which leads the visit there
    "left",  # was in the street's team until yesterday
    "nobody",  # an account without any role
    "security_admin",  # where a table does not name this one, it is answered like system_admin
)

TABLES: Mapping[str, str] = {
    # --- pages about one row, at the desk ---
    "a row is read at the desk": """
        anonymous            login login
        dispatcher           ok    404
        head                 ok    404
        checker              ok    404
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           ok    ok
        supervisor_elsewhere 404   404
        auditor              ok    ok
        system_admin         404   404
        dispatcher_elsewhere 404   ok
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
    """,
    "the office acts": """
        anonymous            login login
        dispatcher           ok    404
        head                 ok    404
        checker              403   404
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   ok
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
    """,
    "the office and its checkers act": """
        anonymous            login login
        dispatcher           ok    404
        head                 ok    404
        checker              ok    404
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   ok
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
    """,
    "the head approves": """
        anonymous            login login
        dispatcher           403   404
        head                 ok    404
        checker              403   404
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
    """,
    # --- pages about one row, in the field ---
    "the lead squad reads its part": """
        anonymous            login login
        dispatcher           403   404
        head                 403   404
        checker              403   404
        leader               ok    404
        officer              ok    404
        joint                403   404
        uncalled             404   404
        excused              404   404
        auxiliary            ok    404
        technician           404   404
        technician_elsewhere 404   404
        grid_worker          404   404
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    404   ok
        left                 404   404
        nobody               404   404
    """,
    "the lead squad's officers act": """
        anonymous            login login
        dispatcher           403   404
        head                 403   404
        checker              403   404
        leader               ok    404
        officer              ok    404
        joint                403   404
        uncalled             404   404
        excused              404   404
        auxiliary            403   404
        technician           404   404
        technician_elsewhere 404   404
        grid_worker          404   404
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    404   ok
        left                 404   404
        nobody               404   404
    """,
    "the joint squad's officers act": """
        anonymous            login login
        dispatcher           403   404
        head                 403   404
        checker              403   404
        leader               403   404
        officer              403   404
        joint                ok    404
        uncalled             404   404
        excused              404   404
        auxiliary            403   404
        technician           404   404
        technician_elsewhere 404   404
        grid_worker          404   404
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    404   403
        left                 404   404
        nobody               404   404
    """,
    "the task's squad acts": """
        anonymous            login login
        dispatcher           403   404
        head                 403   404
        checker              403   404
        leader               ok    404
        officer              ok    404
        joint                404   404
        uncalled             404   404
        excused              404   404
        auxiliary            ok    404
        technician           404   404
        technician_elsewhere 404   404
        grid_worker          404   404
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    404   ok
        left                 404   404
        nobody               404   404
    """,
    "the laboratory reports": """
        anonymous            login login
        dispatcher           403   404
        head                 403   404
        checker              403   404
        leader               403   404
        officer              403   404
        joint                403   404
        uncalled             404   404
        excused              404   404
        auxiliary            403   404
        technician           ok    404
        technician_elsewhere 404   ok
        grid_worker          404   404
        supervisor           403   403
        supervisor_elsewhere 404   404
        auditor              403   403
        system_admin         404   404
        dispatcher_elsewhere 404   403
        officer_elsewhere    404   403
        left                 404   404
        nobody               404   404
    """,
    # --- pages without an object ---
    "the desk": """
        anonymous            login
        dispatcher           ok
        head                 ok
        checker              ok
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           ok
        supervisor_elsewhere ok
        auditor              ok
        system_admin         ok
        dispatcher_elsewhere ok
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "the office": """
        anonymous            login
        dispatcher           ok
        head                 ok
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere ok
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "the head": """
        anonymous            login
        dispatcher           403
        head                 ok
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "those who look on": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           ok
        supervisor_elsewhere ok
        auditor              ok
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "lists are taken out": """
        anonymous            login
        dispatcher           ok
        head                 ok
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           ok
        supervisor_elsewhere ok
        auditor              ok
        system_admin         403
        dispatcher_elsewhere ok
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "the auditor": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              ok
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "one's own alone": """
        anonymous            login login
        dispatcher           ok    404
        head                 404   404
        checker              404   404
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           404   404
        supervisor_elsewhere 404   404
        auditor              404   404
        system_admin         404   404
        dispatcher_elsewhere 404   ok
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       404   404
    """,
    "messages are read": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              ok
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       403
    """,
    "messages are retried": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       403
    """,
    "the field": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               ok
        officer              ok
        joint                ok
        uncalled             ok
        excused              ok
        auxiliary            ok
        technician           ok
        technician_elsewhere ok
        grid_worker          ok
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    ok
        left                 403
        nobody               403
    """,
    "officers": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               ok
        officer              ok
        joint                ok
        uncalled             ok
        excused              ok
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    ok
        left                 403
        nobody               403
    """,
    "laboratories": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           ok
        technician_elsewhere ok
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    "grid workers": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          ok
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
    """,
    # --- administration: one makes, one grants, one reads; a head of office sees the own street's people ---
    "administration is read": """
        anonymous            login
        dispatcher           403
        head                 ok
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              ok
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       ok
    """,
    "the history is read": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              ok
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       ok
    """,
    "the security administrator makes": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       ok
    """,
    "who asks for their data is served": """
        anonymous            login
        dispatcher           403
        head                 ok
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         403
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       ok
    """,
    "the system administrator makes": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       403
    """,
    "either administrator invites": """
        anonymous            login
        dispatcher           403
        head                 403
        checker              403
        leader               403
        officer              403
        joint                403
        uncalled             403
        excused              403
        auxiliary            403
        technician           403
        technician_elsewhere 403
        grid_worker          403
        supervisor           403
        supervisor_elsewhere 403
        auditor              403
        system_admin         ok
        dispatcher_elsewhere 403
        officer_elsewhere    403
        left                 403
        nobody               403
        security_admin       ok
    """,
    "a person is read": """
        anonymous            login login
        dispatcher           403   403
        head                 ok    404
        checker              403   403
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 403   403
        auditor              ok    ok
        system_admin         ok    ok
        dispatcher_elsewhere 403   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       ok    ok
    """,
    "the system administrator makes of a person": """
        anonymous            login login
        dispatcher           403   403
        head                 403   403
        checker              403   403
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 403   403
        auditor              403   403
        system_admin         ok    ok
        dispatcher_elsewhere 403   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       403   403
    """,
    "the security administrator makes of a person": """
        anonymous            login login
        dispatcher           403   403
        head                 403   403
        checker              403   403
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 403   403
        auditor              403   403
        system_admin         403   403
        dispatcher_elsewhere 403   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       ok    ok
    """,
    "leave is managed": """
        anonymous            login login
        dispatcher           403   403
        head                 ok    404
        checker              403   403
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 403   403
        auditor              403   403
        system_admin         ok    ok
        dispatcher_elsewhere 403   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       ok    ok
    """,
    "the rota is kept": """
        anonymous            login login
        dispatcher           403   403
        head                 ok    403
        checker              403   403
        leader               403   403
        officer              403   403
        joint                403   403
        uncalled             403   403
        excused              403   403
        auxiliary            403   403
        technician           403   403
        technician_elsewhere 403   403
        grid_worker          403   403
        supervisor           403   403
        supervisor_elsewhere 403   403
        auditor              403   403
        system_admin         ok    ok
        dispatcher_elsewhere 403   403
        officer_elsewhere    403   403
        left                 403   403
        nobody               403   403
        security_admin       403   403
    """,
    "staff": "anonymous login | everybody else ok",
    "everybody": "everybody ok",
}


@dataclass(frozen=True, slots=True)
class Route:
    """``subject``: the kind of row that fills the address, empty without one. A route may stand here for several."""

    name: str
    methods: str
    table: str
    subject: str = ""


def _acts(table: str, subject: str, prefix: str, slugs: str) -> tuple[Route, ...]:
    return tuple(Route(f"{prefix}{slug}", "GET POST", table, subject) for slug in slugs.split())


def _made(slugs: str, subject: str) -> tuple[Route, ...]:
    """What only the system administrator makes or changes."""
    return tuple(
        Route(f"console:admin_{slug}", "GET POST", "the system administrator makes", subject) for slug in slugs.split()
    )


ROUTES: tuple[Route, ...] = (
    Route("healthz", "GET", "everybody"),
    Route("readyz", "GET", "everybody"),
    Route("metrics", "GET", "everybody"),
    Route("set_language", "POST", "everybody"),
    Route("appearance_set", "POST", "everybody"),
    Route("map_ground", "GET", "everybody"),
    Route("session_alive", "GET", "everybody"),
    Route("landing", "GET", "staff"),
    Route("api:schema", "GET", "everybody"),
    Route("api:docs", "GET", "everybody"),
    # console
    Route("console:board", "GET", "the desk"),
    Route("console:queue", "GET", "the desk", "queue"),
    Route("console:newcomers", "GET", "the desk", "queue"),
    Route("console:rows", "GET", "the desk", "queue"),
    Route("console:rail", "GET", "the desk"),
    *(Route(f"console:bulk_{act}", "POST", "the office") for act in ["accept", "assign", "urge", "join", "reject"]),
    Route("console:undo", "POST", "the office"),
    Route("console:export", "POST", "lists are taken out"),
    Route("console:exports", "GET", "the auditor"),
    Route("console:views", "GET", "the desk"),
    Route("console:view_change", "POST", "one's own alone", "view"),
    Route("console:palette", "GET", "the desk"),
    Route("console:case", "GET", "a row is read at the desk", "case"),
    Route("console:preview", "GET", "a row is read at the desk", "case"),
    Route("console:case_near", "GET", "a row is read at the desk", "case"),
    Route("console:case_photo", "GET POST", "the office acts", "photo"),
    Route("console:presence", "POST", "the office and its checkers act", "case"),
    Route("console:triage_first", "GET", "the office"),
    Route("console:triage", "GET POST", "the office acts", "case"),
    Route("console:triage_agencies", "GET", "the office acts", "case"),
    Route("console:triage_parties", "GET", "the office acts", "case"),
    Route("console:triage_brief", "POST", "the office acts", "case"),
    Route("console:triage_hold", "POST", "the office acts", "case"),
    Route("console:triage_undo", "POST", "the office"),
    Route("console:lab_cancel", "GET POST", "the office acts", "test"),
    *_acts("the office acts", "case", "console:case_", "accept reject ask resume return take-back join settle split"),
    *_acts("the office and its checkers act", "case", "console:case_", "note check-after close"),
    *_acts("the office and its checkers act", "complaint", "console:complaint_", "line reveal"),
    Route("console:feedback", "GET", "the desk"),
    Route("console:feedback_decide", "GET POST", "the office acts", "rating"),
    Route("console:plan", "GET", "the desk"),
    Route("console:what_if", "GET", "the desk"),
    Route("console:ledger", "GET", "the desk"),
    Route("console:day", "GET", "the desk"),
    Route("console:night", "GET", "the desk"),
    Route("console:day_make", "POST", "the office"),
    *(Route(f"console:day_{act}", "POST", "the office acts", "day plan") for act in ("confirm", "insert", "move")),
    Route("console:day_points", "GET", "a row is read at the desk", "day plan"),
    Route("console:day_team", "GET POST", "the office acts", "day plan"),
    Route("console:order_open", "GET POST", "the office acts", "party"),
    Route("console:orders", "GET", "the desk"),
    Route("console:order_bulk_submit", "POST", "the office"),
    Route("console:order_bulk_approve", "POST", "the head"),
    Route("console:order_bulk_issue", "POST", "the office"),
    Route("console:order", "GET", "a row is read at the desk", "order"),
    *_acts("the office acts", "order", "console:order_", "submit issue cancel change-target"),
    *_acts("the head approves", "order", "console:order_", "approve send-back"),
    *_acts("the office acts", "lead part", "console:part_", "urge call-again reassign release"),
    Route("console:parties", "GET", "the desk"),
    Route("console:party_export", "GET", "the desk"),
    Route("console:party_new", "GET POST", "the office"),
    Route("console:party_alike", "GET", "the office"),
    Route("console:party", "GET", "a row is read at the desk", "party"),
    Route("console:party_map", "GET", "the desk"),
    Route("console:party_points", "GET", "the desk"),
    Route("console:party_files", "GET POST", "the office"),
    Route("console:party_file", "GET POST", "the office acts", "party file"),
    Route("console:party_file_progress", "GET", "the office acts", "party file"),
    Route("console:party_file_choose", "POST", "the office acts", "party file"),
    Route("console:party_file_refused", "GET", "the office acts", "party file"),
    Route("console:year_plans", "GET POST", "the office"),
    Route("console:year_plan", "GET POST", "the office acts", "year plan"),
    Route("console:year_plan_progress", "GET", "the office acts", "year plan"),
    Route("console:year_plan_publish", "POST", "the office acts", "year plan"),
    Route("console:year_plan_withdraw", "GET POST", "the office acts", "year plan"),
    Route("console:year_plan_refused", "GET", "the office acts", "year plan"),
    Route("console:party_doubles", "GET", "the desk"),
    Route("console:party_doubles_look", "POST", "the office"),
    Route("console:party_different", "POST", "the office"),
    Route("console:party_merge", "GET POST", "the office acts", "party"),
    Route("console:party_edit", "GET POST", "the office acts", "party"),
    Route("console:intake", "GET POST", "the office"),
    Route("console:intake_parties", "GET", "the office"),
    Route("console:intake_addresses", "GET", "the office"),
    Route("console:intake_alike", "POST", "the office"),
    Route("console:imports", "GET POST", "the office"),
    Route("console:import", "GET POST", "the office acts", "import"),
    Route("console:import_refused", "GET", "the office acts", "import"),
    Route("console:import_progress", "GET", "the office acts", "import"),
    Route("console:search", "GET POST", "the desk"),
    Route("console:search_live", "POST", "the desk"),
    Route("console:notices", "GET", "the desk"),
    Route("console:notices_read", "POST", "the desk"),
    Route("console:messages", "GET", "messages are read"),
    Route("console:message_retry", "POST", "messages are retried", "any number"),
    Route("console:outbox_retry", "POST", "messages are retried", "any number"),
    Route("console:map", "GET", "the desk"),
    Route("console:map_points", "GET", "the desk"),
    Route("console:reports", "GET", "the desk"),
    Route("console:district", "GET", "those who look on"),
    # administration
    Route("invitation", "GET POST", "everybody", "token"),
    Route("console:admin_home", "GET", "administration is read"),
    Route("console:admin_history", "GET", "the history is read"),
    Route("console:admin_persons", "GET POST", "who asks for their data is served"),
    Route("console:admin_tokens", "GET", "the history is read"),
    Route("console:admin_token", "GET", "the history is read", "API token"),
    Route("console:admin_token_new", "GET POST", "the security administrator makes"),
    Route("console:admin_token_revoke", "GET POST", "the security administrator makes", "API token"),
    Route("console:admin_webhooks", "GET", "the history is read"),
    Route("console:admin_webhook", "GET", "the history is read", "webhook"),
    Route("console:admin_webhook_new", "GET POST", "the security administrator makes"),
    *(
        Route(f"console:admin_webhook_{act}", "GET POST", "the security administrator makes", "webhook")
        for act in ("edit", "pause", "secret", "remove")
    ),
    Route("console:admin_webhook_test", "POST", "the security administrator makes", "webhook"),
    Route("console:admin_delivery_retry", "POST", "the security administrator makes", "delivery"),
    Route("console:admin_people", "GET", "administration is read"),
    Route("console:admin_person_new", "GET POST", "the system administrator makes"),
    Route("console:admin_person", "GET", "a person is read", "person"),
    Route("console:admin_person_edit", "GET POST", "the system administrator makes of a person", "person"),
    Route("console:admin_person_invite", "GET POST", "the security administrator makes of a person", "person"),
    Route("console:admin_person_invite", "GET POST", "either administrator invites", "newcomer"),
    Route("console:admin_person_close", "GET POST", "the system administrator makes of a person", "person"),
    Route("console:admin_person_reopen", "GET POST", "the system administrator makes of a person", "person"),
    Route("console:admin_person_sign_out", "GET POST", "the security administrator makes of a person", "person"),
    Route("console:admin_person_reset", "GET POST", "the security administrator makes of a person", "person"),
    Route("console:admin_role_new", "GET POST", "the security administrator makes of a person", "person"),
    Route("console:admin_role_end", "GET POST", "the security administrator makes of a person", "role"),
    Route("console:admin_certificate_new", "GET POST", "the system administrator makes of a person", "person"),
    Route("console:admin_certificate_renew", "GET POST", "the system administrator makes of a person", "certificate"),
    Route("console:admin_certificate_revoke", "GET POST", "the system administrator makes of a person", "certificate"),
    Route("console:admin_leave_new", "GET POST", "leave is managed", "person"),
    Route("console:admin_leave_end", "GET POST", "leave is managed", "leave"),
    Route("console:admin_squads", "GET", "administration is read"),
    Route("console:admin_squad_new", "GET POST", "the system administrator makes"),
    Route("console:admin_squad", "GET", "administration is read", "squad"),
    Route("console:admin_squad_edit", "GET POST", "the system administrator makes", "squad"),
    Route("console:admin_squad_dissolve", "GET POST", "the system administrator makes", "squad"),
    Route("console:admin_formation", "GET", "administration is read", "street"),
    Route("console:admin_agencies", "GET", "administration is read"),
    Route("console:admin_agency_new", "GET POST", "the system administrator makes"),
    Route("console:admin_agency", "GET", "administration is read", "agency"),
    Route("console:admin_agency_edit", "GET POST", "the system administrator makes", "agency"),
    Route("console:admin_agency_close", "GET POST", "the system administrator makes", "agency"),
    Route("console:admin_powers", "GET", "administration is read"),
    Route("console:admin_power_new", "GET POST", "the system administrator makes"),
    Route("console:admin_power", "GET", "administration is read", "power"),
    Route("console:admin_power_change", "GET POST", "the system administrator makes", "power"),
    Route("console:admin_power_end", "GET POST", "the system administrator makes", "power"),
    Route("console:admin_duty", "GET", "administration is read"),
    Route("console:admin_duty_week", "GET", "administration is read", "rota"),
    Route("console:admin_duty_week", "POST", "the rota is kept", "office rota"),
    Route("console:admin_duty_copy", "POST", "the rota is kept", "office rota"),
    Route("console:admin_calendar", "GET", "administration is read"),
    Route("console:admin_calendar_new", "GET POST", "the system administrator makes"),
    Route("console:admin_calendar_remove", "POST", "the system administrator makes", "day"),
    Route("console:admin_areas", "GET", "administration is read"),
    *_made("area_file district_new", ""),
    *_made("district_edit street_new", "district"),
    *_made("street_edit community_new", "street"),
    *_made("community_edit grid_new", "community"),
    *_made("grid_edit grid_end grid_replace", "grid"),
    Route("console:admin_categories", "GET POST", "administration is read"),
    Route("console:admin_category", "GET", "administration is read", "category"),
    *_made("category_new item_new", ""),
    *_made("category_edit category_words", "category"),
    Route("console:admin_items", "GET", "administration is read"),
    Route("console:admin_item", "GET", "administration is read", "item"),
    *_made("item_edit item_replace item_end limit_new basis_new", "item"),
    *_made("basis_confirm basis_end", "basis"),
    Route("console:admin_clocks", "GET", "administration is read"),
    *_made("clock", "clock"),
    *_made("clock_withdraw", "rule"),
    Route("console:admin_texts", "GET", "administration is read"),
    *_made("setting", "setting"),
    *_made("text", "text"),
    Route("console:wall", "GET", "the desk"),
    # field
    Route("field:today", "GET", "the field"),
    Route("field:whistle", "GET", "the field"),
    Route("field:photo", "POST", "the field"),
    Route("field:manifest", "GET", "everybody"),
    Route("field:worker", "GET", "everybody"),
    Route("field:offline", "GET", "everybody"),
    Route("field:record", "GET", "the lead squad reads its part", "lead part"),
    Route("field:record", "POST", "the lead squad's officers act", "lead part"),
    Route("field:notices", "GET", "the field"),
    Route("field:notices_read", "POST", "the field"),
    Route("field:me", "GET", "the field"),
    Route("field:order", "GET", "the field", "any number"),
    Route("field:part", "GET", "the lead squad reads its part", "lead part"),
    Route("field:part", "GET", "the joint squad's officers act", "joint part"),
    Route("field:visit", "GET", "the lead squad reads its part", "lead part"),
    Route("field:photos", "POST", "the lead squad reads its part", "lead part"),
    Route("field:acknowledge", "POST", "the lead squad's officers act", "lead part"),
    Route("field:return", "GET POST", "the lead squad's officers act", "lead part"),
    Route("field:arrive", "GET POST", "the lead squad's officers act", "lead part"),
    Route("field:arrive", "GET POST", "the joint squad's officers act", "joint part"),
    Route("field:arrive", "GET POST", "the task's squad acts", "task part"),
    Route("field:finding_add", "GET POST", "the lead squad's officers act", "lead part"),
    Route("field:finish", "POST", "the lead squad's officers act", "lead part"),
    Route("field:finish", "POST", "the joint squad's officers act", "joint part"),
    Route("field:close", "GET POST", "the lead squad's officers act", "lead part"),
    Route("field:task", "GET POST", "the task's squad acts", "task part"),
    Route("field:item", "POST", "the lead squad's officers act", "lead item"),
    Route("field:item", "POST", "the joint squad's officers act", "joint item"),
    Route("field:sample", "POST", "the joint squad's officers act", "joint item"),
    Route("field:sample_off", "GET POST", "the joint squad's officers act", "joint item"),
    Route("field:finding", "GET POST", "the lead squad's officers act", "finding"),
    Route("field:labs", "GET", "laboratories"),
    Route("field:lab", "GET POST", "the laboratory reports", "test"),
    Route("field:patrol", "GET POST", "officers"),
    Route("field:parties", "GET", "officers"),
    Route("field:alert", "GET POST", "grid workers"),
    # portal: whoever holds the link of a report may read it
    Route("portal:home", "GET", "everybody"),
    Route("portal:lookup", "GET POST", "everybody"),
    Route("portal:report", "GET POST", "everybody"),
    Route("portal:privacy", "GET", "everybody"),
    Route("portal:photos", "POST", "everybody"),
    Route("portal:where", "GET POST", "everybody"),
    Route("portal:parties", "GET", "everybody"),
    Route("portal:send", "GET POST", "everybody"),
    Route("portal:done", "GET", "everybody"),
    Route("portal:clear", "GET POST", "everybody"),
    Route("portal:private", "GET POST", "everybody", "private link"),
    Route("portal:withdraw", "GET POST", "everybody", "private link"),
    Route("portal:private_photos", "POST", "everybody", "private link"),
    Route("portal:slip", "GET", "everybody", "private link"),
    Route("portal:code", "GET", "everybody", "private link"),
)

PREFIXES: Mapping[str, str] = {
    "accounts/": "the account pages of django-allauth: own sessions and second factors; nobody can sign up",
    "api/v1/": "operations of the API, by token: tests/api/test_access.py walks them for every role",
    "admin/": "Django's administration: only people marked for it (is_staff); none of the roles above is enough",
}
"""Addresses that other packages bring. Each rule has tests of its own."""


def answers(table: str) -> dict[str, tuple[str, ...]]:
    """Role → one answer for each column."""
    found: dict[str, tuple[str, ...]] = {}
    for line in TABLES[table].replace("|", "\n").strip().splitlines():
        *who, answer = line.split() if line.strip().startswith("everybody") else ["", line]
        if who and who[0] == "everybody":
            found |= {role: (answer,) for role in ROLES if role not in found}
            continue
        role, *cells = line.split()
        found[role] = tuple(cells)
    found.setdefault("security_admin", found["system_admin"])
    return found
