"""Rows that are written out quickly say what the framework's own serializer says of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone, translation
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from cases.models import Case, Complaint, Event
from dispatch.api.serializers import cases, ground
from dispatch.api.serializers.plain import PlainSerializer
from teams.models import Agency, Squad, Street
from tests.cast import Cast
from tests.console.conftest import complaint
from tests.stage import issued_order


def slowly(shape: Any) -> bytes:
    """By the framework: the same fields, none of our shortcuts on the row or below it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainSerializer, "to_representation", serializers.ModelSerializer.to_representation)
        return bytes(JSONRenderer().render(shape.data))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_rows_are_written_as_the_framework_writes_them(cast: Cast, language: str) -> None:
    issued_order(cast)
    bare = complaint(cast)[0]
    full = Case.objects.exclude(pk=bare.pk).get()
    Case.objects.filter(pk=full.pk).update(
        lat=39.9, lng=116, grid=cast.grid, closed_at=timezone.now(), due_at=timezone.now(), warn_at=timezone.now()
    )
    Case.objects.filter(pk=bare.pk).update(target=None, grid=None, category=None, lat=None, lng=None, due_at=None)
    asked: list[tuple[Any, Any]] = [
        (cases.CaseOut, Case),
        (cases.CaseDetailOut, Case),
        (cases.ComplaintOut, Complaint),
        (cases.EventOut, Event),
        (ground.StreetOut, Street),
        (ground.AgencyOut, Agency),
        (ground.SquadOut, Squad),
    ]
    with translation.override(language):
        for shape, model in asked:
            rows = list(model.objects.order_by("pk"))
            assert rows
            said = JSONRenderer().render(shape(rows, many=True).data)
            assert said == slowly(shape(rows, many=True)), shape
            assert JSONRenderer().render(shape(rows[0]).data) == slowly(shape(rows[0])), shape
