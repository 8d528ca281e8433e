"""One small page an act: a form, one service, back to where it was asked. Works alone and, by htmx, inside a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from cases.refusals import Refused
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID, put_refusal
from teams.policies import Actor

Call = Callable[[Actor, Any, Mapping[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Act:
    """``form`` is made for its subject; ``call`` is one service; ``done`` is said afterwards.

    An act without a form is a button; its page still exists for those who come by link.
    """

    slug: str
    right: str
    title: object
    button: object
    call: Call
    done: object
    form: Callable[..., forms.Form] = forms.Form
    why: object = ""
    danger: bool = False
    about: Callable[[Any], Mapping[str, Any]] | None = None
    """What its page shows beside the form, from the subject: ``said`` (who, which words), ``thread``, ``phrases``,
    ``parts`` with ``explanation``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose acts: how the subject is fetched, what it is called, where its page is."""

    fetch: Callable[[HttpRequest, int, str | None], Any]
    name: Callable[[Any], str]
    url: Callable[[Any], str]
    bar: Callable[[Actor, Any, str], str]
    """Why an act (by its slug) is not possible now; "" when it is."""
    instead: Callable[[Actor, Any, str], Mapping[str, object]]
    """What is the next thing to do about the subject when the act (its slug) is not possible: title, why, actions."""
    queue: Callable[[Any], str] = lambda _subject: ""
    matter: Callable[[Any], str] = lambda _subject: ""
    """What it is about, beside its number: said on the page of the act, where nothing else tells it."""


def act_view(place: Place, act: Act) -> Callable[..., HttpResponse]:
    """The view of one act: GET the form, POST does it. What was typed stays when it is refused.

    While the act is not possible, GET says why and what is to be done instead: nobody fills in a form for nothing.
    """

    @console_view()
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        subject = place.fetch(request, pk, act.right)
        back = place.url(subject)
        if request.method == "POST":
            form = make_form(act, subject, request.POST)
            status = INVALID
            if form.is_valid():
                try:
                    act.call(actor_for(request), subject, form.cleaned_data)
                except Refused as refused:
                    status = put_refusal(form, refused)
                else:
                    messages.success(request, str(act.done))
                    return go(request, next_of(request, back))
            return _page(request, place, act, subject, form, status)
        bar = place.bar(actor_for(request), subject, act.slug)
        if bar:
            return _barred(request, place, act, subject, bar)
        return _page(request, place, act, subject, make_form(act, subject, None), 200)

    view.__name__ = f"act_{act.slug.replace('-', '_')}"
    return view


def make_form(act: Act, subject: Any, data: Any) -> forms.Form:
    if act.form is forms.Form:
        return forms.Form(data)
    return act.form(data, subject=subject)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Move on: a redirect, or the order to htmx to move the whole page."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def next_of(request: HttpRequest, fallback: str) -> str:
    """Where the form says to go on, if that is ours."""
    wanted = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else fallback


def _barred(request: HttpRequest, place: Place, act: Act, subject: Any, bar: str) -> HttpResponse:
    context = {
        "act": act,
        "bar": bar,
        "instead": _without_keys(place.instead(actor_for(request), subject, act.slug)),
        "subject_name": place.name(subject),
        "back": place.url(subject),
    }
    return _shown(request, place, subject, context, 200)


def _without_keys(bar: Mapping[str, Any]) -> Mapping[str, Any]:
    """In a page that has the bar already, a key means the button there."""
    return {**bar, "actions": [{**action, "key": ""} for action in bar["actions"]]}


def _page(request: HttpRequest, place: Place, act: Act, subject: Any, form: forms.Form, status: int) -> HttpResponse:
    context = {
        "act": act,
        "form": form,
        "subject_name": place.name(subject),
        "back": place.url(subject),
        "action": request.path,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "draft": f"{request.path.strip('/')}",
        **(act.about(subject) if act.about else {}),
    }
    return _shown(request, place, subject, context, status)


def _shown(request: HttpRequest, place: Place, subject: Any, context: Mapping[str, Any], status: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return show(request, "console/act.html#form", context, status=status)
    whole = {**context, "matter": place.matter(subject)}
    return show(request, "console/act.html", whole, status=status, at=place.queue(subject))
