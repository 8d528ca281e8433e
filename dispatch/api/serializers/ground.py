"""Small shapes that others contain: agencies, squads, categories, people."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import Category
from dispatch.api.serializers import strict
from dispatch.api.serializers.plain import PlainSerializer
from teams.models import Agency, Squad, Street, User


class StreetOut(PlainSerializer[Street]):
    class Meta:
        model = Street
        fields = ("id", "code", "name", "name_en")


class AgencyOut(PlainSerializer[Agency]):
    class Meta:
        model = Agency
        fields = ("id", "code", "name", "name_en", "function")


class SquadOut(PlainSerializer[Squad]):
    agency = AgencyOut()

    class Meta:
        model = Squad
        fields = ("id", "name", "name_en", "kind", "agency")


class CategoryOut(PlainSerializer[Category]):
    class Meta:
        model = Category
        fields = ("id", "code", "name", "name_en", "severity")


class MemberOut(PlainSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "name")


class GrantOut(serializers.Serializer[Any]):
    """A role in force and its place."""

    role = serializers.CharField()
    street_id = serializers.IntegerField(allow_null=True)
    squad_id = serializers.IntegerField(allow_null=True)
    district_id = serializers.IntegerField(allow_null=True)


class WhoOut(serializers.Serializer[Any]):
    """Null and empty for nobody."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_blank=True)


class MeOut(serializers.Serializer[Any]):
    """Whose token this is and what it opens."""

    user = WhoOut()
    roles = GrantOut(many=True)
    scopes = serializers.ListField(child=serializers.CharField())


class ReasonIn(serializers.Serializer[Any]):
    reason = strict.Text(max_length=400)
