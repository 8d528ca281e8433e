"""The one next thing to do about a case, and why it is that: for the board in two words, for the case page in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.models import CaseStage, OrderState, PartState, Urgency
from cases.selectors.board import OrderGlance, PartGlance

ACCEPT_THEN = gettext_lazy(
    "It is in your hands then: the clock to register stops, the one for triage starts. "
    "The resident sees it on the private page."
)
SUBMIT_THEN = gettext_lazy(
    "The head of office is told and the approval's clock starts. "
    "An urgent order may go at once and is approved within 24 hours."
)
ISSUE_THEN = gettext_lazy("Each squad is told at once, and its clocks to acknowledge and to report in start.")
ISSUE_FIRST_THEN = gettext_lazy(
    "Each squad is told at once and its clocks start. The approval is made up within 24 hours, and the order says so."
)
URGE_THEN = gettext_lazy("The squad and its leader are reminded. No clock starts or stops.")
"""What follows from a button of the next step, said beside it and on the page of the act."""


@dataclass(frozen=True, slots=True)
class Step:
    """``code`` is stable; ``label`` stands on the board; ``title`` and ``why`` on the case page."""

    code: str
    label: str
    title: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """Findings to rule on: how many, of which agencies, and whether their time is over."""

    count: int = 0
    agencies: Sequence[str] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the case page knows beyond the row: open findings, tests under way, the last check, rework asked."""

    to_rule: Owed = Owed()
    labs: int = 0
    checked: bool | None = None
    rework_asked: bool = False
    open_need: bool = True
    made_up_missing: bool = False


class Standing(Protocol):
    """A case, or the columns of it that tell its next step."""

    @property
    def stage(self) -> str: ...
    @property
    def urgency(self) -> str: ...
    @property
    def rework_count(self) -> int: ...
    @property
    def transferred_to(self) -> str: ...
    @property
    def result_text(self) -> str: ...


def step_of(case: Standing, order: OrderGlance | None, facts: Facts | None = None) -> Step:
    """The next step of a case. Asks no permission: who may not do it reads what others will do."""
    known = facts or Facts()
    if known.rework_asked:
        return Step(
            "rework",
            _("Decide rework"),
            _("A resident says it is not solved: decide whether to work on it again"),
            _("Accepting leads back to triage; refusing needs a reason that the resident reads."),
        )
    if case.stage == CaseStage.ACCEPTED and case.rework_count:
        return Step(
            "triage",
            _("Triage"),
            _("It came back, not solved: decide anew what it is and who goes"),
            _("The timeline says who found it not solved, and what they wrote."),
        )
    before = _BEFORE.get(case.stage)
    if before is not None:
        return before()
    if case.stage == CaseStage.CHECKING:
        return _closing(known)
    if case.stage in (CaseStage.PLANNING, CaseStage.RECTIFYING):
        return _planning(case, order, known)
    if case.stage == CaseStage.DISPATCHED and order is not None:
        return _on_the_way(order, known)
    if case.stage == CaseStage.VISITING and order is not None:
        return _visiting(order)
    if case.stage == CaseStage.RULING:
        return _ruling(known)
    return _ended(case)


def _ended(case: Standing) -> Step:
    if case.stage in (CaseStage.DISPATCHED, CaseStage.VISITING):
        return Step(
            "wait_visit",
            _("View"),
            _("Its order is not shown here: open the orders of the party"),
            _("The case is on the way, but nobody of this order is known to it."),
        )
    words = {
        CaseStage.JOINED: (
            _("Nothing is to be done here: the case it was joined to goes on"),
            _("Its complainants read the progress there, each on their own line."),
        ),
        CaseStage.TRANSFERRED: (
            _("Nothing is to be done: it was handed to %(unit)s") % {"unit": case.transferred_to}
            if case.transferred_to
            else _("Nothing is to be done: it was handed to another unit"),
            _("The complainants were told who is competent."),
        ),
        CaseStage.REJECTED: (
            _("Nothing is to be done: it was not taken up"),
            _("The complainants read the reason on the private page."),
        ),
        CaseStage.CLOSED: (
            _("Nothing is to be done: the case has ended"),
            _("The complainants read the result and may rate it; “not solved” brings it back to you."),
        ),
    }
    title, why = words.get(CaseStage(case.stage), (_("Nothing is to be done: the case has ended"), ""))
    if case.stage == CaseStage.CLOSED and not case.result_text:
        why = ""  # withdrawn: there is no result to read
    return Step("none", _("View"), title, why)


def _accept() -> Step:
    return Step(
        "accept",
        _("Accept"),
        _("Accept it, or say why it is not for this office"),
        str(ACCEPT_THEN),
    )


def _triage() -> Step:
    return Step(
        "triage",
        _("Triage"),
        _("Decide what it is and who goes"),
        _("Category, party, repeats and agencies are proposed with their reasons; a person decides."),
    )


def _asking() -> Step:
    return Step(
        "asking",
        _("View"),
        _("Waiting for the resident's answer"),
        _("The term of the whole case runs on meanwhile. Take it up again when the question is settled another way."),
    )


def _mediating() -> Step:
    return Step(
        "mediate",
        _("Mediate"),
        _("Mediate between the two sides, then hand it on for checking"),
        _("Write down what they agreed; somebody else checks whether it holds."),
    )


_BEFORE: Mapping[str, Callable[[], Step]] = {
    CaseStage.RECEIVED: _accept,
    CaseStage.ACCEPTED: _triage,
    CaseStage.ASKING: _asking,
    CaseStage.MEDIATING: _mediating,
}


def _planning(case: Standing, order: OrderGlance | None, known: Facts) -> Step:
    recheck = case.stage == CaseStage.RECTIFYING
    if order is None or order.state in (OrderState.RULING, OrderState.DONE, OrderState.ON_SCENE):
        if recheck and not known.open_need:
            return Step(
                "wait_recheck",
                _("View"),
                _("The party is putting it right"),
                _("A recheck is asked for when the date has come."),
            )
        return Step(
            "open_order",
            _("Plan recheck") if recheck else _("Plan"),
            _("Draft the recheck order") if recheck else _("Draft the check-once order of this party"),
            _("All open needs of the party go into one visit."),
        )
    if case.urgency != Urgency.GENERAL and order.state in (OrderState.DRAFTED, OrderState.TO_APPROVE):
        return Step(
            "issue",
            _("Issue"),
            _("It is urgent: issue order %(number)s at once") % {"number": order.number},
            str(ISSUE_FIRST_THEN),
        )
    if order.state == OrderState.DRAFTED:
        return Step(
            "submit",
            _("Submit"),
            _("Submit order %(number)s for approval") % {"number": order.number},
            str(SUBMIT_THEN),
        )
    if order.state == OrderState.TO_APPROVE:
        return Step(
            "approve",
            _("Approve"),
            _("Order %(number)s waits for approval by the head of office") % {"number": order.number},
            _("Read which agencies go and why, then approve or send back."),
        )
    if order.state == OrderState.APPROVED:
        return Step(
            "issue",
            _("Issue"),
            _("Issue order %(number)s: whistle the squads") % {"number": order.number},
            str(ISSUE_THEN),
        )
    return _on_the_way(order, known)


def _names(parts: Sequence[PartGlance]) -> str:
    if len(parts) > 3:
        return _("%(n)s squads") % {"n": len(parts)}
    return _(", ").join(part.name for part in parts)


def _on_the_way(order: OrderGlance, known: Facts) -> Step:
    returned = [part for part in order.parts if part.state == PartState.RETURNED]
    if returned:
        return Step(
            "reassign",
            _("Reassign %(squad)s") % {"squad": returned[0].name},
            _("Returned: %(squads)s. Call again or give the part to another squad") % {"squads": _names(returned)},
            _("After two returns the office rules, and the first recipient handles it meanwhile."),
        )
    silent = [part for part in order.parts if part.state == PartState.CALLED]
    late = [part for part in silent if part.late]
    if late:
        return Step(
            "urge",
            _("Urge %(squad)s") % {"squad": late[0].name},
            _("Not acknowledged in time: %(squads)s") % {"squads": _names(late)},
            _("Its leader has been told of the lateness. Urging reminds squad and leader once more; no clock changes."),
        )
    if silent:
        return Step(
            "wait_acknowledge",
            _("View"),
            _("Waiting for %(squads)s to acknowledge") % {"squads": _names(silent)},
            _("You see who is silent and may urge at any time: squad and leader are reminded, no clock changes."),
        )
    if known.made_up_missing:
        return Step(
            "approve",
            _("Approve"),
            _("Make up the approval of order %(number)s") % {"number": order.number},
            _("It was urgent and went out first; the approval is due within 24 hours."),
        )
    return Step(
        "wait_visit",
        _("View"),
        _("Every squad has acknowledged: they are on the way"),
        _("The first squad that reports in starts the visit."),
    )


def _visiting(order: OrderGlance) -> Step:
    there = [part for part in order.parts if part.state in (PartState.ON_SCENE, PartState.DONE)]
    missing = [part for part in order.parts if part.state in (PartState.CALLED, PartState.ACKNOWLEDGED)]
    why = ""
    if missing:
        why = _("Not there yet: %(squads)s") % {"squads": _names(missing)}
    finished = [part for part in there if part.state == PartState.DONE]
    if there and not missing and len(finished) == len(there):
        return Step(
            "wait_visit",
            _("View"),
            _("Every squad has finished its list: the lead closes the visit"),
            _("What was found goes to the officers of the competent agencies for their rulings."),
        )
    count = len(there)
    if not missing:
        why = _("They answer their lists; the lead closes the visit when all have finished.")
    title = ngettext("%(count)s squad is on scene", "%(count)s squads are on scene", count) % {"count": count}
    return Step("wait_visit", _("View"), title, why)


def _ruling(known: Facts) -> Step:
    if known.labs:
        return Step(
            "wait_lab",
            _("View"),
            _("Waiting for the laboratory's report"),
            _("The squads rule when the value is in."),
        )
    title, why = ruling_words(known.to_rule)
    return Step("wait_ruling", _("View"), title, why)


def ruling_words(owed: Owed) -> tuple[str, str]:
    """Title and reason while findings wait for their rulings: whose turn it is, and what to do when it is late."""
    why = _("An officer of the competent agency decides and gives the reason.")
    if not owed.count:
        return _("The squads rule on what they found"), why
    title = ngettext(
        "%(count)s finding to rule on: %(agencies)s", "%(count)s findings to rule on: %(agencies)s", owed.count
    ) % {"count": owed.count, "agencies": _(", ").join(owed.agencies)}
    if owed.late:
        why = _("The time for it is over. Urging reminds the squad and its leader; no clock changes.")
    return title, why


def _closing(known: Facts) -> Step:
    if known.checked is None:
        return Step(
            "check_after",
            _("Check after"),
            _("Check whether it was really solved"),
            _("By someone who was not on the visit; a problem of the night is checked at the same hour."),
        )
    return Step(
        "close",
        _("Close the case"),
        _("Close it, in words for the people who complained"),
        _("The check is passed. Each complainant reads the result on the private page and may rate it."),
    )
