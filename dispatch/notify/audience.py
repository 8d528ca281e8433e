"""Who hears what: one rule a kind of event. Residents hear on their private page and get no message."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cases.models import (
    Case,
    DataPurpose,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Event,
    Finding,
    FindingState,
    LabTest,
    Order,
    Part,
    PartState,
    Urgency,
    VisitOutcome,
)
from dispatch.notify.people import Ids, People
from dispatch.notify.texts import named


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for some people. ``bundle``: while an unread message of the same bundle is young, it counts one more
    instead; such notices never go by e-mail, so a file of thousands of cases makes one message a reader."""

    text: str
    to: Ids
    params: Mapping[str, Any]
    email: bool = False
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """An event with its parsed body, its subject, and who could hear of it."""

    event: Event
    data: Mapping[str, Any]
    people: People

    @property
    def street(self) -> int:
        return self.event.street_id

    @property
    def order(self) -> Order:
        assert self.event.order is not None
        return self.event.order

    @property
    def params(self) -> dict[str, Any]:
        subject: Case | Order | None = self.event.order or self.event.case
        assert subject is not None
        number = subject.number if isinstance(subject, Order) else subject.reference
        return {"number": number, "target": subject.target.name if subject.target else ""}

    def office(self, text: str, *, email: bool = False, bundle: str = "", **more: Any) -> list[Notice]:
        return [Notice(text, self.people.dispatchers(self.street), self.params | more, email, bundle)]

    def squads(self, text: str, squad_ids: Iterable[int], **more: Any) -> list[Notice]:
        """Leaders and officers of the squads, in the system and by e-mail."""
        return [Notice(text, self.people.members(squad_ids), self.params | more, email=True)]

    def squad_name(self, key: str = "squad") -> dict[str, str]:
        return named(self.people.squad(self.data[key]))


Rule = Callable[[Facts], list[Notice]]


def notices(event: Event, people: People) -> list[Notice]:
    """The notices of one event; whoever did it hears nothing of it. Raises whatever a broken body leads to."""
    rule = RULES.get(event.kind)
    if rule is None:
        return []
    made = rule(Facts(event, json.loads(event.body)["data"], people))
    doer = frozenset({event.actor_id}) if event.actor_id is not None else frozenset()
    return [Notice(one.text, one.to - doer, one.params, one.email, one.bundle) for one in made if one.to - doer]


def _received(facts: Facts) -> list[Notice]:
    if facts.data.get("urgency", Urgency.GENERAL) != Urgency.GENERAL:
        return facts.office("case_received_urgent", bundle=f"urgent:{facts.street}")
    return facts.office("case_received", bundle=f"received:{facts.street}")


def _complaint_joined(facts: Facts) -> list[Notice]:
    """Somebody else says the same. A file's own repeats come by the thousand and are told by the run's page."""
    if facts.data.get("by") != "resident":
        return []
    return facts.office("complaint_joined", bundle=f"joined:{facts.event.case_id}")


def _assigned(facts: Facts) -> list[Notice]:
    """Whoever has it in hand now; taking it oneself or giving it up tells nobody."""
    people, street = facts.people, facts.street
    office = people.dispatchers(street) | people.heads(street) | people.checkers(street)
    return [Notice("assigned", office & {facts.data.get("owner")}, facts.params)]


def _identity(text: str) -> Rule:
    """The auditor hears of each; what goes because its period is over goes by the thousand and tells nobody."""

    def rule(facts: Facts) -> list[Notice]:
        if facts.data.get("purpose") == DataPurpose.PERIOD:
            return []
        return [Notice(text, facts.people.auditors(), facts.params, bundle=f"{text}:{facts.street}")]

    return rule


def _rated(facts: Facts) -> list[Notice]:
    return facts.office("not_solved") if facts.data.get("solved") is False else []


def _to_approve(facts: Facts) -> list[Notice]:
    return [Notice("to_approve", facts.people.heads(facts.street), facts.params, email=True)]


def _issued(facts: Facts) -> list[Notice]:
    """The squads are called; the head hears at once of what goes out before its approval (DOMAIN §4)."""
    unapproved = facts.data.get("urgent_first") and facts.order.approved_at is None
    return _called(facts, facts.data["squads"]) + (_to_approve(facts) if unapproved else [])


def _called(facts: Facts, squad_ids: Iterable[int], text: str = "called") -> list[Notice]:
    """One notice a squad, with its moment to acknowledge; none to those on scene already (a patrol calls itself)."""
    waiting = Part.objects.filter(
        order=facts.order, squad_id__in=list(squad_ids), state__in=(PartState.CALLED, PartState.ACKNOWLEDGED)
    )
    wanted = list(waiting.order_by("pk").values_list("squad_id", flat=True))
    due = dict(
        Deadline.objects.filter(
            part__order=facts.order,
            part__squad_id__in=wanted,
            kind=DeadlineKind.ACKNOWLEDGE,
            state=DeadlineState.RUNNING,
        ).values_list("part__squad_id", "due_at")
    )
    return [
        notice
        for squad_id in wanted
        for notice in facts.squads(
            text, [squad_id], **({"until": due[squad_id].isoformat()} if squad_id in due else {})
        )
    ]


def _joined(facts: Facts) -> list[Notice]:
    if facts.order.issued_at is None:
        return []
    text = "need_joined_urgent" if facts.data.get("hastened") else "need_joined"
    return _called(facts, facts.data["called"]) + facts.squads(text, facts.data["told"])


def _reassigned(facts: Facts) -> list[Notice]:
    if facts.order.issued_at is None:
        return []
    return _called(facts, [facts.data["to_squad"]]) + facts.squads("excused", [facts.data["squad"]])


def _to_called_squads(text: str) -> Rule:
    """To the squads named by the event, or all that take part; nobody before the order is issued."""

    def rule(facts: Facts) -> list[Notice]:
        if facts.order.issued_at is None:
            return []
        if "squads" in facts.data:
            named_ones = list(facts.data["squads"])
        elif "squad" in facts.data:
            named_ones = [facts.data["squad"]]
        else:
            present = Part.objects.filter(order_id=facts.order.pk).exclude(
                state__in=(PartState.PLANNED, PartState.RELEASED)
            )
            named_ones = list(present.values_list("squad_id", flat=True))
        return facts.squads(text, named_ones)

    return rule


def _returned(facts: Facts) -> list[Notice]:
    params = facts.params | {"squad": facts.squad_name()}
    return [Notice("returned", facts.people.dispatchers(facts.street), params, email=True)]


def _visit_closed(facts: Facts) -> list[Notice]:
    if facts.data.get("outcome", VisitOutcome.DONE) != VisitOutcome.DONE:
        return facts.office("visit_failed", email=True)
    open_ones = Finding.objects.filter(visit__order_id=facts.order.pk, state=FindingState.OPEN)
    return facts.squads("to_rule", sorted(set(open_ones.values_list("part__squad_id", flat=True))))


def _lab(facts: Facts) -> LabTest:
    tests = LabTest.objects.select_related("part_item__part")
    return tests.get(pk=facts.data["lab_test"])


def _lab_commissioned(facts: Facts) -> list[Notice]:
    technicians = facts.people.technicians(_lab(facts).laboratory_id)
    return [Notice("lab_commissioned", technicians, facts.params, email=True)]


def _lab_cancelled(facts: Facts) -> list[Notice]:
    """The laboratory need not go on; the squad that waits for the report hears when the office called it off."""
    technicians = facts.people.technicians(_lab(facts).laboratory_id)
    told = facts.squads("lab_cancelled", [_lab(facts).part_item.part.squad_id])
    return [Notice("lab_cancelled", technicians, facts.params, email=True), *told]


def _lab_reported(facts: Facts) -> list[Notice]:
    return facts.squads("lab_reported", [_lab(facts).part_item.part.squad_id])


def _deadline(step: str) -> Rule:
    """Late work goes up the ladder: the squad's leader (L1), the head of office (L2), the district (L3); each level
    is also told to those below. A case's own clocks concern the office, many at a time, and so are bundled."""

    def rule(facts: Facts) -> list[Notice]:
        data, people, street = facts.data, facts.people, facts.street
        level = int(data.get("level", 0))
        params = facts.params | {"clock": data["clock"], "due": data["due"], "level": level}
        above: Ids = frozenset()
        if level >= 2:
            above |= people.heads(street)
        if level >= 3:
            above |= people.supervisors(street)
        if squad_id := data.get("squad"):
            below = people.leaders(squad_id) if level else people.members([squad_id])
            if data.get("laboratory"):
                below |= people.technicians(data["laboratory"])
            params["squad"] = named(people.squad(data.get("laboratory") or squad_id))
            return [Notice(f"squad_{step}", below | above, params, email=True)]
        if data["clock"] == DeadlineKind.APPROVAL:
            return [Notice(f"deadline_{step}", people.heads(street) | above, params, email=True)]
        below = people.checkers(street) if data["clock"] == DeadlineKind.CHECK_AFTER else frozenset()
        below |= people.dispatchers(street)
        return [Notice(f"deadline_{step}", below | above, params, bundle=f"{step}:{data['clock']}:{level}:{street}")]

    return rule


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "case.received": _received,
        "case.complaint_joined": _complaint_joined,
        "case.assigned": _assigned,
        "case.answered_by_resident": lambda facts: facts.office("resident_answered"),
        "case.withdrawn": lambda facts: facts.office("complaint_withdrawn"),
        "case.complaint_withdrawn": lambda facts: facts.office("complaint_withdrawn"),
        "case.rated": _rated,
        "case.identity_revealed": _identity("identity_revealed"),
        "case.identity_exported": _identity("identity_exported"),
        "case.identity_erased": _identity("identity_erased"),
        "case.recheck_planned": lambda facts: facts.office("recheck_planned"),
        "case.rectified": lambda facts: facts.office("rectified"),
        "order.submitted": _to_approve,
        "order.approved": lambda facts: facts.office("approved"),
        "order.sent_back": lambda facts: facts.office("sent_back"),
        "order.issued": _issued,
        "order.need_joined": _joined,
        "order.part_called_again": lambda facts: _called(facts, [facts.data["squad"]], "called_again"),
        "order.part_reassigned": _reassigned,
        "order.part_released": _to_called_squads("excused"),
        "order.need_released": _to_called_squads("excused"),
        "order.part_urged": _to_called_squads("urged"),
        "order.cancelled": _to_called_squads("cancelled"),
        "order.planned": _to_called_squads("planned"),
        "order.target_changed": _to_called_squads("target_changed"),
        "order.part_acknowledged": lambda facts: facts.office("acknowledged", squad=facts.squad_name()),
        "order.part_returned": _returned,
        "order.part_missed": lambda facts: facts.office("missed", squad=facts.squad_name()),
        "order.visit_closed": _visit_closed,
        "order.lab_commissioned": _lab_commissioned,
        "order.lab_cancelled": _lab_cancelled,
        "order.lab_reported": _lab_reported,
        "order.ruled": lambda facts: facts.office("ruled", bundle=f"ruled:{facts.event.order_id}"),
        "case.deadline_warned": _deadline("warned"),
        "case.deadline_passed": _deadline("passed"),
        "case.escalated": _deadline("escalated"),
        "order.deadline_warned": _deadline("warned"),
        "order.deadline_passed": _deadline("passed"),
        "order.escalated": _deadline("escalated"),
    }
)
