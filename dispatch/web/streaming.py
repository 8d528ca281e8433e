"""From the journal to the live stream: after the commit, a hint to everyone whose page shows the subject.

A hint says which row moved and to which seq; a page that listens asks for it by the normal way, so a hint too many or
too few does no harm. Topics come from ids alone: two small reads for a whole transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from cases.models import CaseComplaint, Event, LabTest, Part, PartState
from dispatch.notify.gather import after_commit
from dispatch.web.live import Hint, publish_all
from teams.statements import Statement, among

MANY = 50
"""More subjects than this in one transaction (an import) become one hint a street: the lists ask again anyway."""


def on_event(sender: object, event: Event, **_kwargs: object) -> None:
    """Receiver of ``event_recorded``."""
    after_commit(_hint, event)


def on_messages(user_ids: Sequence[int]) -> None:
    """The relay made messages for these people: their bells count anew."""
    publish_all([([f"user:{user_id}"], "message", user_id, 0) for user_id in user_ids])


def _hint(events: list[Event]) -> None:
    newest = {(event.case_id, event.order_id): event for event in events}
    if len(newest) > MANY:
        streets = {event.street_id: event for event in events}
        publish_all([([f"office:{pk}"], "case", event.case_id or 0, event.seq) for pk, event in streets.items()])
        return
    squads = _squads({event.order_id for event in newest.values() if event.order_id is not None})
    # Nobody can have the private page of a case open that begins with this very event: its link is not given out yet.
    residents = _residents({event.case_id for event in newest.values() if event.case_id is not None and event.seq > 1})
    hints: list[Hint] = []
    for event in newest.values():
        if event.order_id is not None:
            topics = [f"office:{event.street_id}", *(f"squad:{pk}" for pk in sorted(squads[event.order_id]))]
            hints.append((topics, "order", event.order_id, event.seq))
        elif event.case_id is not None:
            hints.append(([f"office:{event.street_id}"], "case", event.case_id, event.seq))
            # A resident's page knows its own report only: no id of ours goes there.
            hints.append(([f"complaint:{token}" for token in residents[event.case_id]], "complaint", 0, event.seq))
    publish_all(hints)


def _squads(order_ids: Iterable[int]) -> dict[int, set[int]]:
    """Squads that were called to the orders, those released since too, and the laboratories of their tests."""
    found: dict[int, set[int]] = defaultdict(set)
    ids = list(order_ids)
    if ids:
        called = Part.objects.filter(order_id__in=ids).exclude(state=PartState.PLANNED)
        tests = LabTest.objects.filter(visit__order_id__in=ids)
        rows = called.values_list("order_id", "squad_id").union(tests.values_list("visit__order_id", "laboratory_id"))
        for order_id, squad_id in rows:
            found[order_id].add(squad_id)
    return found


_TOKENS = Statement(
    lambda: CaseComplaint.objects.filter(among("case_id", "cases"), complaint__token_hash__isnull=False).values_list(
        "case_id", "complaint__token_hash"
    )
)


def _residents(case_ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    if ids := list(case_ids):
        for case_id, token in _TOKENS(cases=ids):
            found[case_id].append(str(token))
    return found
