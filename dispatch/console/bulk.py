"""Acts on several cases at once: each by itself through its service; what is refused is named, the rest is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from cases.models import Case, Finding, FindingState, Order, PartState
from cases.refusals import Refused
from cases.selectors.board import QUEUES, last_change, orders_of, parts_fill
from cases.selectors.nextstep import ACCEPT_THEN, URGE_THEN
from cases.services import casefile, orders, triage
from dispatch.console import undoing
from dispatch.console.boardpage import ids_of, page_url, query_of
from dispatch.console.bulk_forms import AssignForm, BulkForm, JoinForm, RejectForm
from dispatch.console.frame import console_view, show
from dispatch.console.undoing import undo_words as undo_words
from dispatch.web.access import actor_for, check_right_somewhere
from dispatch.web.moments import moment_words
from dispatch.web.refusals import INVALID
from teams.policies import Actor

MOST = 200
"""So many are acted on at once: a page of the board, and what was chosen before."""


@dataclass(slots=True)
class Outcome:
    """What became of each: ``done`` in order, ``refused`` with the reason, ``kept`` what an undo needs to know."""

    done: list[Case] = field(default_factory=list)
    refused: list[tuple[Case, str]] = field(default_factory=list)
    kept: dict[int, Any] = field(default_factory=dict)


Each = Callable[[Actor, Case, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Bulk:
    """One act. ``each`` does it to one case and answers what an undo needs; ``done`` says it for so many.

    Without a form it is done at once; with one the form is asked for first.
    """

    slug: str
    right: str
    label: str | Promise
    key: str
    each: Each
    done: Callable[[int], str]
    form: type[BulkForm] | None = None
    button: str | Promise = ""
    why: str | Promise = ""
    danger: bool = False


def _accept(actor: Actor, case: Case, _data: Mapping[str, Any]) -> None:
    triage.case_accept(actor=actor, case_id=case.pk)


def _assign(actor: Actor, case: Case, data: Mapping[str, Any]) -> list[int | None]:
    owner_id = data["owner"]
    casefile.case_assign(actor=actor, case_id=case.pk, owner_id=owner_id)
    return [case.owner_id, owner_id]


def _reject(actor: Actor, case: Case, data: Mapping[str, Any]) -> None:
    triage.case_reject(actor=actor, case_id=case.pk, reason=data["reason"])


def _join(actor: Actor, case: Case, data: Mapping[str, Any]) -> None:
    triage.case_join(actor=actor, case_id=case.pk, into_case_id=data["into"], reason=data["reason"])


def _urge(actor: Actor, case: Case, _data: Mapping[str, Any]) -> None:
    """The squads of the present order that have not answered; else those not there yet, then those that must rule."""
    found = orders_of([case.pk])
    parts_fill(found.values())
    parts = [part for order in found.values() for part in order.parts]
    standing = {state: [part.id for part in parts if part.state == state] for state in PartState}
    wanted = standing[PartState.CALLED] or standing[PartState.ACKNOWLEDGED]
    if not wanted:
        to_rule = Finding.objects.filter(part__in=standing[PartState.DONE], state=FindingState.OPEN)
        wanted = sorted(set(to_rule.values_list("part_id", flat=True)))
    if not wanted:
        raise Refused("nothing_to_urge", gettext_lazy("No squad has anything open to be urged for."))
    with transaction.atomic():
        for part_id in wanted:
            orders.part_urge(actor=actor, part_id=part_id)


BULK: Mapping[str, Bulk] = {
    act.slug: act
    for act in (
        Bulk(
            "accept",
            "case.accept",
            gettext_lazy("Accept"),
            "a",
            _accept,
            lambda n: ngettext("%(n)s case accepted.", "%(n)s cases accepted.", n) % {"n": n},
            why=ACCEPT_THEN,
        ),
        Bulk(
            "assign",
            "case.assign",
            gettext_lazy("Assign"),
            "d",
            _assign,
            lambda n: ngettext("%(n)s case assigned.", "%(n)s cases assigned.", n) % {"n": n},
            AssignForm,
            gettext_lazy("Assign"),
            gettext_lazy("The new owner is told, and finds it under “Owner: me”."),
        ),
        Bulk(
            "urge",
            "part.urge",
            gettext_lazy("Urge"),
            "u",
            _urge,
            lambda n: (
                ngettext("The squads of %(n)s case were urged.", "The squads of %(n)s cases were urged.", n) % {"n": n}
            ),
            why=URGE_THEN,
        ),
        Bulk(
            "join",
            "case.join",
            gettext_lazy("Join"),
            "m",
            _join,
            lambda n: ngettext("%(n)s case joined.", "%(n)s cases joined.", n) % {"n": n},
            JoinForm,
            gettext_lazy("Join"),
            gettext_lazy(
                "One goes on with all complaints, the others end in it. Each complainant keeps a private line."
            ),
        ),
        Bulk(
            "reject",
            "case.reject",
            gettext_lazy("Reject"),
            "r",
            _reject,
            lambda n: (
                ngettext(
                    "%(n)s case rejected; the residents are told why.",
                    "%(n)s cases rejected; the residents are told why.",
                    n,
                )
                % {"n": n}
            ),
            RejectForm,
            gettext_lazy("Reject and tell the residents"),
            gettext_lazy(
                "Every complainant reads this reason; every clock of these cases stops. "
                "Say who is competent, if you know."
            ),
            danger=True,
        ),
    )
}


def bulk_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: _view(act) for slug, act in BULK.items()}


def _view(act: Bulk) -> Callable[..., HttpResponse]:
    @require_POST
    @console_view()
    def view(request: HttpRequest) -> HttpResponse:
        check_right_somewhere(request, act.right)
        actor, cases = actor_for(request), _chosen(request)
        if not cases:
            return answer(request, [("warning", _("Choose cases first."))])
        data: Mapping[str, Any] = {}
        if act.form is not None:
            sure = "sure" in request.POST
            form = act.form(request.POST if sure else None, cases=cases, actor=actor)
            if not (sure and form.is_valid() and "look" not in request.POST):
                return _ask(request, act, form, cases, INVALID if sure and form.errors else 200)
            data = form.cleaned_data
        outcome = _do(act, actor, cases, data)
        return answer(request, _said(act, outcome), cases=cases, act=act, outcome=outcome)

    view.__name__ = f"bulk_{act.slug}"
    return view


def _chosen(request: HttpRequest) -> list[Case]:
    """The cases of the ticked rows, or of the one row whose button was pressed; those of others fall out."""
    wanted = [request.POST["only"]] if request.POST.get("only") else request.POST.getlist("pick")
    rows = Case.objects.visible_to(actor_for(request)).filter(pk__in=ids_of(wanted, MOST))
    return list(rows.select_related("target", "category", "street", "owner").order_by("pk"))


def _do(act: Bulk, actor: Actor, cases: Sequence[Case], data: Mapping[str, Any]) -> Outcome:
    outcome = Outcome()
    for case in cases:
        if case.pk == data.get("into"):
            continue  # the one that the others are joined to
        try:
            outcome.kept[case.pk] = act.each(actor, case, data)
            outcome.done.append(case)
        except Refused as refused:
            outcome.refused.append((case, why(case, refused)))
    return outcome


def why(subject: Case | Order, refused: Refused) -> str:
    """The reason of a refusal; where somebody was faster, who it was and when."""
    words = str(refused.message)
    if refused.code not in ("wrong_stage", "changed_meanwhile"):
        return words
    last = last_change(subject)
    return f"{words} ({last[0]}, {moment_words(last[1])})" if last else words


def _said(act: Bulk, outcome: Outcome) -> list[tuple[str, str]]:
    said = [("error", f"{case.reference}: {words}") for case, words in outcome.refused]
    if outcome.done:
        said.append(("success", act.done(len(outcome.done))))
    return said


def answer(
    request: HttpRequest,
    said: Sequence[tuple[str, str]],
    *,
    cases: Sequence[Case] = (),
    act: Bulk | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:
    """Back to the list with what was said: as JSON for the page's script, else by a redirect."""
    if act is not None and outcome is not None and outcome.done:
        undoing.remember(request, act.slug, act.done(len(outcome.done)), outcome.kept)
    if request.headers.get("X-Board"):
        undo = undo_words(request) if outcome and outcome.done else None
        return JsonResponse(
            {
                "said": [{"kind": kind, "text": text} for kind, text in said],
                "rows": [case.pk for case in cases],
                "undo": undo,
            }
        )
    for kind, text in said:
        getattr(messages, kind)(request, text)
    return redirect(back_url(request))


def back_url(request: HttpRequest) -> str:
    queue = request.POST.get("queue", "all")
    return page_url(queue if queue in QUEUES else "all", query_of(request.POST.get("query", "")))


def _ask(request: HttpRequest, act: Bulk, form: forms.Form, cases: Sequence[Case], status: int) -> HttpResponse:
    context = {
        "act": act,
        "form": form,
        "cases": cases,
        "action": request.path,
        "queue": request.POST.get("queue", "all"),
        "query": request.POST.get("query", ""),
        "back": back_url(request),
    }
    template = "console/bulk.html#form" if request.headers.get("X-Board") else "console/bulk.html"
    return show(request, template, context, status=status, at=request.POST.get("queue", "all"))


@require_POST
@console_view()
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last act on the list back, case by case, by the move that the flow has for it; else say why not."""
    check_right_somewhere(request, "case.return")
    said, rows = undoing.take_back(request)
    return answer(request, said, cases=list(Case.objects.visible_to(actor_for(request)).filter(pk__in=rows)))
