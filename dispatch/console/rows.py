"""Rows of the board as cached fragments: independent of time, the browser works out the light."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import caches
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from cases.models import CaseStage
from cases.policies import may
from cases.selectors.board import Glance, OrderGlance, orders_of, parts_fill
from cases.selectors.boardrows import case_rows
from dispatch.console.cells import NEXT, cells
from teams.policies import Actor


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the board: its cached cells, and the last one, ``next``, by itself.

    A page has a hundred of them, so what stands around the cells is put together here, and not by nodes of a template.
    """

    case: Glance
    order_id: int | None
    cells: SafeString
    next: SafeString

    @property
    def facts(self) -> SafeString:
        """The attributes of the row."""
        pk, order, seq = self.case.pk, self.order_id or "", self.case.seq or 0
        text = f'data-row id="case-{pk}" data-order="{order}" data-live-row="case:{pk}" data-live-seq="{seq}"'
        return mark_safe(text)  # nosec B308 B703 # noqa: S308 - numbers

    @property
    def stage(self) -> str:
        """Where the case stands now, in words."""
        return str(CaseStage(self.case.stage).label)

    @property
    def whole(self) -> SafeString:
        return mark_safe(f"<tr {self.facts}>{self.cells}{self.next}</tr>")  # nosec B308 B703 # noqa: S308 - see rows_of


def rows_of(cases: Sequence[Glance], actor: Actor) -> list[Row]:
    """Rows of the cases: one query, four when one is not cached. Only what is drawn anew is loaded whole."""
    orders = orders_of([case.pk for case in cases])
    roles = {street_id: _role(actor, street_id) for street_id in {case.street_id for case in cases}}
    keys = {case.pk: _key(case, orders.get(case.pk), roles[case.street_id]) for case in cases}
    known = caches["rows"].get_many(keys.values())
    shown = {case.pk: (case, known.get(keys[case.pk], "")) for case in cases}
    undrawn = [pk for pk, (_case, drawn) in shown.items() if not drawn]
    missing = case_rows(undrawn) if undrawn else []
    parts_fill([orders[case.pk] for case in missing if case.pk in orders])
    fresh: dict[str, str] = {}
    for case in missing:
        # it may have moved since the page was read: the row is kept under what was drawn
        glance, order, role = (
            case.glance,
            orders.get(case.pk),
            roles.get(case.street_id) or _role(actor, case.street_id),
        )
        drawn = cells(case, order, office=role.office, checks=role.checks, closes=role.closes)
        fresh[_key(glance, order, role)] = drawn
        shown[case.pk] = glance, drawn
    if fresh:
        caches["rows"].set_many(fresh)
    rows = []
    for pk, (glance, drawn) in shown.items():
        order = orders.get(pk)
        before, _mark, step = drawn.rpartition(NEXT)
        # our own cells, which escape what comes from a column
        rows.append(Row(glance, order.id if order else None, mark_safe(before), mark_safe(step)))  # nosec B308 B703 # noqa: S308
    return rows


@dataclass(frozen=True, slots=True)
class Role:
    """The role class of a cached row: whether its reader does the office's steps, checks after, closes."""

    office: bool
    checks: bool
    closes: bool


def _role(actor: Actor, street_id: int) -> Role:
    return Role(
        may(actor, "case.triage", street_id=street_id),
        may(actor, "case.check_after", street_id=street_id),
        may(actor, "case.close", street_id=street_id),
    )


def _key(case: Glance, order: OrderGlance | None, role: Role) -> str:
    """(case, chain seq, language, role class), plus what may change without an event of the case itself."""
    facts = (
        case.stage,
        case.due_at,
        case.complaint_count,
        case.category_id,
        case.owner_id,
        case.target_name,
        case.target_address,
        (order.id, order.seq) if order else None,
    )
    digest = hashlib.blake2s(repr(facts).encode(), digest_size=8).hexdigest()
    seq, language = case.seq or 0, get_language()
    return f"{case.pk}.{seq}.{language}.{role.office:d}{role.checks:d}{role.closes:d}.{digest}"
