"""One search box over cases, orders and parties; a phone number goes through the blind index."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from cases.models import Case, Order, Target
from cases.policies import may
from cases.selectors.register import targets_page
from teams.policies import Actor

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Found:
    cases: list[Case]
    orders: list[Order]
    parties: list[Target]


def find(actor: Actor, text: str, *, phone_index: str = "") -> Found:
    """Cases by reference, title, address, party, hotline number or the caller's phone index; orders by number; parties.

    ``phone_index`` is the HMAC of a whole phone number; it finds cases only where the actor may reveal identities.
    """
    words = text.strip()
    if len(words) < 2:
        return Found([], [], [])
    rule = (
        Q(reference__icontains=words)
        | Q(title__icontains=words)
        | Q(address__icontains=words)
        | Q(target__name__icontains=words)
        | Q(complaint_links__complaint__hotline__number=words)
        | Q(complaint_links__complaint__reference=words)
    )
    if phone_index:
        streets = [street for street in actor.streets() if may(actor, "identity.reveal", street_id=street)]
        rule |= Q(complaint_links__complaint__identity__phone_index=phone_index, street_id__in=streets)
    cases = Case.objects.visible_to(actor).filter(rule).distinct().select_related("target", "category")
    orders = Order.objects.visible_to(actor).filter(Q(number__icontains=words)).select_related("target")
    parties, _more = targets_page(actor, text=words, size=LIMIT)
    return Found(list(cases.order_by("-pk")[:LIMIT]), list(orders.order_by("-pk")[:LIMIT]), parties)
