"""Rows written out quickly: how each field is read and written is settled once a process, not once a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.fields import SkipField

M = TypeVar("M", bound=Model)
Way = tuple[Callable[[Any], Any], Callable[[Any], Any] | None]
AS_IT_IS = (serializers.CharField, serializers.ChoiceField, serializers.IntegerField)
"""Their values, read from a column of that kind, are what is written."""


class PlainSerializer(serializers.ModelSerializer[M]):
    """Says what ``ModelSerializer`` says. A list of fifty cases asked fifteen hundred times what its fields are.

    No field may ask for the request: the fields are those of a serializer without any.
    """

    def to_representation(self, instance: M) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, read, write in _ways_of(type(self)):
            try:
                value = read(instance)
            except SkipField:
                continue
            found[name] = value if value is None or write is None else write(value)
        return found


@cache
def _ways_of(kind: type[PlainSerializer[Any]]) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None]]:
    columns = {column.attname for column in kind.Meta.model._meta.concrete_fields}  # type: ignore[attr-defined]
    shown = kind()._readable_fields
    return [(str(field.field_name), *_way_of(field, columns)) for field in shown]


def _way_of(field: Any, columns: set[str]) -> Way:
    source = str(field.source)
    if source in columns and field.default is serializers.empty:
        return attrgetter(source), None if type(field) in AS_IT_IS else field.to_representation
    if isinstance(field, PlainSerializer) and source.isidentifier():
        return attrgetter(source), field.to_representation
    return field.get_attribute, field.to_representation
