"""Every write that somebody asks for, found in the services, and values to ask it with about the own street's rows."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases.models import Case, DataPurpose, RevealPurpose
from tests.access.world import World

PACKAGES = (
    "cases.services",
    "teams.services",
    "dispatch.notify.services",
    "dispatch.notify.webhooks.services",
    "dispatch.web.tokens",
    "dispatch.web.sessions",
)

_CARRIED = "a step of other services, which have asked; it is given rows that they locked"
_OWN = "one's own alone: it starts from the rows of who asks"
INNER: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "casefile.case_move",
            "casefile.case_open",
            "casefile.complaint_add",
            "closure.apart_required",
            "closure.rework",
            "rechecks.followup_open",
            "rechecks.rechecks_judge",
            "settling.order_settle",
            "settling.settle",
            "batch.rows_write",
            "intake.line_put",
            "intake.line_recorded",
            "journal.record",
            "journal.record_many",
            "needs.need_open",
            "needs.need_withdraw",
            "changing.need_take_out",
            "drafting.orders_draft",
            "placing.need_place",
            "entering.target_make",
            "history.change_record",
            "places.place_for",
            "rulings.ruling_make",
            "telling.tell",
            "answers.there_required",
            "ending.visit_end",
            "labs.lab_result",
            "labs.lab_withdraw",
        ),
        _CARRIED,
    ),
    "undoing.decision_undo": "hands on to case_return, case_take_back or case_resume, which ask",
    "files.file_store": "anybody may hand in a photo; tying it to something asks",
    "desk.view_save": _OWN,
    "services.messages_mark_read": _OWN,
}
"""Writes that ask nobody themselves: ``module.function`` → why that is right."""


def asked() -> dict[str, Callable[..., Any]]:
    """``cases.services.orders.issuing.order_issue`` → the function: all that take a keyword ``actor``."""
    found: dict[str, Callable[..., Any]] = {}
    for module in _modules():
        for name, one in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or one.__module__ != module.__name__:
                continue
            wanted = inspect.signature(one).parameters.get("actor")
            if wanted is not None and wanted.kind is wanted.KEYWORD_ONLY:
                found[f"{module.__name__}.{name}"] = one
    return found


def _modules() -> Iterator[ModuleType]:
    for name in PACKAGES:
        top = importlib.import_module(name)
        yield top
        for found in pkgutil.walk_packages(getattr(top, "__path__", []), f"{name}."):
            yield importlib.import_module(found.name)


def values_for(world: World, name: str, service: Callable[..., Any]) -> dict[str, Any]:
    """A value for each parameter that needs one, and for those that would be refused empty."""
    rows = world.own.rows
    cast = world.cast
    tomorrow = timezone.localdate() + timedelta(days=1)
    known: dict[str, Any] = {
        "case_id": rows["case"],
        "case_ids": [rows["case"]],
        "into_case_id": Case.objects.exclude(pk=rows["case"]).filter(street=cast.street).earliest("pk").pk,
        "complaint_id": rows["complaint"],
        "complaint_ids": [rows["complaint"]],
        "order_id": rows["order"],
        "part_id": rows["lead part"],
        "part_item_id": rows["lead item"],
        "visit_id": world.own.order.visits.get().pk,
        "finding_id": rows["finding"],
        "lab_test_id": rows["test"],
        "feedback_id": rows["rating"],
        "target_id": rows["party"],
        "survivor_id": rows["party"],
        "absorbed_id": cast.supermarket.pk,
        "first_id": rows["party"],
        "second_id": cast.supermarket.pk,
        "run_id": rows["party file"] if "partyfiles" in name else rows["import"],
        "plan_id": rows["day plan"] if "dayplans" in name else rows["year plan"],
        "street_id": cast.street.pk,
        "squad_id": cast.squads["street"].pk,
        "laboratory_id": cast.squads["laboratory"].pk,
        "agency_id": cast.agencies["market"].pk,
        "district_id": cast.district.pk,
        "community_id": rows["community"],
        "grid_id": rows["grid"],
        "user_id": cast.checker.pk,
        "user": cast.checker,
        "owner_id": cast.checker.pk,
        "assignment_id": cast.checker.assignments.get().pk,
        "certificate_id": rows["certificate"],
        "leave_id": rows["leave"],
        "power_id": rows["power"],
        "day_id": rows["day"],
        "category_id": rows["category"],
        "item_id": rows["item"],
        "basis_id": rows["basis"],
        "rule_id": rows["rule"],
        "token_id": rows["API token"],
        "webhook_id": rows["webhook"],
        "delivery_id": rows["delivery"],
        "view_id": rows["view"],
        "place": cast.squads["street"],
        "monday": tomorrow - timedelta(days=tomorrow.weekday()),
        "purpose": RevealPurpose.values[0],
        "upload": SimpleUploadedFile("a.csv", "演示,演示\n".encode()),
        "source": "office",
        "scopes": ["cases:read"],
        "phone": world.own.signs.phone,
        "last_day": tomorrow,
        "disposition": "inspection",
        "outcome": "caution_card",
    }  # fmt: skip
    given: dict[str, Any] = {}
    for parameter in inspect.signature(service).parameters.values():
        if parameter.name == "actor":
            continue
        if parameter.name in known and (parameter.default is parameter.empty or parameter.name in ALWAYS):
            given[parameter.name] = known[parameter.name]
        elif parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY:
            given[parameter.name] = _by_kind(str(parameter.annotation))
    return {**given, **PARTICULAR.get(name.rsplit(".", 1)[-1], {})}


ALWAYS = frozenset({"upload", "street_id", "squad_id"})
"""Given even where something else would do."""

PARTICULAR: Mapping[str, Mapping[str, Any]] = {
    "identity_erase": {"purpose": DataPurpose.REQUEST},
    "identity_export": {"purpose": DataPurpose.REQUEST},
    "person_find": {"right": "identity.export"},
    "setting_set": {"key": "returns_at_most", "value": "3"},
    "text_set": {"key": "close_result"},
}
"""Service → values that only this one needs."""


def _by_kind(annotation: str) -> Any:
    table: tuple[tuple[str, Any], ...] = (
        ("bool", False),
        ("date", timezone.localdate() + timedelta(days=1)),
        ("Decimal", Decimal(1)),
        ("str", "演示"),
        ("int", 1),
        ("Mapping", {}),
        ("Iterable", []),
        ("Collection", []),
        ("Sequence", []),
        ("File", None),
    )
    return next((value for word, value in table if word in annotation), None)
