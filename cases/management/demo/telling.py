"""Tells the demo through the real services, each act at its own moment: from the report to the acknowledged order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from cases.clock.moment import pretend
from cases.management.demo.ground import MAIN_STREET, Ground
from cases.management.demo.people import People
from cases.management.demo.pictures import picture
from cases.models import Case, Category, Complaint, Disposition, File, Order, Part, Source, Target, Urgency
from cases.services import intake, orders, triage
from teams.policies import RESIDENT, Actor

SOON = timedelta(minutes=3)
INSPECTION_NOTICE = "您反映的问题已受理，街道将组织联合检查，结果会在这里告诉您。"
TASK_NOTICE = "您反映的问题已受理，已派队伍到现场处理，结果会在这里告诉您。"
MEDIATION_NOTICE = "您反映的问题已受理，街道将联系双方调解。"


@dataclass(slots=True)
class Told:
    """A case that the demo follows, with what is needed to go on: the private link's hash, the latest order."""

    case: Case
    complaint: Complaint | None = None
    token_hash: str = ""
    order: Order | None = None


@dataclass(slots=True)
class Teller:
    """``start`` is the present: nothing is told later than it."""

    ground: Ground
    people: People
    targets: dict[str, Target]
    start: datetime
    street: str = MAIN_STREET
    residents: int = 0
    photos: int = 0
    _categories: dict[str, int] = field(default_factory=dict)

    # moments

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        return self.start - timedelta(days=days, hours=hours, minutes=minutes)

    def day(self, back: int, at: str) -> datetime:
        """``back`` days before today at the local hour ``HH:MM``; never after the present."""
        moment = datetime.combine(self.today() - timedelta(days=back), time.fromisoformat(at))
        return min(timezone.make_aware(moment), self.start - timedelta(minutes=1))

    def today(self) -> date:
        return timezone.localdate(self.start)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        with pretend(moment):
            yield

    # people

    def act(self, username: str) -> Actor:
        return self.people.act(username)

    def of(self, function: str, number: str = "1") -> Actor:
        """An officer of the function's squad on the street that the story plays on."""
        return self.act(f"{self._prefix(function)}{number}")

    def _prefix(self, function: str) -> str:
        own = self.street == MAIN_STREET or function not in ("street", "market", "urban")
        return function if own else f"x{function}"

    @property
    def office(self) -> Actor:
        return self.act("dispatcher" if self.street == MAIN_STREET else "dispatcher2")

    @property
    def head(self) -> Actor:
        return self.act("head" if self.street == MAIN_STREET else "head2")

    @property
    def checker(self) -> Actor:
        return self.act("checker" if self.street == MAIN_STREET else "checker2")

    @contextmanager
    def on(self, street: str) -> Iterator[None]:
        """Within the block the story plays on another street."""
        before, self.street = self.street, street
        try:
            yield
        finally:
            self.street = before

    # what the stories need

    def photo(self, name: str, actor: Actor) -> File:
        self.photos += 1
        return picture(name, actor, self.photos)

    def category(self, code: str) -> int:
        if not self._categories:
            self._categories = dict(Category.objects.values_list("code", "pk"))
        return self._categories[code]

    def agencies(self, *functions: str) -> list[int]:
        return [self.ground.agency(function, self.street).pk for function in functions]

    # intake and triage

    def complain(
        self,
        at: datetime,
        text: str,
        *,
        target: str = "",
        source: str = Source.PORTAL,
        urgency: str = Urgency.GENERAL,
        known: bool = True,
        photo: str = "",
        **more: Any,
    ) -> Told:
        """Somebody reports something. ``known``: they left a (made-up) name and phone."""
        actor = {Source.PORTAL.value: RESIDENT, Source.GRID.value: self.act("grid1")}.get(str(source), self.office)
        if self.street != MAIN_STREET and source == Source.GRID:
            actor = self.act("grid2")
        party = self.targets[target] if target else None
        if known and source != Source.GRID:
            self.residents += 1
            more |= {"name": f"演示·居民{self.residents:02}", "phone": f"1380000{self.residents:04}"}
        with self.at(at):
            made = intake.complaint_create(
                actor=actor,
                street_id=self.ground.streets[self.street].pk,
                source=str(source),
                text=text,
                urgency=urgency,
                target_id=party.pk if party else None,
                address=more.pop("address", party.address if party else ""),
                lat=party.lat if party else None,
                lng=party.lng if party else None,
                files=[self.photo(photo, actor)] if photo else (),
                **more,
            )
        return Told(made.case, made.complaint, made.complaint.token_hash or "")

    def accept(self, at: datetime, told: Told) -> Told:
        with self.at(at):
            told.case = triage.case_accept(actor=self.office, case_id=told.case.pk)
        return told

    def decide(self, at: datetime, told: Told, disposition: str, category: str = "", **more: Any) -> Told:
        with self.at(at):
            told.case = triage.case_triage(
                actor=self.office,
                case_id=told.case.pk,
                disposition=disposition,
                category_id=self.category(category) if category else None,
                **more,
            )
        return told

    def inspect(
        self,
        at: datetime,
        told: Told,
        category: str,
        target: str,
        functions: str,
        brief: str,
        *,
        hours: tuple[str, str] | None = None,
        inform: bool = True,
        **more: Any,
    ) -> Told:
        """Triage: an inspection by the functions named (``"street market urban"``); the complainant is told."""
        if hours:
            more |= {"hour_from": time.fromisoformat(hours[0]), "hour_until": time.fromisoformat(hours[1])}
        self.decide(
            at,
            told,
            Disposition.INSPECTION,
            category,
            target_id=self.targets[target].pk,
            agency_ids=self.agencies(*functions.split()),
            brief=brief,
            brief_confirmed=True,
            **more,
        )
        return self.inform(at + SOON, told, INSPECTION_NOTICE) if inform else told

    def inform(self, at: datetime, told: Told, text: str) -> Told:
        """Write to the complainant: the first such line is the first contact. Nobody has to tell a grid worker."""
        if told.complaint is not None and told.complaint.source != Source.GRID:
            with self.at(min(at, self.start - timedelta(minutes=1))):
                intake.line_write(actor=self.office, complaint_id=told.complaint.pk, text=text)
        return told

    def task(self, at: datetime, told: Told, category: str, target: str, function: str, brief: str) -> Told:
        """Triage: a handling task, sent to one squad at once."""
        self.decide(
            at,
            told,
            Disposition.HANDLING,
            category,
            target_id=self.targets[target].pk,
            squad_id=self.ground.squad(function, self.street).pk,
            brief=brief,
            brief_confirmed=True,
        )
        self.inform(at + SOON, told, TASK_NOTICE)
        told.order = self.latest_order(told)
        return told

    def join(self, told: Told, into: Told, reason: str) -> None:
        """Join a case to another; its complainant goes on with the survivor."""
        into.case = triage.case_join(actor=self.office, case_id=told.case.pk, into_case_id=into.case.pk, reason=reason)
        told.case = into.case

    def told(self, case: Case) -> Told:
        """Go on with a case that nobody complained about."""
        return Told(case)

    def latest_order(self, told: Told) -> Order:
        return Order.objects.filter(need_links__need__case=told.case).latest("pk")

    # the order

    def draft(self, at: datetime, told: Told, **more: Any) -> Told:
        assert told.case.target_id is not None
        with self.at(at):
            told.order = orders.order_open(actor=self.office, target_id=told.case.target_id, **more)
        return told

    def submit(self, at: datetime, told: Told) -> Told:
        with self.at(at):
            orders.order_submit(actor=self.office, order_id=self.order(told).pk)
        return told

    def approve(self, at: datetime, told: Told) -> Told:
        with self.at(at):
            orders.order_approve(actor=self.head, order_id=self.order(told).pk, note="同意")
        return told

    def issue(self, at: datetime, told: Told) -> Told:
        with self.at(at):
            orders.order_issue(actor=self.office, order_id=self.order(told).pk)
        return told

    def send(self, at: datetime, told: Told, **more: Any) -> Told:
        """Draft, submit, approve and issue within half an hour; an urgent one goes first and is approved after."""
        self.draft(at, told, **more)
        if self.order(told).urgency == Urgency.GENERAL:
            self.submit(at + timedelta(minutes=4), told)
            self.approve(at + timedelta(minutes=18), told)
            return self.issue(at + timedelta(minutes=22), told)
        return self.issue(at + timedelta(minutes=2), told)

    def order(self, told: Told) -> Order:
        assert told.order is not None
        return told.order

    def part(self, told: Told, function: str) -> Part:
        squad = self.ground.squad(function, self.street)
        return Part.objects.select_related("order__target").get(order=self.order(told), squad=squad)

    def acknowledge(self, at: datetime, told: Told, functions: str) -> Told:
        with self.at(at):
            for function in functions.split():
                orders.part_acknowledge(actor=self.of(function), part_id=self.part(told, function).pk)
        return told
