"""What a person has been told, and what an administrator sees of all messages."""

from __future__ import annotations

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dispatch.console.frame import console_view, show
from dispatch.notify import selectors, services
from dispatch.notify.models import ChannelName, MessageState, Webhook
from dispatch.web.access import actor_for, check_right_somewhere, holds_somewhere
from teams.numbers import is_number

ADMINISTERED = {"person": "ground.view", "webhook": "history.view"}
"""What is looked at in the administration, and with which right."""


def _url(request: HttpRequest, subject: str, pk: int) -> str:
    if subject == "night":
        return f"{reverse('console:night')}?run={pk}"
    right = ADMINISTERED.get(subject)
    if right is None:
        return reverse(f"console:{subject}", args=[pk])
    if not holds_somewhere(request, right) or (subject == "webhook" and not Webhook.objects.filter(pk=pk).exists()):
        return ""
    return reverse(f"console:admin_{subject}", args=[pk])


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if is_number(text) else None


@require_safe
@console_view()
def notices(request: HttpRequest) -> HttpResponse:
    """The person's own inbox, newest first."""
    rows = selectors.inbox(actor_for(request), language=get_language() or "zh-hans", before=_before(request))
    more = len(rows) == selectors.PAGE
    context = {
        "rows": [{"row": row, "url": _url(request, row.subject, row.subject_id)} for row in rows],
        "next_url": f"{reverse('console:notices')}?before={rows[-1].id}" if more else "",
        "shown": len(rows),
        "some_new": any(not row.read for row in rows),
    }
    return show(request, "console/notices.html", context)


@require_POST
@console_view()
def notices_read(request: HttpRequest) -> HttpResponse:
    """Everything read, or the one that is opened; then to its page."""
    ids = [int(text) for text in request.POST.getlist("id") if is_number(text)]
    services.messages_mark_read(actor=actor_for(request), ids=ids or None)
    return redirect("console:notices")


@require_safe
@console_view()
def message_list(request: HttpRequest) -> HttpResponse:
    """All messages with state, attempts and last error."""
    check_right_somewhere(request, "message.view")
    state, channel = request.GET.get("state", ""), request.GET.get("channel", "")
    rows = selectors.messages(
        actor_for(request),
        language=get_language() or "zh-hans",
        state=state if state in MessageState.values else "",
        channel=channel if channel in ChannelName.values else "",
        before=_before(request),
    )
    base = reverse("console:messages")
    more = len(rows) == selectors.PAGE
    query: dict[str, str | int] = {"state": state, "channel": channel}
    context = {
        "rows": rows,
        "stuck": selectors.stuck(actor_for(request)),
        "state": state,
        "channel": channel,
        "states": MessageState.choices,
        "channels": ChannelName.choices,
        "next_url": f"{base}?{urlencode({**query, 'before': rows[-1].message.pk})}" if more else "",
        "shown": len(rows),
        "may_retry": holds_somewhere(request, "message.retry"),
    }
    return show(request, "console/messages.html", context, at="messages")


@require_POST
@console_view()
def message_retry(request: HttpRequest, pk: int) -> HttpResponse:
    check_right_somewhere(request, "message.retry")
    if services.message_retry(actor=actor_for(request), message_id=pk):
        flash.success(request, _("It is tried again."))
    else:
        flash.info(request, _("It is not failed any more."))
    return redirect("console:messages")


@require_POST
@console_view()
def outbox_retry(request: HttpRequest, pk: int) -> HttpResponse:
    check_right_somewhere(request, "message.retry")
    if services.outbox_retry(actor=actor_for(request), event_id=pk):
        flash.success(request, _("It is tried again."))
    else:
        flash.info(request, _("It is not set aside any more."))
    return redirect("console:messages")
