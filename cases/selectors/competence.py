"""Who is competent for what on a street: the matrix of powers, its gaps and its overlaps, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.models import Category
from teams.models import Agency, Function, Power, Street


@dataclass(frozen=True, slots=True)
class Cell:
    """``power`` counts here; ``whole``: it comes with the major class."""

    agency: Agency
    power: Power | None
    whole: bool
    coming: Power | None


@dataclass(frozen=True, slots=True)
class Line:
    """A minor class with a cell an agency, and what is odd about it, explained."""

    category: Category
    cells: list[Cell]
    notes: list[str]
    gap: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """``heads``: each agency with the short name that its column bears."""

    heads: list[tuple[Agency, str]]
    lines: list[Line]

    @property
    def gaps(self) -> int:
        return sum(line.gap for line in self.lines)


def category_choices() -> list[tuple[str, str]]:
    """All classes for a form, minor ones under their major class."""
    rows = Category.objects.filter(active=True).order_by("code")
    return [(row.code, f"{row.code} {row}" if row.parent_id is None else f"　{row.code} {row}") for row in rows]


def powers_named(agency: Agency) -> list[tuple[Power, str]]:
    """An agency's powers, each with the name of its class. Two queries."""
    rows = list(agency.powers.select_related("street").order_by("category_code", "-starts_on"))
    names = {row.code: str(row) for row in Category.objects.filter(code__in={row.category_code for row in rows})}
    return [(row, names.get(row.category_code, "")) for row in rows]


def power_matrix(street: Street, major: str = "") -> Matrix:
    """Agencies that may act on the street × minor classes (of one major class). Four queries."""
    today = timezone.localdate()
    agencies = list(
        Agency.objects.filter(Q(street__isnull=True) | Q(street=street), district_id=street.district_id, active=True)
        .exclude(function=Function.LABORATORY)
        .order_by("-street_id", "function", "pk")
    )
    agencies.sort(key=lambda agency: agency.function != Function.STREET)
    classes = Category.objects.filter(active=True, parent__isnull=False)
    if major:
        classes = classes.filter(code__startswith=major)
    running = Power.objects.filter(
        Q(street__isnull=True) | Q(street=street), Q(ends_on__isnull=True) | Q(ends_on__gte=today), agency__in=agencies
    ).order_by("starts_on", "pk")
    now: dict[tuple[int, str], Power] = {}
    later: dict[tuple[int, str], Power] = {}
    for power in running:
        # a street's own entry goes before the general one
        book = now if power.starts_on <= today else later
        key = (power.agency_id, power.category_code)
        if key not in book or power.street_id is not None:
            book[key] = power
    called = _short_names(agencies)
    heads = [(agency, called[agency.pk]) for agency in agencies]
    return Matrix(heads, [_line(row, heads, now, later) for row in classes.order_by("code")])


def _short_names(agencies: list[Agency]) -> Mapping[int, str]:
    """What an agency is for, where one alone is for it: a dozen full names make a table that nobody sees at once."""
    many = Counter(agency.function for agency in agencies)
    return {
        agency.pk: capfirst(str(Function(agency.function).label)) if many[agency.function] == 1 else str(agency)
        for agency in agencies
    }


def _line(
    category: Category,
    heads: list[tuple[Agency, str]],
    now: dict[tuple[int, str], Power],
    later: dict[tuple[int, str], Power],
) -> Line:
    cells = []
    called = {agency.pk: name for agency, name in heads}
    for agency, _name in heads:
        own = now.get((agency.pk, category.code))
        whole = now.get((agency.pk, category.code[:2]))
        coming = later.get((agency.pk, category.code)) or later.get((agency.pk, category.code[:2]))
        cells.append(Cell(agency, own or whole, own is None and whole is not None, coming))
    held = [cell for cell in cells if cell.power is not None]
    firm = [cell for cell in held if cell.power is not None and not cell.power.optional]
    notes = []
    if not held:
        notes.append(_("Nobody is competent: triage can propose no agency. Enter a power or close the category."))
    elif not firm:
        notes.append(_("Only agencies that are asked when the words speak of them: often nobody is proposed."))
    bureaus = [cell for cell in firm if cell.agency.function != Function.STREET]
    street = [cell for cell in firm if cell.agency.function == Function.STREET]
    if street and bureaus and street[0].power is not None and street[0].power.delegated:
        names = _(", ").join(called[cell.agency.pk] for cell in bureaus)
        notes.append(
            _("Delegated to the street, and %(names)s can act as well: agree who issues the papers.") % {"names": names}
        )
    elif len(bureaus) > 1:
        names = _(", ").join(called[cell.agency.pk] for cell in bureaus)
        notes.append(_("Several agencies: %(names)s. Each checks its own items on one visit.") % {"names": names})
    return Line(category, cells, notes, not held)
