"""The ledger of visits saved: orders, parties against their caps, streets, the three baselines; as a workbook too."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.planner.whatif import BASELINES, Way
from cases.selectors.pastneeds import TooMuch
from dispatch.console.frame import console_view, show
from dispatch.console.reports import ReportForm, period_words
from dispatch.console.what_if import MEANT, NAMES
from dispatch.insights import ledger as figures
from dispatch.insights import periods
from dispatch.insights.ledger import Baselines, OrderLine, PartyLine, Sums
from dispatch.insights.report import streets_for
from dispatch.web.access import actor_for
from dispatch.web.sheets import Cell, Table, xlsx_response
from teams.models import Street
from teams.numbers import is_number

TABS = (("", gettext_lazy("Orders")), ("party", gettext_lazy("Parties")))
LAST_PAGE = 200


class LedgerForm(ReportForm):
    """A period and a street; visits belong to orders that may serve several cases, so nothing narrower."""

    def __init__(self, data: Any, *, streets: Iterable[Street]) -> None:
        super().__init__(data, streets=streets)
        del self.fields["category"], self.fields["source"]


@require_safe
@console_view()
def ledger(request: HttpRequest) -> HttpResponse:
    """One table at a time, by ``by``; ``?as=xlsx`` all of them."""
    streets = streets_for(actor_for(request))
    form = LedgerForm(request.GET, streets=streets)
    period = form.chosen()
    chosen = form.cleaned_data.get("street") or (streets[0] if len(streets) == 1 else None)
    rows = [chosen] if chosen else streets
    ids = [street.pk for street in rows]
    if request.GET.get("as") == "xlsx":
        word = _("Visits saved")
        name = f"{word}-{period.first.isoformat()}-{period.last.isoformat()}"
        return cast(HttpResponse, xlsx_response(name, list(sheets(period, rows))))  # a file, streamed
    by = "party" if request.GET.get("by") == "party" else ""
    page = _page(request)
    sums = figures.street_sums(period.first, period.last, ids)
    today = timezone.localdate(now())
    context: dict[str, Any] = {
        "form": form,
        "period": period,
        "words": period_words(period),
        "year": period.last.year,
        "street": chosen,
        "many_streets": len(streets) > 1,
        "no_streets": not streets,
        "total": figures.whole_of(sums.values()),
        "streets": [(street, sums[street.pk]) for street in rows] if len(rows) > 1 else [],
        "by": by,
        "tabs": [
            {"label": label, "url": f"?{_query(request, period, by=code)}", "current": code == by}
            for code, label in TABS
        ],
        "earlier_url": f"?{_query(request, periods.before(period), by=by)}",
        "later_url": f"?{_query(request, periods.after(period), by=by)}" if period.last < today else "",
        "sheet_url": f"?{_query(request, period, **{'as': 'xlsx'})}",
    }
    if by == "party":
        context["parties"], more = figures.party_lines(period.last.year, ids, page=page)
    else:
        context["orders"], more = figures.order_lines(period.first, period.last, ids, page=page)
        context |= _against(chosen, period)
    context["next_url"] = f"?{_query(request, period, by=by, page=str(page + 1))}" if more and page < LAST_PAGE else ""
    context["previous_url"] = f"?{_query(request, period, by=by, page=str(page - 1))}" if page > 1 else ""
    return show(request, "console/ledger.html", context, at="reports")


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), LAST_PAGE) if is_number(text) else 1


def _query(request: HttpRequest, period: periods.Period, **more: str) -> str:
    kept = {"period": period.kind, "on": period.first.isoformat(), "street": request.GET.get("street", "")}
    if period.kind == "custom":
        kept |= {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return urlencode({name: value for name, value in {**kept, **more}.items() if value})


def _against(street: Street | None, period: periods.Period) -> dict[str, Any]:
    """The baselines belong to one street; a period that holds too much for them says so."""
    if street is None:
        return {}
    try:
        found = figures.baselines(street.pk, period.first, period.last)
    except TooMuch:
        return {"too_much": True}
    return {
        "really": found.really,
        "baselines": [
            {"mark": way.value.upper(), "name": NAMES[way], "meant": MEANT[way], "visits": found.ways[way].visits,
             "saved": found.ways[way].visits - found.really}
            for way in BASELINES
        ],
    }  # fmt: skip


# --- the workbook ---


def sheets(period: periods.Period, streets: list[Street]) -> Iterable[Table]:
    """Orders and parties (``SHEET`` rows at most), streets by code, baselines of one street, what is counted."""
    ids = [street.pk for street in streets]
    orders, _more = figures.order_lines(period.first, period.last, ids, size=figures.SHEET)
    parties, _more = figures.party_lines(period.last.year, ids, size=figures.SHEET)
    sums = figures.street_sums(period.first, period.last, ids)
    yield Table(
        _("Orders"),
        [_("Day"), _("Number"), _("Party"), _("Address"), _("Departments"), _("Visits"), _("Visits saved"),
         _("Reasons"), _("in time")],
        [_order_cells(line) for line in orders],
    )  # fmt: skip
    yield Table(
        _("Parties"),
        [_("Year"), _("Party"), _("Address"), *_sum_heads(), _("Count toward the cap"), _("Yearly cap")],
        [_party_cells(line, period.last.year) for line in parties],
    )
    yield Table(_("Streets"), [_("Street"), *_sum_heads()], [[str(row), *_sum_cells(sums[row.pk])] for row in streets])
    if len(streets) == 1:
        with suppress(TooMuch):  # the page says why it is missing
            yield _baseline_table(figures.baselines(ids[0], period.first, period.last))
    yield Table(_("How it is counted"), [_("Figure"), _("What it counts")], definitions())


def _sum_heads() -> list[str]:
    return [_("Orders"), _("Visits"), _("of several departments"), _("Visits saved"), _("Reasons"), _("in time")]


def _sum_cells(sums: Sums) -> list[Cell]:
    return [sums.orders, sums.visits, sums.joint, sums.saved, sums.reasons, sums.in_time]


def _order_cells(line: OrderLine) -> list[Cell]:
    where: list[Cell] = [line.day, line.number, line.target.name, line.target.address]
    return [*where, line.departments, line.visits, line.saved, line.reasons, line.in_time]


def _party_cells(line: PartyLine, year: int) -> list[Cell]:
    return [year, line.target.name, line.target.address, *_sum_cells(line.sums), line.used, line.most]


def _baseline_table(found: Baselines) -> Table:
    rows: list[list[Cell]] = [[_("what really happened"), found.really, None]]
    rows += [[_marked(way), found.ways[way].visits, found.ways[way].visits - found.really] for way in BASELINES]
    return Table(_("Baselines"), [_("How visits come about"), _("Visits"), _("Visits saved against it")], rows)


def _marked(way: Way) -> str:
    return f"{way.value.upper()} {NAMES[way]}"


def definitions() -> list[tuple[str, str]]:
    return [
        (_("Visits"), _("Inspections begun in the period; handling tasks are not inspections.")),
        (_("Visits saved"), _("Departments that reported in at one visit, less one, visit by visit.")),
        (_("in time"), _("Of the reasons that the visit served: those whose last day had not passed when it began.")),
        (
            _("Count toward the cap"),
            _("Inspections of the calendar year of the kinds that the office counts; a party's own cap goes first."),
        ),
        *((_marked(way), str(MEANT[way])) for way in BASELINES),
        (
            _("Baselines"),
            _("Over the reasons whose first day lies in the period and that were visited, each department counted."),
        ),
    ]
