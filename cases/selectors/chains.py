"""The whole journal, verified: every chain of every case and order, with a bounded number of events in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from cases.models import Chain, Event
from cases.papers.chain import Link, verify_chain

BATCH = 2000
SHOWN = 20


@dataclass(slots=True)
class Verified:
    """How many chains and events were read; ``broken`` names subjects whose chain does not hold (the first twenty)."""

    chains: int = 0
    events: int = 0
    failed: int = 0
    broken: list[str] = field(default_factory=list)

    def fail(self, subject: str) -> None:
        self.failed += 1
        if len(self.broken) < SHOWN:
            self.broken.append(subject)


def chains_verify(*, told: Callable[[int], None] = lambda chains: None) -> Verified:
    """Read every event once and compare each chain with its head. ``told`` hears after each batch how many are done.

    Run it where nobody writes (a restored copy): a chain that grows between two reads would look broken.
    """
    found = Verified()
    after = 0
    while chains := list(Chain.objects.filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = chains[-1].pk
        links = _links(chains)
        for chain in chains:
            own = links[chain.case_id, chain.order_id]
            found.events += len(own)
            if verify_chain(own, head=chain.head, seq=chain.seq) is not None:
                found.fail(f"case {chain.case_id}" if chain.case_id else f"order {chain.order_id}")
        found.chains += len(chains)
        told(found.chains)
    for case_id, order_id in _headless():
        found.fail(f"case {case_id}" if case_id else f"order {order_id}")
    return found


def _links(chains: list[Chain]) -> dict[tuple[int | None, int | None], list[Link]]:
    cases = [chain.case_id for chain in chains if chain.case_id]
    orders = [chain.order_id for chain in chains if chain.order_id]
    links: dict[tuple[int | None, int | None], list[Link]] = defaultdict(list)
    for which in (Q(case_id__in=cases), Q(order_id__in=orders)):
        rows = Event.objects.filter(which).order_by("seq").values_list("case_id", "order_id", "seq", "body", "hash")
        for case_id, order_id, seq, body, hashed in rows.iterator(chunk_size=BATCH):
            links[case_id, order_id].append(Link(seq, "", body, hashed))
    return links


def _headless() -> list[tuple[int | None, int | None]]:
    """Subjects that have events and no chain."""
    of_case = Chain.objects.filter(case_id=OuterRef("case_id"))
    of_order = Chain.objects.filter(order_id=OuterRef("order_id"))
    first = Event.objects.filter(seq=1).filter(~Exists(of_case), ~Exists(of_order))
    return list(first.values_list("case_id", "order_id")[:SHOWN])
