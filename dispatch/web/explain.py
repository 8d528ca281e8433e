"""The planner's reasons in words. A note is a code with facts (``cases.law.Note``); an unknown code stays silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.law import Note
from dispatch.web.moments import moment_words

WORDS: Mapping[str, object] = {
    "no_street_team": _("The street has no enforcement team of its own: choose who leads."),
    "hours_apart": _("Two needs have hours that exclude each other, so %(visits)s visits are planned."),
    "saves_visits": _("Departments merged into one visit; visits saved: %(count)s."),
    "lead_by_choice": _("Another squad leads, chosen with a reason."),
    "street_team_leads": _("The street's own enforcement team leads."),
    "obligatory": _("Has the power for this category."),
    "asked_for": _("A reason to visit asks for it."),
    "no_squad": _("No squad of this agency serves the street."),
    "stationed_squad": _("Its squad is stationed at this street."),
    "module_squad": _("A module squad that answers when called."),
    "squad_off_duty": _("This squad is off duty now."),
    "now_overdue": _("A need is overdue since %(due)s."),
    "now_urgent": _("A need is urgent: go now."),
    "rides_along": _("Another need rides along; it has time until %(until)s."),
    "go_until": _("Go by %(due)s."),
    "recheck_after": _("A recheck of the visit of %(visit)s."),
    "guard_cooling_off": _(
        "Visited on %(visit)s: less than %(days)s days between. Wait until %(until)s, or let it ride along."
    ),
    "guard_yearly_cap": _(
        "%(used)s of %(most)s inspections of %(year)s are used up. Leave it for another year, or let it ride along."
    ),
    "guard_no_disturb": _("On the no-disturb list: inspected only on a clue. Planned checks may ride along."),
    "guard_recognised": _(
        "Items checked already that still count: %(count)s, the last on %(visit)s. Leave them out until %(until)s."
    ),
    "guard_overridden": _("It goes all the same: %(reason)s"),
    "night_plan": _("Proposed by the night plan of %(day)s: a person approves and issues it."),
    "night_day_come": _("The day of a reason to visit has come by the office's rule: %(day)s."),
    "night_weekday": _("A planned check waited for the street's %(weekday)s."),
    "night_weekday_late": _("No %(weekday)s of the street was left for a planned check: its last day is %(until)s."),
    "night_could_wait": _("Another reason could have waited until %(until)s; it rides along."),
    "night_left_out": _("Planned checks that the guard speaks against were left out: %(count)s."),
    "night_no_squad": _("No squad serves this street for these agencies."),
    "night_lead_reason_needed": _("The street has no team of its own: a person chooses who leads."),
    "night_guarded": _("Nothing goes at night that needs a written reason: a person decides."),
    "night_waits": _("Its days allow to wait until %(until)s."),
    "night_failed": _("It could not be drafted: open it by hand; the log says what broke."),
    "route_late": _("Begins %(minutes)s minutes after the last moment that fits its hours."),
    "route_after_turn": _("Ends %(minutes)s minutes after the team's turn."),
    "route_back_late": _("The team is back %(minutes)s minutes after its turn."),
    "route_too_many": _("%(load)s visits, but this team makes %(most)s a day at most."),
    "route_squads_missing": _("The team lacks %(squads)s."),
    "route_no_team": _("No team of the day brings all its squads together: %(squads)s."),
    "route_closed": _("Within no team's turn is it open, or may it be visited."),
    "route_far": _("Too far even for a team that goes nowhere else: %(minutes)s minutes short."),
    "route_full": _("Every team that could go has its number of visits: %(load)s of %(most)s."),
    "route_no_room": _("No team has room: at the best place it would end %(minutes)s minutes too late."),
    "route_not_worth": _("It would fit, but %(metres)s metres out of the way; it has time yet."),
    "other_target": _("It is about another party."),
    "order_not_live": _("That order's visit has begun or ended."),
    "recheck_of_this_visit": _("A recheck can't join the visit that caused it."),
    "announcement_differs": _("One is announced, the other not."),
    "stays_alone": _("It is marked to stay alone."),
    "windows_apart": _("Their days don't meet: it opens on %(opens)s."),
}

_DAYS = frozenset({"day", "due", "until", "opens", "visit"})


def explained(notes: Iterable[Note | Mapping[str, Any]]) -> list[str]:
    """The sentences of the notes, in the reader's language, each once."""
    found: dict[str, None] = {}
    for note in notes:
        code, params = (note.code, note.params) if isinstance(note, Note) else (note["code"], note.get("params", {}))
        sentence = WORDS.get(code)
        if sentence is None or (code == "saves_visits" and not params.get("count")):
            continue
        try:
            found[str(sentence) % {name: _readable(name, value) for name, value in params.items()}] = None
        except (KeyError, TypeError, ValueError):
            continue
    return list(found)


def _readable(name: str, value: Any) -> Any:
    """A day as the pages write it: notes keep it as 2026-12-01."""
    if name == "weekday":
        return WEEKDAYS[value]
    day = parse_date(value) if name in _DAYS and isinstance(value, str) else None
    if isinstance(value, list):
        return gettext(", ").join(map(str, value))
    return moment_words(day, "date") if day else value
