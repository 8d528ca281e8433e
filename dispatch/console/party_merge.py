"""Merging two entries with a preview, and the list of likely doubles to work through."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases.models import Target
from cases.refusals import Refused
from cases.selectors import merging as selector
from cases.selectors import register
from cases.selectors.alike import alike_of
from cases.services import merging, parties
from dispatch.console.frame import console_view, show
from dispatch.console.party_words import LABELS, notes_words, value_words
from dispatch.web.access import actor_for, check_right, check_right_somewhere, holds_somewhere, target_or_404
from dispatch.web.refusals import INVALID, put_refusal
from teams.numbers import is_number

FIELD_LABELS = {"place": gettext_lazy("position"), "no_disturb": gettext_lazy("no-disturb list")}


class MergeForm(forms.Form):
    """Field by field whose value stays, which order goes on, and why."""

    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=240, widget=forms.TextInput(attrs={"list": "reasons"})
    )
    keep = forms.TypedChoiceField(
        label=gettext_lazy("the order that goes on"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, data: Any, *, live: list[Any]) -> None:
        super().__init__(data)
        if len(live) == 2:
            self.fields["keep"].widget = forms.RadioSelect()
            self.fields["keep"].choices = [  # type: ignore[attr-defined]
                (order.pk, f"{order.number}（{order.get_state_display()}）") for order in live
            ]
        else:
            del self.fields["keep"]


@console_view()
def party_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the other entry, then look at both side by side. ``with``: the entry that would be absorbed."""
    survivor = target_or_404(request, pk, "target.edit")
    other = request.POST.get("with") or request.GET.get("with", "")
    back = "doubles" if (request.POST.get("from") or request.GET.get("from")) == "doubles" else ""
    if survivor.merged_into_id is not None:
        return redirect("console:party", survivor.merged_into_id)
    if not is_number(other) or len(other) > 9 or int(other) == survivor.pk:
        return _choose(request, survivor)
    absorbed = target_or_404(request, int(other), "target.edit")
    if absorbed.merged_into_id is not None or absorbed.street_id != survivor.street_id:
        messages.warning(request, _("This entry can't be merged here. Choose another one."))
        return _choose(request, survivor)
    gives, stays = selector.goes_of(absorbed), selector.goes_of(survivor)
    live = [goes.live for goes in (stays, gives) if goes.live is not None]
    posted = request.method == "POST"
    form = MergeForm(request.POST if posted else None, live=live)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            try:
                merging.parties_merge(
                    actor=actor_for(request),
                    survivor_id=survivor.pk,
                    absorbed_id=absorbed.pk,
                    reason=form.cleaned_data["reason"],
                    take=[name for name in merging.CHOOSABLE if request.POST.get(f"take_{name}") == "absorbed"],
                    keep_order_id=form.cleaned_data.get("keep"),
                    versions=_versions(request, survivor, absorbed),
                )
            except Refused as refused:
                status = put_refusal(form, refused)
                survivor.refresh_from_db()
                absorbed.refresh_from_db()
            else:
                survivor.refresh_from_db()
                parties.doubles_refresh_of(target=survivor)
                messages.success(request, _("Merged. The other entry leads here now."))
                return redirect("console:party_doubles") if back else redirect("console:party", survivor.pk)
    context = {
        "survivor": survivor,
        "absorbed": absorbed,
        "form": form,
        "lines": _lines(request, survivor, absorbed),
        "gives": gives,
        "stays": stays,
        "live": live,
        "back": back,
        "swap_url": f"{reverse('console:party_merge', args=[absorbed.pk])}?with={survivor.pk}"
        + (f"&from={back}" if back else ""),
    }
    return show(request, "console/party_merge.html", context, status=status, at="parties")


def _choose(request: HttpRequest, survivor: Target) -> HttpResponse:
    text = request.GET.get("text", "").replace("\0", "")[:80]
    found: list[dict[str, Any]] = []
    if text.strip():
        rows = register.targets_page(actor_for(request), text=text, size=20)[0]
        found = [{"target": r, "why": ""} for r in rows if r.street_id == survivor.street_id and r.pk != survivor.pk]
    else:
        found = [
            {"target": row, "why": notes_words([note.as_dict() for note in pair.notes])}
            for row, pair in alike_of(survivor)
        ]
    context = {"survivor": survivor, "found": found, "text": text}
    return show(request, "console/party_merge_choose.html", context, at="parties")


def _versions(request: HttpRequest, survivor: Target, absorbed: Target) -> dict[int, int]:
    """What the person saw; a form without it saw what stands now."""
    found = {}
    for name, target in (("survivor", survivor), ("absorbed", absorbed)):
        text = request.POST.get(f"{name}_version", "")
        found[target.pk] = int(text) if is_number(text) and len(text) < 10 else target.version
    return found


def _lines(request: HttpRequest, survivor: Target, absorbed: Target) -> list[dict[str, Any]]:
    """Field by field: both values, whether they differ, and whose is chosen (what the survivor lacks comes along)."""
    left, right = parties.columns_of(survivor), parties.columns_of(absorbed)
    found = []
    for name in merging.CHOOSABLE:
        columns = merging.TOGETHER.get(name, (name,))
        mine, theirs = _words(columns, left), _words(columns, right)
        lacking = all(left[column] in (None, "", [], False) for column in columns)
        chosen = request.POST.get(f"take_{name}") or ("absorbed" if lacking and mine != theirs else "survivor")
        found.append(
            {
                "name": name,
                "label": FIELD_LABELS.get(name) or LABELS[name],
                "mine": mine,
                "theirs": theirs,
                "differs": mine != theirs,
                "chosen": chosen,
            }
        )
    return found


def _words(columns: tuple[str, ...], values: dict[str, object]) -> str:
    parts = [value_words(column, values[column]) for column in columns]
    shown = [part for part, column in zip(parts, columns, strict=True) if values[column] not in (None, "", [], False)]
    return "，".join(shown) or "–"


@require_safe
@console_view()
def party_doubles(request: HttpRequest) -> HttpResponse:
    """Likely doubles, the likeliest first; M or Enter merges, R says that they are two."""
    actor = actor_for(request)
    pairs, follows = selector.pairs_page(actor, cursor=request.GET.get("after", ""))
    base = reverse("console:party_doubles")
    context = {
        "pairs": [{"pair": pair, "why": notes_words(pair.notes)} for pair in pairs],
        "next_url": f"{base}?after={follows}" if follows else "",
        "first_url": base if request.GET.get("after") else "",
        "shown": len(pairs),
        "decided": selector.decided_lately(actor),
        "may_edit": holds_somewhere(request, "target.edit"),
    }
    return show(request, "console/party_doubles.html", context, at="parties")


@require_POST
@console_view()
def party_different(request: HttpRequest) -> HttpResponse:
    """Two parties, says a person; or takes it back (``undo``)."""
    check_right_somewhere(request, "target.edit")
    first, second = request.POST.get("first", ""), request.POST.get("second", "")
    if not (is_number(first) and is_number(second) and max(len(first), len(second)) < 10):
        return redirect("console:party_doubles")
    target = target_or_404(request, int(first))
    check_right(request, "target.edit", street_id=target.street_id)
    undo = bool(request.POST.get("undo"))
    parties.different_mark(actor=actor_for(request), first_id=int(first), second_id=int(second), different=not undo)
    messages.success(request, _("Back on the list.") if undo else _("Kept apart: they won't be asked about again."))
    return redirect("console:party_doubles")


@require_POST
@console_view()
def party_doubles_look(request: HttpRequest) -> HttpResponse:
    """Compare the whole register of the person's streets anew."""
    check_right_somewhere(request, "target.edit")
    found = sum(parties.doubles_refresh(street_id=street) for street in sorted(actor_for(request).streets()))
    messages.success(request, _("Compared anew: %(n)s pairs to look at.") % {"n": found})
    return redirect("console:party_doubles")
