"""Which streets' rows a person of an office or a district sees: one rule for every table that hangs on a street."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from teams.models import Street
from teams.policies import Actor


def own_streets(actor: Actor) -> QuerySet[Street]:
    """The streets of the actor's offices and districts."""
    return Street.objects.filter(Q(pk__in=actor.streets()) | Q(district_id__in=actor.districts))


def of_own_streets(actor: Actor, street: str = "street") -> Q:
    """Rows whose ``street`` (the path of a foreign key) is one of the actor's offices or lies in one of the districts.

    Without a join: an index that begins with the street serves both.
    """
    if not actor.districts:
        return Q(**{f"{street}_id__in": actor.streets()})
    return Q(**{f"{street}_id__in": own_streets(actor).values("pk")})
