"""Reports of a period: tables, charts and a workbook. Never by officer or squad, never by fines, no ranking."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.models import Category, Source
from dispatch.console.frame import console_view, show
from dispatch.insights import periods
from dispatch.insights.report import AgeRow, Rate, Report, Row, StageRow, Sums, report, streets_for
from dispatch.web.access import actor_for
from dispatch.web.moments import moment_words
from dispatch.web.sheets import Cell, Table, xlsx_response
from teams.models import Street

KINDS = (
    ("day", pgettext_lazy("period", "day")),
    ("week", gettext_lazy("week")),
    ("month", gettext_lazy("month")),
    ("quarter", gettext_lazy("quarter")),
    ("custom", gettext_lazy("from – until")),
)


class ReportForm(forms.Form):
    """What the report is about. A missing or wrong value falls back to the present month, and is named."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=KINDS, required=False)
    on = forms.DateField(
        label=gettext_lazy("Day in the period"), required=False, widget=forms.DateInput({"type": "date"})
    )
    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}))
    street = forms.ModelChoiceField(
        Street.objects.none(), label=gettext_lazy("Street"), required=False, empty_label=gettext_lazy("All streets")
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(parent__isnull=False),
        label=gettext_lazy("Category"),
        required=False,
        empty_label=gettext_lazy("All categories"),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"), required=False, choices=[("", gettext_lazy("All sources")), *Source.choices]
    )

    def __init__(self, data: QueryDict, *, streets: Iterable[Street]) -> None:
        given = self.completed(data)
        self.unknown = given["period"] not in dict(KINDS)  # an old bookmark: the field says what the figures are of
        if self.unknown:
            given["period"] = "month"
        super().__init__(given)
        mine = [street.pk for street in streets]
        self.fields["street"].queryset = Street.objects.filter(pk__in=mine).order_by("code")  # type: ignore[attr-defined]

    @staticmethod
    def completed(data: QueryDict) -> QueryDict:
        """What is not said: the present month; for "from - until" that month's days, to be changed."""
        given, today = data.copy(), timezone.localdate(now())
        given.setdefault("period", "month")
        given.setdefault("on", today.isoformat())
        if given["period"] == "custom" and not given.get("first") and not given.get("last"):
            given["first"], given["last"] = today.replace(day=1).isoformat(), today.isoformat()
        return given

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.unknown:
            self.add_error("period", _("There is no such period. The figures are of the month."))
        if given.get("period") == "custom" and not self.errors:
            if not given.get("first") or not given.get("last"):
                self.add_error("first", _("Give both days, from and until."))
            else:
                try:
                    periods.custom(given["first"], given["last"])
                except ValueError as error:
                    words = {
                        "order": _("The first day lies after the last. Exchange them."),
                        "long": _("At most three years at once. Choose a shorter time."),
                    }
                    self.add_error("first", words[str(error)])
        return given

    def chosen(self) -> periods.Period:
        """The period asked for; the present month where it can't be read."""
        today = timezone.localdate(now())
        self.is_valid()
        given = self.cleaned_data
        kind = given.get("period") or "month"
        if kind == "custom":
            if not self.errors and given.get("first") and given.get("last"):
                return periods.custom(given["first"], given["last"])
            kind = "month"
        return periods.period_of(kind, given.get("on") or today)


@require_safe
@console_view()
def reports(request: HttpRequest) -> HttpResponse:
    """The figures of a period, compared with the one before; ``?as=xlsx`` the same as a workbook."""
    actor = actor_for(request)
    streets = streets_for(actor)
    form = ReportForm(request.GET, streets=streets)
    period = form.chosen()
    given = form.cleaned_data
    category, source = given.get("category"), given.get("source") or ""
    street = given.get("street") or (streets[0] if len(streets) == 1 else None)
    found = report(
        actor=actor,
        period=period,
        street_id=street.pk if street else None,
        category_id=category.pk if category else None,
        case_source=source,
    )
    if request.GET.get("as") == "xlsx":
        name = f"{_('report')}-{period.first.isoformat()}-{period.last.isoformat()}"
        return cast(HttpResponse, xlsx_response(name, list(sheets(found))))  # a file, streamed
    today = timezone.localdate(now())
    context = {
        "form": form,
        "report": found,
        "period": period,
        "words": period_words(period),
        "earlier_words": period_words(found.earlier),
        "earlier_url": _link(request, periods.before(period)),
        "later_url": _link(request, periods.after(period)) if period.last < today else "",
        "sheet_url": f"?{_query(request, period, **{'as': 'xlsx'})}",
        "running": period.first <= today < period.last,
        "street": street,
        "many_streets": len(streets) > 1,
        "narrowed": bool(category or source),
        "rates": rates(found),
        "figures": figures(found),
        "opened_closed": [
            {"label": step_words(row.key, period), "values": [row.sums.opened, row.sums.closed]} for row in found.series
        ],
        "saved": [
            {"label": step_words(row.key, period), "values": [row.sums.visits, row.sums.saved]} for row in found.series
        ],
        "series": [(step_words(row.key, period), row) for row in found.series],
        "open_names": [pgettext("column", "received"), pgettext("column", "closed")],
        "visit_names": [pgettext("column", "visits"), pgettext("column", "visits saved")],
        "ages": [(age_words(row), row) for row in found.ages],
        "oldest": max((row.open for row in found.ages), default=0),
        "slowest": max((row.p90 or 0 for row in found.stages), default=0),
        "no_streets": not streets,
    }
    return show(request, "console/reports.html", context, at="reports")


def rates(found: Report) -> list[dict[str, Any]]:
    """The three rates: name, what it says, the rate now and before."""
    return [
        {
            "name": _("Response rate"),
            "what": _("first contacts made in time, of those that are decided"),
            "now": found.total.response,
            "before": found.before.response,
            "difference": difference(found.total.response, found.before.response),
        },
        {
            "name": _("Resolution rate"),
            "what": _("residents who say it was solved, of those who answered"),
            "now": found.total.resolution,
            "before": found.before.resolution,
            "difference": difference(found.total.resolution, found.before.resolution),
        },
        {
            "name": _("Satisfaction rate"),
            "what": _("residents who give 4 or 5 of 5, of those who answered"),
            "now": found.total.satisfaction,
            "before": found.before.satisfaction,
            "difference": difference(found.total.satisfaction, found.before.satisfaction),
        },
    ]


def difference(present: Rate, before: Rate) -> float | None:
    """Percentage points; None where either is of too few."""
    if present.share is None or before.share is None:
        return None
    return round(present.share - before.share, 1)


def figures(found: Report) -> list[dict[str, Any]]:
    total, before = found.total, found.before
    return [
        {"name": _("Cases received"), "now": total.opened, "before": before.opened},
        {"name": _("Cases closed"), "now": total.closed, "before": before.closed},
        {"name": _("Visits"), "now": total.visits, "before": before.visits},
        {"name": _("Visits saved"), "now": total.saved, "before": before.saved},
    ]


def period_words(period: periods.Period) -> str:
    """The period in words of the reader: one day, or from and until with the year."""
    if period.first == period.last:
        return moment_words(period.first, "full")
    return _("%(first)s – %(last)s") % {
        "first": moment_words(period.first, "full"),
        "last": moment_words(period.last, "full"),
    }


def step_words(day: date, period: periods.Period) -> str:
    if period.unit == "month":
        return moment_words(day, "month")
    return moment_words(day, "date")


def age_words(row: AgeRow) -> str:
    if row.days is None:
        return _("older")
    return _("up to %(n)s days") % {"n": row.days} if row.days > 1 else _("up to one day")


def _query(request: HttpRequest, period: periods.Period, **more: str) -> str:
    kept = request.GET.copy()
    for name in ("as", "first", "last", "on"):
        kept.pop(name, None)
    kept["period"] = period.kind
    if period.kind == "custom":
        kept["first"], kept["last"] = period.first.isoformat(), period.last.isoformat()
    else:
        kept["on"] = period.first.isoformat()
    for name, value in more.items():
        kept[name] = value
    return kept.urlencode()


def _link(request: HttpRequest, period: periods.Period) -> str:
    return f"?{_query(request, period)}"


# --- the workbook: the same tables, typed ---

COLUMNS = (
    *(gettext_lazy("Received"), gettext_lazy("Closed"), gettext_lazy("Contacts decided"), gettext_lazy("in time")),
    *(gettext_lazy("Response rate, %"), gettext_lazy("Ratings"), gettext_lazy("Solved")),
    *(gettext_lazy("Resolution rate, %"), gettext_lazy("Satisfied"), gettext_lazy("Satisfaction rate, %")),
)
VISIT_COLUMNS = (
    *(gettext_lazy("Visits"), gettext_lazy("of several departments"), gettext_lazy("Departments")),
    gettext_lazy("Visits saved"),
)


def cells(sums: Sums) -> list[Cell]:
    """The cells under ``COLUMNS``; a rate of too few is empty, its numbers stand beside it."""
    return [
        *(sums.opened, sums.closed, sums.contacts, sums.contacts_in_time, sums.response.share),
        *(sums.ratings, sums.solved, sums.resolution.share, sums.satisfied, sums.satisfaction.share),
    ]


def visit_cells(sums: Sums) -> list[Cell]:
    return [sums.visits, sums.joint, sums.departments, sums.saved]


def sheets(found: Report) -> Iterable[Table]:
    """Every table of the page, and how each figure is counted."""
    yield Table(
        _("Summary"),
        [_("Figure"), period_words(found.period), period_words(found.earlier), _("of (present)"), _("of (before)")],
        [
            *((row["name"], row["now"], row["before"], None, None) for row in figures(found)),
            *(
                (f"{row['name']}, %", row["now"].share, row["before"].share, row["now"].whole, row["before"].whole)
                for row in rates(found)
            ),
        ],
    )
    both = [*COLUMNS, *VISIT_COLUMNS]
    yield _table(_("Over time"), _("From the day"), found.series, both, lambda s: [*cells(s), *visit_cells(s)])
    yield _table(_("Streets"), _("Street"), found.streets, both, lambda s: [*cells(s), *visit_cells(s)])
    yield _table(_("Categories"), _("Category"), found.categories, list(COLUMNS), cells)
    yield _table(_("Sources"), _("Source"), found.sources, list(COLUMNS), cells)
    yield Table(
        _("Stages"),
        [
            *(_("Stage"), _("Ended"), _("Median, hours"), _("90 % within, hours"), _("Late"), _("Exempt on appeal")),
            *(_("In time, %"), _("Steps back")),
        ],
        [_stage_cells(row) for row in found.stages],
    )
    yield Table(
        _("Open by age"),
        [_("Age"), _("Open"), _("Late")],
        [(age_words(row), row.open, row.late) for row in found.ages],
    )
    yield Table(_("How it is counted"), [_("Figure"), _("What it counts")], definitions())


def _table(title: str, head: str, rows: Iterable[Row], columns: list[Any], take: Any) -> Table:
    return Table(
        title,
        [head, *columns],
        [(row.key if isinstance(row.key, date) else _named(row), *take(row.sums)) for row in rows],
    )


def _named(row: Row) -> str:
    return row.name or _("not triaged yet")


def _stage_cells(row: StageRow) -> list[Cell]:
    hours = [None if value is None else round(value / 3600, 2) for value in (row.median, row.p90)]
    return [row.name, row.ended, *hours, row.late, row.exempt, row.in_time.share, row.returns]


def definitions() -> list[tuple[str, str]]:
    """How each figure is counted, as on the page."""
    return [
        (_("Cases received"), _("Received in the period and not joined to another case: one problem counts once.")),
        (_("Cases closed"), _("Closed by the office after a passed check; transferred and rejected cases are not.")),
        (
            _("Response rate"),
            _("Of cases received in the period whose first contact is made or overdue: made in time."),
        ),
        (_("Resolution rate"), _("Of residents who answered in the period: those who say it was solved.")),
        (_("Satisfaction rate"), _("Of residents who answered in the period: those who give 4 or 5 of 5.")),
        (_("Stages"), _("Wall-clock time of clocks that ended in the period; half took at most the median.")),
        (_("Late"), _("Ended after its moment. A lateness exempted on appeal stays on record and is left out here.")),
        (_("Visits"), _("Inspections begun in the period; handling tasks are not inspections.")),
        (_("Visits saved"), _("Departments that reported in at one visit, less one, visit by visit.")),
        (_("Percentages"), _("Given from 5 on; below it the two numbers stand for themselves.")),
    ]
