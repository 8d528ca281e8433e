"""Where two truths about one thing have parted, asked in one statement: it is asked after every move."""

from __future__ import annotations

from typing import Any

from django.db import connection

from cases import flow
from cases.models import CaseStage, Chain, NeedState, OrderKind, OrderState, PartState
from cases.papers.chain import GENESIS, Link, verify_chain

PARTED = """
WITH standing AS (
    SELECT link.need_id, link.order_id FROM cases_orderneed link WHERE link.released_at IS NULL
), open_needs AS (
    SELECT case_id, array_agg(state::text) AS states FROM cases_need WHERE state IN ('open', 'ordered') GROUP BY case_id
)
SELECT 'case ' || id || ': unknown stage ' || stage FROM cases_case WHERE stage <> ALL(%(stages)s)
UNION ALL SELECT 'need ' || id || ': unknown state ' || state FROM cases_need WHERE state <> ALL(%(needs)s)
UNION ALL SELECT 'order ' || id || ': unknown state ' || state FROM cases_order WHERE state <> ALL(%(orders)s)
UNION ALL SELECT 'part ' || id || ': unknown state ' || state FROM cases_part WHERE state <> ALL(%(parts)s)
UNION ALL
SELECT 'need ' || need.id || ' is ' || need.state || ' but stands in ' || count(uncancelled.id) || ' orders'
FROM cases_need need LEFT JOIN standing ON standing.need_id = need.id
LEFT JOIN cases_order uncancelled ON uncancelled.id = standing.order_id AND uncancelled.state <> 'cancelled'
GROUP BY need.id HAVING count(uncancelled.id) <> CASE WHEN need.state IN ('ordered', 'served') THEN 1 ELSE 0 END
UNION ALL
SELECT 'order ' || live.number || ' is ' || live.state || ' without a need' FROM cases_order live
WHERE live.state = ANY(%(going)s) AND NOT EXISTS (SELECT FROM standing WHERE standing.order_id = live.id)
UNION ALL
SELECT 'order ' || live.number || ' has not exactly one lead' FROM cases_order live
WHERE live.state = ANY(%(going)s)
  AND 1 <> (SELECT count(*) FROM cases_part WHERE order_id = live.id AND is_lead AND state <> 'released')
UNION ALL
SELECT 'case ' || one.reference || ' is ' || one.stage || ' with needs ' || coalesce(open_needs.states, '{}')::text
FROM cases_case one LEFT JOIN open_needs ON open_needs.case_id = one.id
WHERE CASE
    WHEN one.stage = 'planning' THEN coalesce(array_length(open_needs.states, 1), 0) <> 1
    WHEN one.stage IN ('dispatched', 'visiting') THEN coalesce(open_needs.states, '{}') <> '{ordered}'
    WHEN one.stage = ANY(%(free)s) THEN open_needs.states IS NOT NULL END
UNION ALL
SELECT 'case ' || one.reference || ' counts ' || one.complaint_count || ' complaints' FROM cases_case one
WHERE one.complaint_count <> (SELECT count(*) FROM cases_casecomplaint link WHERE link.case_id = one.id)
UNION ALL
SELECT 'party ' || target_id || ' has ' || count(*) || ' live orders' FROM cases_order
WHERE state = ANY(%(live)s) AND kind <> %(handling)s GROUP BY target_id HAVING count(*) > 1
"""


def inconsistencies() -> list[str]:
    """Where two truths have parted; empty when all is well."""
    values: dict[str, Any] = {
        "stages": CaseStage.values,
        "needs": NeedState.values,
        "orders": OrderState.values,
        "parts": PartState.values,
        "live": list(flow.LIVE),
        "going": [*flow.LIVE, OrderState.ON_SCENE.value],
        "free": [*flow.ENDED, CaseStage.ACCEPTED.value, CaseStage.CHECKING.value],
        "handling": OrderKind.HANDLING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(PARTED, values)
        return [text for (text,) in cursor.fetchall()]


def broken_chains() -> list[str]:
    """Chains that don't verify; empty when all hold."""
    found = []
    for chain in Chain.objects.select_related("case", "order"):
        subject = chain.case or chain.order
        assert subject is not None
        prev, links = GENESIS, []
        for event in subject.events.order_by("seq"):
            links.append(Link(event.seq, prev, event.body, event.hash))
            prev = event.hash
        broken = verify_chain(links, head=chain.head)
        if broken is not None or len(links) != chain.seq:
            found.append(f"{subject}: {broken}")
    return found
