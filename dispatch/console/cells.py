"""The cells of a row of the board, written straight: a page that nobody has seen yet draws a hundred of them.

No time, no person, no token in here: they are kept (``dispatch.console.rows``). What comes from a column is escaped.
"""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _

from cases.models import CaseStage
from cases.selectors.board import OrderGlance
from cases.selectors.boardrows import CaseRow
from cases.selectors.nextstep import Step, step_of
from dispatch.web.links import numbered
from dispatch.web.templatetags.look import icon, light, moment, squads, until

NEXT = "<!--next-->"
"""Stands in a fragment before its last cell: a row that left its queue says so there."""
OFFICE_CODES = frozenset({"accept", "triage", "open_order", "submit", "approve", "issue", "urge", "reassign"})
KEYS = {"triage": "t", "open_order": "g", "issue": "s", "submit": "s"}


def cells(case: CaseRow, order: OrderGlance | None, *, office: bool, checks: bool, closes: bool) -> str:
    """All cells; ``office``, ``checks``, ``closes``: what the reader does (``dispatch.console.rows.Role``)."""
    step, pk = step_of(case, order), case.pk
    acts = office and step.code in OFFICE_CODES
    theirs = (step.code == "check_after" and checks) or (step.code == "close" and closes)
    link, reference = escape(numbered("console:case", pk)), escape(case.reference)
    choose = _("Choose %(reference)s") % {"reference": reference}
    parts = order.parts if order else None
    nobody = f'<span class="muted small">{_("nobody sent yet")}</span>'
    source = escape(case.source_words)
    pick = f'name="pick" value="{pk}" id="pick-{pk}" form="bulk-form" data-pick aria-label="{choose}"'
    return f"""
<td><input type="checkbox" {pick}></td>
<td>{_deadline(case)}</td>
<td>{_subject(case, link, reference)}</td>
<td>{_place(case, link)}</td>
<td>{squads(parts) if parts else nobody}</td>
<td><div class="l1 cut" title="{source}">{source}</div><span class="l2">{moment(case.opened_at)}</span></td>
{_repeats(case.complaint_count)}
{NEXT}<td>{_next(case, order, step, link, office=office, acts=acts, theirs=theirs)}{_owner(case.owner)}</td>
"""


def _deadline(case: CaseRow) -> str:
    paused = case.stage == CaseStage.ASKING and case.due_at is None
    none = "" if case.due_at or paused else '<span class="soft">–</span>'
    if case.due_kind:
        words = f'{escape(case.due_words)}·<wbr><span class="nw">{until(case.due_at)}</span>'
    else:
        words = escape(str(CaseStage(case.stage).label))
    shown = light(case.due_at, warn=case.warn_at, paused=paused, filled=True)
    return f'<div class="l1">{shown}{none}</div><span class="l2">{words}</span>'


def _subject(case: CaseRow, link: str, reference: str) -> str:
    """The category, or what was said while there is none; severity and reference below."""
    if case.category_id:
        category = escape(case.category)
        head, code = f'<b title="{category}">{category}</b>', f"·{escape(case.code or '')}"
    else:
        said = escape(case.title) if case.target_id and case.title != case.target_name else _("category open")
        title = f' title="{escape(case.title)}"' if case.target_id else ""
        head, code = f'<span class="muted"{title}>{said}</span>', ""
    severity = f'<span class="sev sev-{escape(case.severity.lower())}">{escape(case.severity)}</span>'
    below = f'{severity} <a class="plain" href="{link}" tabindex="-1">{reference}</a>{code}'
    return f'<div class="l1 cut">{head}</div><span class="l2">{below}</span>'


def _place(case: CaseRow, link: str) -> str:
    name = f"<b>{escape(case.target_name or '')}</b>" if case.target_id else escape(case.title)
    where = escape(case.target_address or case.address or case.street)
    grid = f"·{escape(case.grid)}" if case.grid else ""
    opens = f'<a data-open id="open-{case.pk}" href="{link}">{name}</a>'
    return f'<div class="l1 cut">{opens}</div><span class="l2 cut">{where}{grid}</span>'


def _repeats(count: int) -> str:
    if count > 1:
        words = f'<span class="vh"> {_("complaints")}</span>'
        return f'<td><span class="rep">{icon("copy")}{count}{words}</span></td>'
    return '<td class="none"><span class="soft">–</span></td>'


def _next(
    case: CaseRow, order: OrderGlance | None, step: Step, link: str, *, office: bool, acts: bool, theirs: bool
) -> str:
    label = escape(step.label)
    if acts and step.code == "accept":
        return f'<button class="link" form="bulk-form" name="only" value="{case.pk}" data-key="a">{label}</button>'
    key = f' data-key="{KEYS[step.code]}"' if acts and step.code in KEYS else ""
    to = escape(step_url(step, case, order)) if office else link
    return f'<a class="link" href="{to}"{key}>{label if acts or theirs else _("View")}</a>'


def _owner(name: str) -> str:
    if not name:
        return ""
    shown = escape(name)
    return f'<span class="l2 cut" title="{_("in the hands of %(name)s") % {"name": shown}}">{shown}</span>'


def step_url(step: Step, case: CaseRow, order: OrderGlance | None) -> str:
    """Where the next step is done."""
    if step.code == "triage":
        return numbered("console:triage", case.pk)
    if step.code == "open_order" and case.target_id:
        return numbered("console:order_open", case.target_id)
    if step.code in ("submit", "approve", "issue") and order:
        return numbered("console:order", order.id)
    return numbered("console:case", case.pk)
