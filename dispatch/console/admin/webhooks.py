"""Webhooks: which other systems hear of what, how each one stands, and what became of every call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dispatch.console.admin.forms import OptionalReasonForm, PersonField, ReasonForm, reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.notify.models import Delivery, Webhook
from dispatch.notify.webhooks import services
from dispatch.notify.webhooks.address import LONGEST
from dispatch.notify.webhooks.kinds import KINDS
from dispatch.notify.webhooks.selectors import PAGE, delivery_rows, hook_row, webhooks_visible_to
from dispatch.web.access import actor_for, holds_somewhere
from teams.numbers import is_number
from teams.selectors.history import history_of


class WebhookForm(forms.Form):
    """What another system is told and where."""

    name = forms.CharField(
        label=gettext_lazy("what it is for"), max_length=80, help_text=gettext_lazy("The other system's name.")
    )
    url = forms.CharField(
        label=gettext_lazy("address"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("https, reachable from the internet: nothing is sent inside the house."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("kinds of events"), choices=list(KINDS.items()), widget=forms.CheckboxSelectMultiple
    )
    reason = reason_field()


class NewWebhookForm(WebhookForm):
    account = PersonField(
        label=gettext_lazy("account"),
        help_text=gettext_lazy("User name. The other system hears of the cases and orders that this account sees."),
    )
    field_order = ("account", "name", "url", "kinds", "reason")


@require_safe
@admin_view("history.view")
def webhook_list(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": [hook_row(hook) for hook in webhooks_visible_to(actor_for(request))[:500]],
        "may_edit": holds_somewhere(request, "door.manage"),
    }
    return show_admin(request, "console/admin/webhooks.html", context, section="webhooks")


@require_safe
@admin_view("history.view")
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(webhooks_visible_to(actor_for(request)), pk=pk)
    before = request.GET.get("before", "")
    log = delivery_rows(found, before=int(before) if is_number(before) else None)
    here = reverse("console:admin_webhook", args=[pk])
    context = {
        "row": hook_row(found),
        "hook": found,
        "rows": log,
        "next_url": f"{here}?before={log[-1].delivery.pk}" if len(log) == PAGE else "",
        "first_url": here if before else "",
        "shown": len(log),
        "history": history_of("webhook", pk),
        "may_edit": holds_somewhere(request, "door.manage"),
    }
    return show_admin(request, "console/admin/webhook.html", context, section="webhooks")


@admin_view("door.manage", fresh=True)
def webhook_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> tuple[Webhook, str]:
        user = data.pop("account")
        return services.webhook_create(actor=actor, user=user, **data)

    return act_page(
        request,
        NewWebhookForm,
        call,
        title=_("New webhook"),
        button=_("Set up the webhook"),
        why=_("The other system is told that something happened and where to read it, never who complained or what."),
        section="webhooks",
        back=reverse("console:admin_webhooks"),
        done="",
        after=lambda made: _secret_shown(request, *made),
    )


@admin_view("door.manage", fresh=True)
def webhook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Webhook, pk=pk), actor_for(request)
    initial = {"name": found.name, "url": found.url, "kinds": found.kinds}
    return act_page(
        request,
        lambda data: WebhookForm(data, initial=initial),
        lambda data: services.webhook_change(actor=actor, webhook_id=pk, **data),
        title=found.name,
        section="webhooks",
        back=reverse("console:admin_webhook", args=[pk]),
        done=_("Saved."),
    )


@admin_view("door.manage", fresh=True)
def webhook_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Stops what runs and lets go on what stands."""
    found, actor = get_object_or_404(Webhook, pk=pk), actor_for(request)
    runs = found.paused_at is None
    names = {"name": found.name}
    return act_page(
        request,
        OptionalReasonForm,
        lambda data: services.webhook_change(actor=actor, webhook_id=pk, paused=runs, **data),
        title=_("Pause %(name)s") % names if runs else _("Let %(name)s go on") % names,
        button=_("Pause") if runs else _("Go on"),
        why=_("What waits is kept. What happens meanwhile is never sent; the other system reads it by the API.")
        if runs
        else _("What waited is sent now. What happened meanwhile, the other system reads by the API."),
        section="webhooks",
        back=reverse("console:admin_webhook", args=[pk]),
        done=_("Paused.") if runs else _("It goes on."),
    )


@admin_view("door.manage", fresh=True)
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Webhook, pk=pk), actor_for(request)
    return act_page(
        request,
        OptionalReasonForm,
        lambda data: services.webhook_secret_renew(actor=actor, webhook_id=pk, **data),
        title=_("New secret for %(name)s") % {"name": found.name},
        button=_("Make the secret"),
        why=_(
            "The new secret is shown once. For one day the old one signs as well, so that the other system can change."
        ),
        section="webhooks",
        back=reverse("console:admin_webhook", args=[pk]),
        done="",
        after=lambda made: _secret_shown(request, *made),
    )


def _secret_shown(request: HttpRequest, hook: Webhook, secret: str) -> HttpResponse:
    context = {
        "title": _("The secret, shown once"),
        "why": _("By it the other system knows that a call comes from here. Hand it over by a safe way."),
        "secret": secret,
        "facts": ((_("what it is for"), hook.name), (_("account"), hook.user)),
        "back": reverse("console:admin_webhook", args=[hook.pk]),
    }
    response = show_admin(request, "console/admin/secret.html", context, section="webhooks")
    response["Cache-Control"] = "no-store"
    return response


@admin_view("door.manage", fresh=True)
def webhook_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Webhook, pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: services.webhook_remove(actor=actor, webhook_id=pk, **data),
        title=_("Remove %(name)s") % {"name": found.name},
        button=_("Remove"),
        why=_("Nothing more is sent and its deliveries are deleted. The history keeps what it was."),
        danger=True,
        section="webhooks",
        back=reverse("console:admin_webhooks"),
        done=_("Webhook removed."),
    )


@require_POST
@admin_view("door.manage")
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    services.webhook_test(actor=actor_for(request), webhook_id=get_object_or_404(Webhook, pk=pk).pk)
    messages.success(request, _("A test is on its way. Load this page again in a moment to see what came of it."))
    return redirect("console:admin_webhook", pk)


@require_POST
@admin_view("door.manage")
def delivery_retry(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Delivery, pk=pk)
    if services.delivery_retry(actor=actor_for(request), delivery_id=pk):
        messages.success(request, _("It is tried again."))
    else:
        messages.info(request, _("It is not failed any more."))
    return redirect("console:admin_webhook", row.webhook_id)
