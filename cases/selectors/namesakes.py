"""The parties that a row of a file means by its code, its name or its address."""

from __future__ import annotations

from collections.abc import Iterable

from cases.models import Target


def parties_by_code(codes: Iterable[str]) -> dict[str, Target]:
    """Parties by their code, of any street; a merged one stands for the one it lives on in."""
    rows = Target.objects.filter(uscc__in=list(codes)).select_related("merged_into")
    return {str(row.uscc): row.merged_into or row for row in rows}


def parties_by_name(street_id: int, names: Iterable[str]) -> dict[str, list[Target]]:
    """Parties of the street by their exact name."""
    found: dict[str, list[Target]] = {}
    for row in Target.objects.filter(street=street_id, name__in=list(names), merged_into__isnull=True).order_by("pk"):
        found.setdefault(row.name, []).append(row)
    return found


def parties_by_alias(street_id: int, names: Iterable[str]) -> dict[str, list[Target]]:
    """Parties of the street by each of the names that they are known by besides."""
    wanted = set(names)
    found: dict[str, list[Target]] = {}
    rows = Target.objects.filter(street=street_id, aliases__overlap=sorted(wanted), merged_into__isnull=True)
    for row in rows.order_by("pk"):
        for name in wanted.intersection(row.aliases):
            found.setdefault(name, []).append(row)
    return found


def parties_by_address(street_id: int, addresses: Iterable[str]) -> dict[str, list[Target]]:
    """Parties of the street by their exact address; places and vendors among them."""
    rows = Target.objects.filter(street=street_id, address__in=list(addresses), merged_into__isnull=True)
    found: dict[str, list[Target]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.address, []).append(row)
    return found
