"""Calls that schemathesis makes up from the description itself, sent through the whole stack as everybody in turn.

Each case (right and wrong ones, at every limit that the description names) goes out as somebody of the office, somebody
on scene and one more, in a savepoint that is taken back: every call finds the same world. All of schemathesis' checks
look at the answer; those about what stays after a call (``use_after_free``, ``ensure_resource_availability``) want a
story and are told by ``test_story``. The same ``FUZZ_SEED`` makes the same cases; it stands in every fault told.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation

from cases.models import Case as Matter
from dispatch.api.operation import Operation
from dispatch.api.urls import urlpatterns
from dispatch.wsgi import application
from tests.access.matrix import ROLES
from tests.access.test_matrix import undone
from tests.access.world import World
from tests.api.client import program_of

SEED = int(os.environ.get("FUZZ_SEED", "20260701"))
CALLS = int(os.environ.get("FUZZ_CALLS", "1500"))
"""How many calls at least, over all operations."""
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
"""When the calls end (``make test``), shared out evenly over all operations; 0: at ``CALLS``, however long it takes."""
AT_LEAST = 6
"""Cases of an operation that are sent however slow the machine is."""
TABLE = os.environ.get("FUZZ_TABLE", "")
"""A folder for the counts (``python -m bench fuzz``)."""
OFFICE = ("dispatcher", "head")
SCENE = ("leader", "joint", "technician", "officer")
REST = tuple(role for role in ROLES if role not in OFFICE + SCENE)
RIGHTLY = ["2xx", "304", "401", "403", "404", "409", "412", "422"]
"""What may be said to a request of the described form: 400 may not, and 429 would hide the answer."""
WRONGLY = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422"]


def operations() -> list[Operation]:
    """Every operation of the API, as the addresses name them."""
    views = (getattr(pattern.callback, "cls", None) for pattern in urlpatterns)
    return [one for view in views if view is not None for one in view.operations.values()]


EACH = -(-CALLS // (3 * len(operations())))
"""Cases an operation: up to half of them at the limits that the description names, evenly picked."""


class Fuzz:
    """The API with everybody's keys to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self.asked: set[str] = set()
        self.done: set[str] = set()
        self.keys = {role: program_of(world.people[role]).authorization for role in ROLES if role != "anonymous"}
        self.keys["resident"] = f"Tracking {world.own.token}"
        places: dict[str, Any] = {"checks": {}, "generation": {"allow-x00": False, "with-security-parameters": False}}
        places["checks"]["positive_data_acceptance"] = {"expected-statuses": RIGHTLY}
        places["checks"]["negative_data_rejection"] = {"expected-statuses": WRONGLY}
        config = SchemathesisConfig.from_dict({"seed": SEED, **places})
        self.schema = schemathesis.openapi.from_wsgi("/api/schema/", app=application, config=config)
        self.found = {one.definition.raw["operationId"]: one for one in self._described()}
        self.rows = _rows(world)

    def _described(self) -> Iterator[APIOperation]:
        for result in self.schema.get_all_operations():
            yield result.ok()

    def run(self, wanted: Operation) -> list[str]:
        """What the checks found wrong with an operation, each kind of fault once."""
        faults: dict[str, str] = {}
        turn = EACH * [one.id for one in operations()].index(wanted.id)
        over = time.monotonic() + (SECONDS / len(operations()) if SECONDS else float("inf"))
        for number, case in enumerate(self.cases(self.found[wanted.id])):
            if number >= AT_LEAST and time.monotonic() > over:
                break
            self._ground(wanted, case, number)
            for role in self._askers(wanted, turn + number):
                self._send(wanted, role, case, faults)
        if TABLE:
            rows = [[*key, count] for key, count in self.counts.items()]
            Path(TABLE, f"{wanted.id}.json").write_text(json.dumps(rows))
        self.counts.clear()
        self.done.add(wanted.id)
        return list(faults.values())

    def cases(self, operation: APIOperation) -> list[Case]:
        generation = self.schema.config.generation_for(operation=operation, phase="coverage")
        limits = list(
            CoverageGenerator(
                operation=operation,
                generation_modes=list(GenerationMode),
                generation_config=generation,
                auth_storage=None,
                override=Override(),
                feedback=FeedbackSources(),
            )
        )
        made = limits[:: -(-2 * len(limits) // EACH) or 1]
        more = EACH - len(made)
        for mode, number in ((GenerationMode.POSITIVE, more // 2), (GenerationMode.NEGATIVE, more - more // 2)):
            made += _drawn(operation, mode, number)
        Random(SEED).shuffle(made)  # whoever stops early has seen some of each kind
        return made

    def _askers(self, wanted: Operation, number: int) -> list[str]:
        last = REST[number % len(REST)]
        if wanted.tracked:
            return ["resident", OFFICE[number % len(OFFICE)], last]
        return [OFFICE[number % len(OFFICE)], SCENE[number % len(SCENE)], last]

    def _send(self, wanted: Operation, role: str, case: Case, faults: dict[str, str]) -> None:
        self.asked.add(role)
        key = self.keys.get(role)
        with undone():
            answer = case.call(headers={"Authorization": key} if key else None)
        self.counts[wanted.id, role, answer.status_code] += 1
        with undone():
            try:
                case.validate_response(answer, headers={"Authorization": key} if key else None)
            except FailureGroup as group:
                for fault in group.exceptions:
                    kind = f"{type(fault).__name__} {answer.status_code}"
                    faults.setdefault(
                        kind, f"{wanted.id} as {role}, FUZZ_SEED={SEED}: {fault}\n{_told(case)}\n{answer.text[:600]}"
                    )

    def _ground(self, wanted: Operation, case: Case, number: int) -> None:
        """Numbers of rows that exist, in three of four cases: else all would end at “not found”.

        A right case has no cursor: it is ours to name (docs/api.md: one that no answer named is 400), no description
        can tell a made-up one from a true one. Wrong cases keep theirs; ``tests.access.hostile`` has forged ones.
        """
        if case.meta is not None and case.meta.generation.mode.is_positive and case.query:
            case.query.pop("cursor", None)
        if number % 4 == 3:
            return
        rows = self.rows[number % 4 == 2]
        for name, value in list((case.path_parameters or {}).items()):
            if _is_id(value):
                case.path_parameters[name] = rows.get(_subject(wanted.id, number), value)
        if isinstance(case.body, dict):
            for name, value in case.body.items():
                known = rows.get(name)
                if known is not None and (_is_id(value) or (_are_ids(value) and isinstance(known, list))):
                    case.body[name] = known


def _drawn(operation: APIOperation, mode: GenerationMode, number: int) -> list[Case]:
    made: list[Case] = []
    strategy = operation.as_strategy(generation_mode=mode, feedback=FeedbackSources())
    quiet = settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    draw: Any = seed(SEED)(quiet(given(case=strategy)(lambda case: made.append(case))))
    with suppress(Unsatisfiable):  # an operation without parameters has no wrong ones
        draw()
    return made


def _subject(operation_id: str, number: int) -> str:
    return {
        "order": "order",
        "target": "party",
        "part": ("lead part", "joint part")[number % 2],
        "visit_report": ("lead part", "joint part")[number % 2],
        "finding": "lead part",
        "item": ("lead item", "joint item")[number % 2],
        "lab_commission": "joint item",
        "lab_report": "test",
        "visit_close": "visit",
        "ruling": "finding",
        "webhook": "webhook",
        "webhook_delivery": "delivery",
    }.get(_longest(operation_id), "case")


def _longest(operation_id: str) -> str:
    """``visit_report_in`` is ``visit_report``; ``part_return`` is ``part``."""
    words = operation_id.split("_")
    pair = "_".join(words[:2])
    return (
        pair
        if pair in {"visit_report", "lab_commission", "lab_report", "visit_close", "webhook_delivery"}
        else words[0]
    )


def _rows(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Numbers of the own street's and of the other street's rows, by subject and by field of a body."""
    cast = world.cast
    both = []
    for street, target, officers in (
        (world.own, cast.target, [cast.leader, *cast.street_officers]),
        (world.other, cast.foreign_target, cast.other_officers),
    ):
        street.rows.setdefault("visit", street.order.visits.get().pk)
        fresh = Matter.objects.filter(street_id=target.street_id).order_by("-pk")[0]
        both.append(
            street.rows
            | {
                "street_id": target.street_id,
                "target_id": target.pk,
                "category_id": cast.categories["05-10"].pk,
                "case_id": street.case.pk,
                "into_case_id": fresh.pk,
                "squad_id": cast.squads["street"].pk,
                "lead_squad_id": cast.squads["market"].pk,
                "laboratory_id": cast.squads["laboratory"].pk,
                "item_id": street.rows["lead item"],
                "agency_ids": cast.agency_ids("market", "urban"),
                "officer_ids": [row.pk for row in officers],
                "absent_part_ids": [street.rows["joint part"]],
            }
        )
    return both[0], both[1]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62


def _are_ids(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_id(one) for one in value)


def _told(case: Case) -> str:
    meta = case.meta
    how = f"{meta.generation.mode.value}, {meta.phase.name.value}: {meta.phase.data.description}" if meta else ""
    body = repr(case.body)[:400]
    return f"{case.method} {case.formatted_path} ?{case.query} {dict(case.headers or {})} {body} ({how})"
