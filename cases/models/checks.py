"""Conditions that several models share."""

from __future__ import annotations

from django.db.models import Q


def exactly_one(names: tuple[str, ...]) -> Q:
    """Exactly one of the named columns is set."""
    condition = Q()
    for chosen in names:
        condition |= Q(**{f"{name}__isnull": name != chosen for name in names})
    return condition
