"""What the office does to a case, a complaint or a rating: one table, one small page each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Complaint, Feedback
from cases.refusals import Refused
from cases.selectors.board import STAGES
from cases.selectors.nextstep import ACCEPT_THEN
from cases.selectors.phrases import line_phrases
from cases.selectors.possible import case_bar, feedback_bar
from cases.services import casefile, closure, feedback, identity, intake, triage
from dispatch.console import forms
from dispatch.console.acts import Act, Place, act_view, make_form
from dispatch.console.frame import console_view, show
from dispatch.console.nextacts import next_of_case
from dispatch.web.access import actor_for, case_or_404, complaint_or_404, feedback_or_404
from dispatch.web.fresh import prove
from dispatch.web.refusals import INVALID, put_refusal
from teams.policies import Actor

Data = Mapping[str, Any]


def _case_url(case: Case) -> str:
    return reverse("console:case", args=[case.pk])


def queue_of(subject: Case) -> str:
    """The queue in which the case stands now; ended ones belong to none, so the whole board."""
    return next((name for name, stages in STAGES.items() if subject.stage in stages), "all")


def _matter(case: Case) -> str:
    """Which case an act is about: its party or title, and its category."""
    return "·".join(str(word) for word in (case.target or case.title, case.category) if word)


def _acted_on(request: HttpRequest, pk: int, right: str | None) -> Case:
    """What is sent needs the number and the street alone; a page about the case needs more."""
    return case_or_404(request, pk, right, whole=request.method != "POST")


CASES = Place(
    _acted_on,
    lambda case: str(case.reference),
    _case_url,
    case_bar,
    lambda actor, case, _slug: next_of_case(actor, case),
    queue_of,
    _matter,
)


def _accept(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_accept(actor=actor, case_id=case.pk)


def _reject(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_reject(actor=actor, case_id=case.pk, reason=data["reason"])


def _ask(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_ask(actor=actor, case_id=case.pk, complaint_id=data["complaint"], question=data["question"])


def _resume(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_resume(actor=actor, case_id=case.pk)


def _return(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_return(actor=actor, case_id=case.pk, reason=data["reason"])


def _take_back(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_take_back(actor=actor, case_id=case.pk, reason=data["reason"])


def _join(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_join(actor=actor, case_id=case.pk, into_case_id=data["into"], reason=data["reason"])


def _settle(actor: Actor, case: Case, data: Data) -> object:
    return triage.case_settle(actor=actor, case_id=case.pk, words=data["result_text"])


def _split(actor: Actor, case: Case, data: Data) -> object:
    category = data["category"]
    return triage.case_split(
        actor=actor, case_id=case.pk, problem=data["problem"], category_id=category.pk if category else None
    )


def _note(actor: Actor, case: Case, data: Data) -> object:
    return casefile.case_note(actor=actor, case_id=case.pk, text=data["text"], client_key=data["client_key"] or None)


def _check_after(actor: Actor, case: Case, data: Data) -> object:
    return closure.checkafter_submit(actor=actor, case_id=case.pk, passed=data["passed"], words=data["words"])


def _close(actor: Actor, case: Case, data: Data) -> object:
    return closure.case_close(actor=actor, case_id=case.pk, result_text=data["result_text"])


CASE_ACTS: Mapping[str, Act] = {
    act.slug: act
    for act in (
        Act(
            "accept",
            "case.accept",
            _("Accept"),
            _("Accept"),
            _accept,
            _("Accepted: it stands in triage now."),
            why=ACCEPT_THEN,
        ),
        Act(
            "reject",
            "case.reject",
            _("Reject"),
            _("Reject and tell the resident"),
            _reject,
            _("Rejected; the resident is told why."),
            forms.ReasonForm,
            _("The resident reads this reason; every clock of the case stops. Say who is competent, if you know."),
            danger=True,
        ),
        Act(
            "ask",
            "case.triage",
            _("Ask the resident"),
            _("Ask"),
            _ask,
            _("Asked: the case waits for the answer."),
            forms.AskForm,
            _("The clock of triage stops until the answer comes or you go on. The term of the whole case runs on."),
        ),
        Act(
            "resume",
            "case.triage",
            _("Go on without an answer"),
            _("Go on"),
            _resume,
            _("Taken up again: it stands in triage."),
            why=_("It goes back to triage with a new clock. The question stays on the resident's page."),
        ),
        Act(
            "return",
            "case.return",
            _("Back to triage"),
            _("Send back to triage"),
            _return,
            _("It stands in triage again."),
            forms.ReasonForm,
            _("An open need is withdrawn and the clock of triage starts anew; a step back needs a written reason."),
        ),
        Act(
            "take-back",
            "case.return",
            _("Take back"),
            _("Take back into triage"),
            _take_back,
            _("It stands in triage again."),
            forms.ReasonForm,
            _("The clocks of triage and of the whole case start anew; the resident's page shows that it goes on."),
        ),
        Act(
            "join",
            "case.join",
            _("Join to another case"),
            _("Join"),
            _join,
            _("Joined; each complainant keeps a private line."),
            forms.JoinForm,
            _("Both cases must be about one party. The other one goes on with all complaints."),
        ),
        Act(
            "settle",
            "case.triage",
            _("Mediation is over"),
            _("Hand on for checking"),
            _settle,
            _("Handed on for checking."),
            forms.CloseForm,
            _("Somebody else checks whether it holds: the clock of that check starts."),
        ),
        Act(
            "split",
            "case.triage",
            _("Two problems in one report"),
            _("Open the second case"),
            _split,
            _("The second case stands in your line; the complainants read both results on one page."),
            forms.SplitForm,
            _("The report stays with this case and belongs to the new one too; each goes its own way."),
        ),
        Act(
            "note",
            "case.note",
            _("Add a note"),
            _("Write it down"),
            _note,
            _("Noted."),
            forms.NoteForm,
            _("For the office: neither residents nor squads read it."),
        ),
        Act(
            "check-after",
            "case.check_after",
            _("Check after"),
            _("Put on record"),
            _check_after,
            _("The check is on record."),
            forms.CheckAfterForm,
            _(
                "By someone who was not on the visit. If it is solved, the residents are answered next; "
                "if not, it goes back to triage as rework."
            ),
        ),
        Act(
            "close",
            "case.close",
            _("Close the case"),
            _("Close and tell the complainants"),
            _close,
            _("Closed; every complainant can read the result and rate it."),
            forms.CloseForm,
            _("Every clock of the case stops. Whoever finds it not solved can say so, and it comes back to you."),
        ),
    )
}


def case_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: act_view(CASES, act) for slug, act in CASE_ACTS.items()}


# --- one complainant's private line ---


def _case_of(complaint: Complaint) -> Case | None:
    """The newest case that answers the complaint."""
    links = complaint.case_links.select_related("case__target", "case__category").order_by("-joined_at", "-pk")
    return next((link.case for link in links[:1]), None)


def _complaint_url(complaint: Complaint) -> str:
    case = _case_of(complaint)
    return f"{_case_url(case)}#lines" if case else reverse("console:board")


def _line(actor: Actor, complaint: Complaint, data: Data) -> object:
    return intake.line_write(
        actor=actor,
        complaint_id=complaint.pk,
        kind=data["kind"],
        text=data["text"],
        client_key=data["client_key"] or None,
    )


def _line_about(complaint: Complaint) -> Mapping[str, Any]:
    return {
        "thread": list(complaint.lines.select_related("written_by").order_by("at", "pk")),
        "phrases": line_phrases(complaint.street_id),
    }


COMPLAINTS = Place(
    complaint_or_404,
    lambda complaint: str(complaint.reference),
    _complaint_url,
    lambda _actor, _complaint, _slug: "",  # a line may always be written
    lambda _actor, _complaint, _slug: {},
    lambda complaint: queue_of(case) if (case := _case_of(complaint)) else "",
    lambda complaint: _matter(case) if (case := _case_of(complaint)) else "",
)
line = act_view(
    COMPLAINTS,
    Act(
        "line",
        "complaint.line",
        _("Write to this complainant"),
        _("Send"),
        _line,
        _("Written; it stands on the private page."),
        forms.LineForm,
        _("Only this person reads it. Say nothing about other complainants."),
        about=_line_about,
    ),
)


@console_view()
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and phone in clear for a stated purpose; the look is written down. Shown once, never stored by a browser."""
    complaint = complaint_or_404(request, pk, "identity.reveal")
    prove(request)
    form = forms.RevealForm(request.POST if request.method == "POST" else None, subject=complaint)
    shown: Mapping[str, str] | None = None
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                shown = identity.identity_reveal(actor=actor_for(request), complaint_id=pk, **form.cleaned_data)
                status = 200
            except Refused as refused:
                status = put_refusal(form, refused)
    context = {
        "form": form,
        "shown": shown,
        "back": _complaint_url(complaint),
        "action": request.path,
        "subject_name": complaint.reference,
    }
    if request.headers.get("HX-Request"):
        response = show(request, "console/reveal.html#form", context, status=status)
    else:
        whole = {**context, "matter": COMPLAINTS.matter(complaint)}
        response = show(request, "console/reveal.html", whole, status=status, at=COMPLAINTS.queue(complaint))
    response["Cache-Control"] = "no-store"
    return response


# --- rework that a resident asks for ---


def _decide(actor: Actor, row: Feedback, data: Data) -> object:
    return feedback.rework_decide(actor=actor, feedback_id=row.pk, accept=data["accept"], reason=data["reason"])


def _their_words(row: Feedback) -> Data:
    return {"said": (_("Rated %(n)s of 5") % {"n": row.satisfied}, row.words)}


FEEDBACK = Place(
    feedback_or_404,
    lambda row: str(row.case.reference),
    lambda row: _case_url(row.case),
    feedback_bar,
    lambda actor, row, _slug: next_of_case(actor, row.case),
    lambda _row: "feedback",
    lambda row: _matter(row.case),
)
decide = act_view(
    FEEDBACK,
    Act(
        "rework",
        "case.rework",
        _("Rework asked for"),
        _("Decide"),
        _decide,
        _("Decided; the resident can read it."),
        forms.ReworkForm,
        _("The resident says it is not solved. Working on it again leads back to triage with new clocks."),
        about=_their_words,
    ),
)

__all__ = ["CASE_ACTS", "case_views", "decide", "line", "make_form", "reveal"]
