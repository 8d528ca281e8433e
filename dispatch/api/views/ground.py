"""Who one is, and the names behind the numbers: streets, agencies, squads, categories."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from cases.models import Category
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import ground as shapes
from dispatch.web.models import ApiToken
from teams.models import Agency, Squad, Street, User
from teams.selectors import squad_members


@operation("me", "GET", scope=None, answer=shapes.MeOut, tag="ground")
def me(call: Call) -> dict[str, Any]:
    """Whose token this is, its roles today and what it opens. Without a token: nobody."""
    actor, token = call.actor, call.request.auth
    scopes = token.scopes if isinstance(token, ApiToken) else []
    return {
        "user": {"id": actor.user_id, "name": actor.name},
        "roles": actor.grants,
        "scopes": list(scopes),
    }


@operation("street_list", "GET", scope="cases:read", answer=shapes.StreetOut, ordering=("code",), tag="ground")
def street_list(call: Call) -> QuerySet[Street]:
    """Streets and towns."""
    return Street.objects.all()


@operation("agency_list", "GET", scope="cases:read", answer=shapes.AgencyOut, ordering=("code", "id"), tag="ground")
def agency_list(call: Call) -> QuerySet[Agency]:
    """Agencies in whose name squads act."""
    return Agency.objects.filter(active=True)


@operation("squad_list", "GET", scope="cases:read", answer=shapes.SquadOut, ordering=("id",), tag="ground")
def squad_list(call: Call) -> QuerySet[Squad]:
    """Squads and laboratories."""
    return Squad.objects.filter(active=True).select_related("agency")


@operation("category_list", "GET", scope="cases:read", answer=shapes.CategoryOut, ordering=("code",), tag="ground")
def category_list(call: Call) -> QuerySet[Category]:
    """Minor classes of the catalogue in force."""
    return Category.objects.filter(active=True, parent__isnull=False)


@operation("member_list", "GET", scope="field:read", answer=shapes.MemberOut, ordering=("id",), tag="ground")
def member_list(call: Call) -> QuerySet[User]:
    """Members of one's own squads, for reporting in."""
    ids = [pk for squad in call.actor.squads() for pk in squad_members(squad).values_list("pk", flat=True)]
    return User.objects.filter(pk__in=ids)
