"""Which rows of a hotline's file belong together: all that quote one number, and that number's own order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cases import flow
from cases.models import Case, CaseComplaint, HotlineOrder, QuotedNumber
from cases.services.imports.rows import Row


@dataclass(slots=True)
class Known:
    """What the database already holds about the numbers that some rows bear or quote."""

    orders: set[str] = field(default_factory=set)
    quotes: dict[int, set[str]] = field(default_factory=dict)
    """Numbers quoted by each complaint that quotes any of them; all its numbers, not only those asked for."""
    complaints: dict[str, set[int]] = field(default_factory=dict)
    """Complaints that bear or quote a number."""


@dataclass(slots=True)
class Group:
    """Rows that belong to one case; ``complaints`` are the earlier ones they belong to."""

    rows: list[Row] = field(default_factory=list)
    complaints: set[int] = field(default_factory=set)


def known_about(rows: Iterable[Row]) -> Known:
    """Four queries for any number of rows."""
    borne: set[str] = set()
    quoted: set[str] = set()
    for row in rows:
        borne.add(row.number)
        quoted.update(row.quotes)
    known = Known()
    quoting = set(
        QuotedNumber.objects.filter(number__in=borne | quoted).values_list("complaint_id", flat=True).distinct()
    )
    for complaint_id, number in QuotedNumber.objects.filter(complaint__in=quoting).values_list(
        "complaint_id", "number"
    ):
        known.quotes.setdefault(complaint_id, set()).add(number)
        known.complaints.setdefault(number, set()).add(complaint_id)
    numbers = quoted.union(*known.quotes.values()) if known.quotes else quoted
    for number, complaint_id in HotlineOrder.objects.filter(number__in=numbers).values_list("number", "complaint_id"):
        known.orders.add(number)
        known.complaints.setdefault(number, set()).add(complaint_id)
    return known


def groups_of(rows: Sequence[Row], known: Known) -> list[Group]:
    """The rows in groups, in the order in which each group's first row stands in the file."""
    parent: dict[str, str] = {}

    def root(number: str) -> str:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = parent[above]
            number = above
        return number

    def tie(numbers: Iterable[str]) -> None:
        first, *others = [root(number) for number in numbers]
        for other in others:
            parent[root(other)] = root(first)

    for row in rows:
        tie((row.number, *row.quotes))
    for numbers in known.quotes.values():
        tie(numbers)
    found: dict[str, Group] = {}
    for row in rows:
        found.setdefault(root(row.number), Group()).rows.append(row)
    for number, complaints in known.complaints.items():
        if (group := found.get(root(number))) is not None:
            group.complaints |= complaints
    return list(found.values())


def newly_joined(rows: Sequence[Row], known: Known) -> int:
    """How many quoting complaints, of these rows or earlier, found company by these rows."""
    borne = {row.number for row in rows}
    quoters: dict[str, int] = {}
    for row in rows:
        for number in row.quotes:
            quoters[number] = quoters.get(number, 0) + 1
    earlier: dict[str, int] = {}
    for numbers in known.quotes.values():
        for number in numbers:
            earlier[number] = earlier.get(number, 0) + 1

    def before(numbers: Iterable[str]) -> bool:
        return any(number in known.orders or earlier.get(number, 0) > 1 for number in numbers)

    def after(numbers: Iterable[str]) -> bool:
        return any(
            number in known.orders or number in borne or earlier.get(number, 0) + quoters.get(number, 0) > 1
            for number in numbers
        )

    fresh = sum(after(row.quotes) for row in rows)
    return fresh + sum(not before(numbers) and after(numbers) for numbers in known.quotes.values())


def live_cases(complaint_ids: Iterable[int]) -> dict[int, set[int]]:
    """The cases of each complaint that have not ended."""
    found: dict[int, set[int]] = {}
    links = CaseComplaint.objects.filter(complaint__in=list(complaint_ids)).exclude(case__stage__in=flow.ENDED)
    for complaint_id, case_id in links.values_list("complaint_id", "case_id"):
        found.setdefault(complaint_id, set()).add(case_id)
    return found


def still_open(cases: Iterable[Case]) -> list[Case]:
    """Of locked cases those that may take a complaint up."""
    return [case for case in cases if case.stage not in flow.ENDED]
