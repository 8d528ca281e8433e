"""The register's list: search, filters, sort, pages, and the same as a file."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.models import TargetKind
from cases.selectors import register
from cases.selectors.register import Asked
from dispatch.console.frame import console_view, show
from dispatch.web import sheets
from dispatch.web.access import actor_for, holds_somewhere
from teams.models import Role
from teams.numbers import is_number
from teams.policies import Actor

FIELDS = ("text", "street", "grid", "kind", "trade", "sort")
FLAGS = {
    "needs": gettext_lazy("Open reasons to visit"),
    "doubles": gettext_lazy("Possible duplicates"),
    "no_disturb": gettext_lazy("No-disturb list"),
    "inactive": pgettext_lazy("parties", "Closed down"),
}
SORTS = {
    "new": gettext_lazy("Newest first"),
    "name": gettext_lazy("By name"),
    "address": gettext_lazy("By address"),
    "due": gettext_lazy("By the nearest day to visit"),
}


def asked_of(query: QueryDict) -> Asked:
    """What the address asks for."""

    def number(name: str) -> int | None:
        text = query.get(name, "")
        return int(text) if is_number(text) and len(text) < 10 else None

    kind = query.get("kind", "")
    sort = query.get("sort", "new")
    return Asked(
        text=query.get("text", "").replace("\0", "")[:80],
        street=number("street"),
        grid=number("grid"),
        kind=kind if kind in TargetKind.values else "",
        trade=query.get("trade", "").replace("\0", "")[:40],
        flags=frozenset(name for name in FLAGS if query.get(name)),
        sort=sort if sort in SORTS else "new",
    )


def kept(query: QueryDict) -> QueryDict:
    """The filters of an address, without the page."""
    found = QueryDict(mutable=True)
    for name in (*FIELDS, *FLAGS):
        if query.get(name):
            found[name] = str(query[name])
    return found


@require_safe
@console_view()
def party_list(request: HttpRequest) -> HttpResponse:
    """A page of the register."""
    actor, asked = actor_for(request), asked_of(request.GET)
    cursor = request.GET.get("after", "").replace("\0", "")
    rows, follows = register.register_page(actor, asked, cursor=cursor)
    query = kept(request.GET)
    context = {
        "rows": rows,
        "asked": asked,
        **_choices(actor, asked),
        "chips": _chips(actor, asked, query),
        "query": query.urlencode(),
        "first_url": _url(query) if cursor else "",
        "next_url": _url(query, after=follows) if follows else "",
        "shown": len(rows),
        "may_edit": holds_somewhere(request, "target.edit"),
        "several": actor.has(Role.AUDITOR) or bool(actor.districts) or len(actor.streets()) > 1,
        "formats": sheets.FORMATS,
    }
    return show(request, "console/parties.html", context, at="parties")


@require_safe
@console_view()
def party_export(request: HttpRequest) -> HttpResponse:
    """Every party that the filters ask for, as .xlsx or .csv (``format``). Nothing of any complainant stands in it."""
    kind = request.GET.get("format", "xlsx")
    if kind not in sheets.FORMATS:
        raise Http404
    rows = register.rows_all(actor_for(request), asked_of(request.GET))
    columns = [
        _("No."), _("name"), _("other names"), _("kind"), _("trade"), _("unified social credit code"), _("address"),
        _("street"), _("grid"), _("latitude"), _("longitude"), _("person in charge"), _("phone of the party"),
        _("noise zone (GB 3096)"), _("inspections a year, at most"), _("on the no-disturb list"),
        _("open reasons to visit"), _("visits within a year"), _("last visit"),
    ]  # fmt: skip
    table = sheets.Table(_("Parties"), columns, (_line(row) for row in rows))
    day = timezone.localdate(now())
    answer = sheets.sheet_response(f"{_('Parties')}-{day:%Y%m%d}", table, "csv" if kind == "csv" else "xlsx")
    return cast(HttpResponse, answer)


def _line(row: register.Row) -> list[sheets.Cell]:
    target = row.target
    return [
        target.pk, target.name, "、".join(target.aliases), target.get_kind_display(), target.trade, target.uscc,
        target.address, str(target.street), str(target.grid) if target.grid else "", target.lat, target.lng,
        target.person_in_charge, target.phone, target.noise_zone, target.yearly_cap, target.no_disturb, row.needs,
        row.visits, row.last_visit,
    ]  # fmt: skip


def _url(query: QueryDict, **more: str) -> str:
    found = query.copy()
    for name, value in more.items():
        found[name] = value
    return reverse("console:parties") + (f"?{found.urlencode()}" if found else "")


def _choices(actor: Actor, asked: Asked) -> dict[str, Any]:
    return {
        "streets": register.streets_visible(actor),
        "grids": register.grids_visible(actor, asked.street),
        "kinds": TargetKind.choices,
        "trades": register.trades(actor),
        "flags": [(name, label, name in asked.flags) for name, label in FLAGS.items()],
        "sorts": SORTS.items(),
    }


def _chips(actor: Actor, asked: Asked, query: QueryDict) -> list[dict[str, str]]:
    """The filters that are on, each with the address that takes it off."""
    labels: dict[str, object] = {}
    if asked.text:
        labels["text"] = asked.text
    if asked.street:
        labels["street"] = register.streets_visible(actor).filter(pk=asked.street).first() or "?"
    if asked.grid:
        labels["grid"] = register.grids_visible(actor, asked.street).filter(pk=asked.grid).first() or "?"
    if asked.kind:
        labels["kind"] = TargetKind(asked.kind).label
    if asked.trade:
        labels["trade"] = asked.trade
    labels.update({name: FLAGS[name] for name in FLAGS if name in asked.flags})
    chips = []
    for name, label in labels.items():
        rest = query.copy()
        rest.pop(name, None)
        if name == "street":
            rest.pop("grid", None)
        chips.append({"label": str(label), "url": _url(rest)})
    return chips
