"""The sentences of the messages. Facts are numbers, names of parties and squads, moments; no complainant's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import DeadlineKind
from dispatch.notify.models import PauseCause
from teams.models import Named

TEXTS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "case_received": _("New case %(number)s to accept."),
        "case_received_urgent": _("Urgent case %(number)s to accept."),
        "complaint_joined": _("Another resident reports the same as case %(number)s."),
        "assigned": _("Case %(number)s is in your hands now."),
        "identity_revealed": _("A resident's contact was looked at, case %(number)s."),
        "identity_exported": _("A resident's data was handed out, case %(number)s."),
        "identity_erased": _("A resident's contact was erased, case %(number)s."),
        "resident_answered": _("The resident has answered in case %(number)s."),
        "complaint_withdrawn": _("A resident has withdrawn a report of case %(number)s."),
        "not_solved": _("A resident says that case %(number)s is not solved."),
        "recheck_planned": _("A recheck of %(target)s waits to be planned, case %(number)s."),
        "rectified": _("%(target)s has put things right, case %(number)s."),
        "to_approve": _("Order %(number)s for %(target)s waits for your approval."),
        "approved": _("Order %(number)s for %(target)s is approved and can be issued."),
        "sent_back": _("Order %(number)s for %(target)s was sent back with a reason."),
        "called": _("You are called: order %(number)s, %(target)s."),
        "called_again": _("You are called again: order %(number)s, %(target)s."),
        "need_joined": _("A further matter joined order %(number)s, %(target)s. Look at your items."),
        "need_joined_urgent": _(
            "Order %(number)s, %(target)s, is urgent now: a further matter joined it. Look at your items and hurry."
        ),
        "excused": _("You are excused from order %(number)s, %(target)s."),
        "cancelled": _("Order %(number)s for %(target)s is cancelled. Don't go."),
        "target_changed": _("Order %(number)s now goes to another party: %(target)s."),
        "planned": _("Order %(number)s, %(target)s: the day or hour of the visit was set. Look at it."),
        "urged": _("The office urges you: order %(number)s, %(target)s."),
        "acknowledged": _("%(squad)s has acknowledged order %(number)s."),
        "returned": _("%(squad)s has returned order %(number)s with a reason. Call again or choose another squad."),
        "missed": _("%(squad)s did not come to the visit of order %(number)s."),
        "visit_failed": _("The visit of order %(number)s could not take place: %(target)s."),
        "to_rule": _("The visit of order %(number)s is closed. Your findings at %(target)s wait for a ruling."),
        "lab_commissioned": _("A test is commissioned from you, order %(number)s."),
        "lab_cancelled": _("The test on order %(number)s, %(target)s, is called off."),
        "lab_reported": _("The laboratory has reported on order %(number)s, %(target)s."),
        "ruled": _("A ruling was issued on order %(number)s, %(target)s."),
        "deadline_warned": _("Soon due: %(clock)s, %(number)s, by %(due)s."),
        "deadline_passed": _("Overdue: %(clock)s, %(number)s, was due %(due)s."),
        "deadline_escalated": _("Supervision level %(level)s: %(clock)s, %(number)s, overdue since %(due)s."),
        "squad_warned": _("Soon due for %(squad)s: %(clock)s, %(target)s, order %(number)s, by %(due)s."),
        "squad_passed": _("Overdue for %(squad)s: %(clock)s, %(target)s, order %(number)s, was due %(due)s."),
        "certificate_soon": _("The certificate %(number)s of %(name)s is valid until %(day)s: %(left)s days left."),
        "certificate_over": _("The certificate %(number)s of %(name)s has run out on %(day)s."),
        "night_done": _(
            "Night plan of %(street)s, %(night_day)s: %(opened)s orders drafted for %(needs)s reasons to visit. "
            "They wait for you to submit them."
        ),
        "night_left": _(
            "Night plan of %(street)s, %(night_day)s: %(opened)s orders drafted for %(needs)s reasons to visit; "
            "left to you: %(held)s (%(night_left)s)."
        ),
        "night_broken": _(
            "The night plan of %(street)s, %(night_day)s, broke off after %(looked)s of %(parties)s parties: "
            "%(opened)s orders drafted. The next night looks at all again."
        ),
        "token_issued": _(
            "A token for programs was issued for your account: %(name)s. If you don't know why, ask the administrator."
        ),
        "webhook_paused": _("The webhook “%(name)s” no longer sends. %(webhook_cause)s. Mend it and let it go on."),
        "squad_escalated": _(
            "Supervision level %(level)s, %(squad)s: %(clock)s, %(target)s, order %(number)s, overdue since %(due)s."
        ),
    }
)
NIGHT_LEFT: Mapping[str, str | Promise] = MappingProxyType(
    {
        "guarded": _("needs a written reason: %(n)s"),
        "waits": _("put off, its days allow it: %(n)s"),
        "no_squad": _("no squad or no lead: %(n)s"),
        "failed": _("could not be drafted: %(n)s"),
    }
)
"""Why a party of the night plan has no order."""
_BY = _("Acknowledge by %(until)s.")
_MORE = _("And %(more)s more.")


def named(row: Named) -> dict[str, str]:
    """A squad's or agency's name as a fact of a message, in both languages."""
    return {"zh": row.name, "en": row.name_en or row.name}


def render(text: str, params: Mapping[str, Any], language: str, *, more: int = 0) -> str:
    """The sentence in the reader's language. An unknown key (an older row) gives the key: a list never breaks."""
    with translation.override(language):
        facts = {key: _spoken(key, value, language) for key, value in params.items()}
        sentence = TEXTS.get(text)
        try:
            words = [str(sentence) % facts] if sentence is not None else [text]
        except KeyError:
            words = [text]
        if "until" in facts:
            words.append(str(_BY) % facts)
        if more:
            words.append(str(_MORE) % {"more": more})
        return " ".join(words) if language.startswith("en") else "".join(words)


def _spoken(key: str, value: Any, language: str) -> str:
    if key == "night_day":
        return date_format(date.fromisoformat(value), gettext("j M Y"))
    if key == "night_left":
        return gettext(", ").join(str(NIGHT_LEFT.get(code, code)) % {"n": n} for code, n in value.items())
    if isinstance(value, dict):
        return str(value["en" if language.startswith("en") else "zh"])
    if key in ("due", "until"):
        return date_format(timezone.localtime(datetime.fromisoformat(str(value))), gettext("j M H:i"))
    if key == "clock":
        return str(DeadlineKind(value).label)
    if key == "webhook_cause":
        return capfirst(str(PauseCause(value).label))
    return str(value)
