"""What if: the street's own reasons to visit of a period under another rule, margin or window of planned checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.planner.replay import Outcome
from cases.planner.whatif import BASELINES, MARGINS, NIGHTLY, RULES, WINDOWS, Choice, Way
from cases.selectors.office import plan_rule
from cases.selectors.pastneeds import LONGEST, MOST, TooMuch
from dispatch.console.frame import console_view, show
from dispatch.console.reports import period_words
from dispatch.insights import periods
from dispatch.insights.report import streets_for
from dispatch.insights.whatif import FEW, WhatIf, street_what_if
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID
from teams.models import Street

NAMES: Mapping[Way, str | Promise] = {
    Way.A: gettext_lazy("every reason by itself"),
    Way.B1: gettext_lazy("each department alone"),
    Way.B2: gettext_lazy("each department merging its own"),
    Way.RIDING: gettext_lazy("planned checks ride along"),
    Way.IMMEDIATE: gettext_lazy("at once"),
    Way.WEEKLY: gettext_lazy("planned checks on one day a week"),
    Way.WAIT: gettext_lazy("wait for the last day"),
}
MEANT: Mapping[Way, str | Promise] = {
    Way.A: gettext_lazy("Every department of every reason comes for itself, at once."),
    Way.B1: gettext_lazy("Departments don't go together; each does at once what came on one day."),
    Way.B2: gettext_lazy("Departments don't go together; each waits and merges its own checks as well as it can."),
    Way.RIDING: gettext_lazy(
        "Who waits is visited at once; planned checks come along, or by themselves so many days before they are due."
    ),
    Way.IMMEDIATE: gettext_lazy("One joint visit for all that is open, as soon as anything is."),
    Way.WEEKLY: gettext_lazy(
        "Who waits is visited at once; planned checks come along, or go on the street's last day of the week that is "
        "at least so many days before they are due."
    ),
    Way.WAIT: gettext_lazy("One joint visit on the last day of whatever is due first."),
}
MOST_A_DAY = 1000
PLAIN = Choice()


class WhatIfForm(forms.Form):
    """The period and the rule. What is not said: the last year, the rule by which the street's nights are planned."""

    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    street = forms.ModelChoiceField(Street.objects.none(), label=gettext_lazy("Street"), empty_label=None)
    rule = forms.ChoiceField(label=pgettext_lazy("planner", "Rule"), choices=[(way.value, NAMES[way]) for way in RULES])
    margin = forms.IntegerField(
        label=gettext_lazy("Margin, days"),
        min_value=0,
        max_value=max(MARGINS),
        required=False,
        help_text=gettext_lazy("So many days before it is due a planned check goes by itself at the latest."),
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of the week"), choices=list(WEEKDAYS.items()), coerce=int, required=False
    )
    window = forms.ChoiceField(
        label=gettext_lazy("Planned checks are open"),
        choices=[("", gettext_lazy("as planned")), *((str(n), f"{n}") for n in WINDOWS if n)],
        required=False,
        help_text=gettext_lazy("Days from the first one on."),
    )
    a_day = forms.IntegerField(
        label=gettext_lazy("Parties a day at most"),
        min_value=1,
        max_value=MOST_A_DAY,
        required=False,
        help_text=gettext_lazy("Empty: no limit. With one, who can't be visited in time is late."),
    )

    def __init__(self, data: QueryDict, *, streets: list[Street]) -> None:
        super().__init__(completed(data, streets))
        rows = Street.objects.filter(pk__in=[street.pk for street in streets]).order_by("code")
        self.fields["street"].queryset = rows  # type: ignore[attr-defined]
        options = [("", _("as planned")), *((str(n), _("%(n)s days") % {"n": n}) for n in WINDOWS if n)]
        self.fields["window"].choices = options  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last:
            if first > last:
                self.add_error("first", _("The first day lies after the last. Exchange them."))
            elif (last - first).days >= LONGEST:
                self.add_error("first", _("At most two years at once. Choose a shorter time."))
        return given

    @property
    def choice(self) -> Choice:
        given = self.cleaned_data
        margin, weekday = given.get("margin"), given.get("weekday")
        return Choice(
            rule=Way(given["rule"]),
            margin=PLAIN.margin if margin is None else margin,
            window=int(given["window"]) if given.get("window") else None,
            weekday=PLAIN.weekday if weekday in (None, "") else weekday,
            a_day=given.get("a_day"),
        )


def completed(data: QueryDict, streets: list[Street]) -> QueryDict:
    given, today = data.copy(), timezone.localdate(now())
    given.setdefault("first", (today - timedelta(days=364)).isoformat())
    given.setdefault("last", today.isoformat())
    if streets:
        given.setdefault("street", str(streets[0].pk))
        asked = next((street for street in streets if str(street.pk) == given["street"]), streets[0])
        own = plan_rule(asked.pk)
        given.setdefault("rule", next(way.value for way, name in NIGHTLY.items() if name == own.name))
        given.setdefault("margin", str(min(own.margin, max(MARGINS))))
        given.setdefault("weekday", str(own.weekday))
    return given


@require_safe
@console_view()
def what_if(request: HttpRequest) -> HttpResponse:
    streets = streets_for(actor_for(request))
    form = WhatIfForm(request.GET, streets=streets)
    context: dict[str, Any] = {"form": form, "no_streets": not streets, "many_streets": len(streets) > 1}
    status = 200
    if streets and form.is_valid():
        given = form.cleaned_data
        try:
            found = street_what_if(given["street"].pk, given["first"], given["last"], form.choice)
        except TooMuch as much:
            words = _(
                "This period holds %(n)s reasons of single departments; at most %(most)s are replayed at once. "
                "Choose a shorter time."
            )
            form.add_error("first", words % {"n": much.args[0], "most": MOST})
        else:
            context |= shown(found, given["first"], given["last"]) | {"street": given["street"]}
    if form.errors and streets:
        status = INVALID
    return show(request, "console/what_if.html", context, status=status, at="plan_work")


def shown(found: WhatIf, first: date, last: date) -> dict[str, Any]:
    """Tables, curves and sentences of one replay."""
    told, choice = found.told, found.choice
    return {
        "found": found,
        "words": period_words(periods.custom(first, last)),
        "ways": [way_row(found, way) for way in (*BASELINES, *RULES)],
        "real": real_row(found),
        "most": max([found.past.real.visits, *(one.visits for one in told.ways.values())]),
        "margins": [_row(found, margin, one, margin == choice.margin) for margin, one in told.margins.items()],
        "margin_visits": [{"label": str(margin), "value": one.visits} for margin, one in told.margins.items()],
        "margin_late": [{"label": str(margin), "value": one.late} for margin, one in told.margins.items()],
        "marks": [{"label": way.value.upper(), "value": told.ways[way].visits} for way in BASELINES],
        "late_marks": [{"label": "B2", "value": told.ways[Way.B2].late}],
        "any_late": any(one.late for one in told.margins.values()),
        "margin_at": str(choice.margin),
        "windows": [_row(found, window, one, window == choice.window) for window, one in told.windows.items()],
        "rule_name": NAMES[choice.rule],
        "margin_counts": choice.rule in (Way.RIDING, Way.WEEKLY),
        "weekday": WEEKDAYS[choice.weekday] if choice.rule == Way.WEEKLY else "",
        "said": sentences(found),
    }


def _row(found: WhatIf, key: int | None, one: Outcome, on: bool) -> dict[str, Any]:
    return {"key": key, "one": one, "hours": found.hours(one.visits, one.squads), "on": on}


def way_row(found: WhatIf, way: Way) -> dict[str, Any]:
    one, base = found.told.ways[way], found.told.ways[Way.B2]
    return {
        "mark": way.value.upper() if way in BASELINES else "",
        "name": NAMES[way],
        "meant": MEANT[way],
        "one": one,
        "hours": found.hours(one.visits, one.squads),
        "against": one.visits - base.visits if way not in BASELINES else None,
        "on": way == found.choice.rule,
    }


def real_row(found: WhatIf) -> dict[str, Any]:
    real = found.past.real
    return {"real": real, "hours": found.hours(real.visits, real.squads)}


def sentences(found: WhatIf) -> list[tuple[str, str]]:
    """What the figures come to, in words: ``(kind, words)``, kind ``gain``, ``none`` or ``note``."""
    chosen, base, past, told = found.chosen, found.told.ways[Way.B2], found.past, found.told
    said = [_gain(chosen, base, str(NAMES[found.choice.rule]))]
    if chosen.late > base.late:
        words = _("%(n)s reasons of single departments would be served after their last day, under B2 %(m)s.")
        said.append(("none", words % {"n": chosen.late, "m": base.late}))
    if not told.planned:
        words = _("No planned check falls into this period: nothing can ride along, margin and window change nothing.")
        said.append(("note", words))
    if past.real.served:
        words = _(
            "%(n)s of these, counted by department, were really visited, in %(visits)s visits; "
            "for the same ones this rule makes %(made)s."
        )
        given = {"n": past.real.served, "visits": past.served_visits, "made": found.same.visits}
        said.append(("gain" if found.same.visits < past.served_visits else "none", words % given))
    if found.choice.a_day is None and past.busiest:
        words = _(
            "Without a limit a day nothing is late. "
            "Visits on the busiest day of this period: %(n)s. Try that as the limit."
        )
        said.append(("note", words % {"n": past.busiest}))
    if past.needs < FEW:
        words = ngettext(
            "Only %(n)s reason in this period: chance decides here. Take a longer time before you change a rule.",
            "Only %(n)s reasons in this period: chance decides here. Take a longer time before you change a rule.",
            past.needs,
        )
        said.append(("note", words % {"n": past.needs}))
    return said


def _gain(chosen: Outcome, base: Outcome, rule: str) -> tuple[str, str]:
    """Only what lies below B2 is gained by going together: each department could have that much by itself."""
    fewer = base.visits - chosen.visits
    given = {"rule": rule, "visits": chosen.visits, "base": base.visits, "n": abs(fewer)}
    if fewer > 0:
        given["share"] = f"{100 * fewer / base.visits:.1f}"
        words = _("“%(rule)s” makes %(visits)s visits: %(n)s fewer than B2 (%(base)s), that is %(share)s %%.")
        return "gain", words % given
    if fewer == 0:
        return "none", _("No gain: “%(rule)s” makes as many visits as B2 (%(base)s).") % given
    words = _("No gain: “%(rule)s” makes %(visits)s visits, %(n)s more than B2 (%(base)s).")
    return "none", words % given
