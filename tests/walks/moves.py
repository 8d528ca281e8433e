"""Everything people can do to a case, chosen at random: right and wrong people, right and wrong moments.

A move takes a ``Chooser`` and calls one service. It may be refused; it may never fault, reach a state that the table
doesn't name, or leave two truths behind (``truths.inconsistencies``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Disposition,
    Feedback,
    Finding,
    ItemKind,
    LabTest,
    Need,
    NeedState,
    Order,
    Part,
    PartItem,
    PartState,
    Result,
    ReworkState,
    RulingOutcome,
    Visit,
    VisitOutcome,
    VisitState,
)
from cases.services import casefile, closure, feedback, findings, followups, intake, orders, triage, visits
from teams.models import User
from teams.policies import Actor
from tests.cast import Cast

T = TypeVar("T")
M = TypeVar("M", bound=Model)

CROWDED = 5
"""Live cases at which nobody complains any more, so that walks get far rather than broad."""


class Chooser(Protocol):
    """Draws one of several; hypothesis in one test, ``random.Random`` in another."""

    def choice(self, options: Sequence[T]) -> T: ...


class Walker:
    """One pair of hands: picks rows by the chooser and calls services as one of the cast."""

    def __init__(self, cast: Cast, chooser: Chooser) -> None:
        self.cast = cast
        self.choose = chooser
        self.tokens: dict[int, str] = {}

    # picking

    def one(self, rows: QuerySet[M]) -> M | None:
        found = list(rows.order_by("pk")[:60])
        return self.choose.choice(found) if found else None

    def somebody(self, *likely: User) -> Actor:
        """Mostly one who may, sometimes one who may not."""
        people = [*likely * 6, self.cast.outsider, self.cast.auditor]
        return self.cast.act(self.choose.choice(people))

    def office(self) -> Actor:
        return self.somebody(self.cast.dispatcher, self.cast.head)

    def officer_of(self, part: Part) -> Actor:
        return self.somebody(*self.team(part)[:2])

    def team(self, part: Part) -> list[User]:
        return self.cast.officers_of(part.agency.function) if part.agency.street_id != self.cast.other_street.pk else []

    def text(self) -> str:
        return self.choose.choice(["演示·理由", "演示·说明", "演示·备注", ""])

    def yes(self) -> bool:
        return self.choose.choice([True, False])

    # the office

    def complain(self) -> None:
        if Case.objects.exclude(stage__in=flow.ENDED).count() >= CROWDED:
            return
        made = intake.complaint_create(
            actor=Actor(user_id=None, kind="resident"),
            street_id=self.cast.street.pk,
            source="portal",
            text="演示·楼下烧烤油烟大，夜里吵闹",
            urgency=self.choose.choice(["general", "general", "urgent"]),
            phone=self.choose.choice(["", "13900000000"]),
        )
        if made.token:
            self.tokens[made.complaint.pk] = made.token

    def accept(self) -> None:
        if case := self.one(Case.objects.filter(stage__in=[CaseStage.RECEIVED, CaseStage.ASKING])):
            triage.case_accept(actor=self.office(), case_id=case.pk)

    def reject(self) -> None:
        if case := self.one(Case.objects.all()):
            triage.case_reject(actor=self.office(), case_id=case.pk, reason=self.text())

    def ask(self) -> None:
        case = self.one(Case.objects.filter(stage__in=[CaseStage.RECEIVED, CaseStage.ACCEPTED]))
        if case and (complaint := case.complaints.first()):
            triage.case_ask(actor=self.office(), case_id=case.pk, complaint_id=complaint.pk, question=self.text())

    def resume(self) -> None:
        if case := self.one(Case.objects.filter(stage=CaseStage.ASKING)):
            triage.case_resume(actor=self.office(), case_id=case.pk)

    def decide(self) -> None:
        if case := self.one(Case.objects.filter(stage=CaseStage.ACCEPTED)):
            functions = self.choose.choice([["market", "urban"], ["urban"], ["market", "fire"], ["ecology"], []])
            triage.case_triage(
                actor=self.office(),
                case_id=case.pk,
                disposition=self.choose.choice(
                    [Disposition.INSPECTION] * 4
                    + [Disposition.HANDLING, Disposition.ANSWERED, Disposition.MEDIATION, Disposition.TRANSFER]
                ),
                category_id=self.choose.choice(list(self.cast.categories.values())).pk,
                target_id=self.choose.choice([self.cast.target, self.cast.target, self.cast.supermarket]).pk,
                brief="演示·夜间烧烤，油烟和吵闹",
                brief_confirmed=self.choose.choice([True, True, True, True, False]),
                agency_ids=self.cast.agency_ids(*functions),
                due_day=timezone.localdate(now()) + timedelta(days=self.choose.choice([0, 2, 5])),
                squad_id=self.cast.squads[self.choose.choice(["urban", "street"])].pk,
                reply=self.text(),
                transfer_to=self.text(),
                reason=self.text(),
            )

    def join(self) -> None:
        case, into = self.one(Case.objects.all()), self.one(Case.objects.all())
        if case and into:
            triage.case_join(actor=self.office(), case_id=case.pk, into_case_id=into.pk, reason="演示·同一件事")

    def send_to_triage(self) -> None:
        if case := self.one(Case.objects.filter(stage__in=[CaseStage.PLANNING, CaseStage.DISPATCHED])):
            triage.case_return(actor=self.office(), case_id=case.pk, reason=self.text())

    def take_back(self) -> None:
        if case := self.one(Case.objects.filter(stage__in=[CaseStage.TRANSFERRED, CaseStage.REJECTED])):
            triage.case_take_back(actor=self.office(), case_id=case.pk, reason=self.text())

    def settle(self) -> None:
        if case := self.one(Case.objects.filter(stage=CaseStage.MEDIATING)):
            triage.case_settle(actor=self.office(), case_id=case.pk, words=self.text())

    def note(self) -> None:
        if case := self.one(Case.objects.all()):
            casefile.case_note(actor=self.office(), case_id=case.pk, text=self.text())

    # orders

    def open_order(self) -> None:
        if need := self.one(Need.objects.filter(state=NeedState.OPEN)):
            orders.order_open(actor=self.office(), target_id=need.target_id)

    def push_order(self) -> None:
        if order := self.one(Order.objects.filter(state__in=flow.LIVE)):
            act = self.choose.choice(["submit", "approve", "issue", "issue", "issue", "send_back"])
            actor = self.somebody(self.cast.dispatcher, self.cast.head, self.cast.head)
            if act == "submit":
                orders.order_submit(actor=actor, order_id=order.pk)
            elif act == "approve":
                orders.order_approve(actor=actor, order_id=order.pk)
            elif act == "send_back":
                orders.order_send_back(actor=actor, order_id=order.pk, reason=self.text())
            else:
                orders.order_issue(actor=actor, order_id=order.pk)

    def cancel_order(self) -> None:
        if order := self.one(Order.objects.all()):
            orders.order_cancel(actor=self.office(), order_id=order.pk, reason=self.text())

    def move_order(self) -> None:
        if order := self.one(Order.objects.filter(state__in=flow.LIVE)):
            target = self.choose.choice([self.cast.target, self.cast.supermarket])
            orders.order_change_target(actor=self.office(), order_id=order.pk, target_id=target.pk, reason=self.text())

    def change_part(self) -> None:
        if part := self.one(Part.objects.all()):
            act = self.choose.choice(["again", "reassign", "release", "urge"])
            if act == "again":
                orders.part_call_again(actor=self.office(), part_id=part.pk, reason=self.text())
            elif act == "reassign":
                squad = self.cast.squads[self.choose.choice(["fire", "ecology", "urban"])]
                orders.part_reassign(actor=self.office(), part_id=part.pk, squad_id=squad.pk, reason=self.text())
            elif act == "release":
                orders.part_release(actor=self.office(), part_id=part.pk, reason=self.text())
            else:
                orders.part_urge(actor=self.office(), part_id=part.pk)

    # squads

    def acknowledge(self) -> None:
        if part := self.one(Part.objects.filter(state=PartState.CALLED).select_related("agency")):
            orders.part_acknowledge(actor=self.officer_of(part), part_id=part.pk)

    def give_back(self) -> None:
        if part := self.one(Part.objects.filter(state=PartState.CALLED).select_related("agency")):
            orders.part_return(actor=self.officer_of(part), part_id=part.pk, reason=self.text())

    def report_in(self) -> None:
        states = [PartState.CALLED, PartState.ACKNOWLEDGED]
        if part := self.one(Part.objects.filter(state__in=states).select_related("agency", "order")):
            people = [user.pk for user in self.team(part)[: self.choose.choice([2, 2, 2, 1])]]
            visits.visit_report_in(
                actor=self.officer_of(part), part_id=part.pk, officer_ids=people, identity_shown=True
            )

    def answer(self) -> None:
        part = self.one(Part.objects.filter(state=PartState.ON_SCENE).select_related("agency"))
        if part is None:
            return
        for item in PartItem.objects.filter(part=part).select_related("item").order_by("pk"):
            visits.answer_submit(
                actor=self.cast.act(self.team(part)[0]),
                part_item_id=item.pk,
                result=self.choose.choice([Result.CONFORMS, Result.CONFORMS, Result.FAILS, Result.NOT_APPLICABLE]),
                value=Decimal(self.choose.choice(["48.00", "71.00"])) if item.item.kind == ItemKind.MEASURED else None,
                note="演示·现场情况",
            )

    def finish_part(self) -> None:
        if part := self.one(Part.objects.filter(state=PartState.ON_SCENE).select_related("agency")):
            visits.part_finish(actor=self.officer_of(part), part_id=part.pk)

    def to_laboratory(self) -> None:
        rows = PartItem.objects.filter(part__state=PartState.ON_SCENE, item__kind="lab").select_related("part__agency")
        if item := self.one(rows):
            visits.lab_commission(
                actor=self.officer_of(item.part),
                part_item_id=item.pk,
                laboratory_id=self.cast.squads["laboratory"].pk,
                sample="演示·样品",
            )

    def from_laboratory(self) -> None:
        if test := self.one(LabTest.objects.all()):
            followups.lab_report(
                actor=self.somebody(self.cast.lab_technician),
                lab_test_id=test.pk,
                value=Decimal(self.choose.choice(["1.20", "3.40"])),
                method="演示·方法",
                report_number=f"演示报告{test.pk}",
            )

    def close_visit(self) -> None:
        if visit := self.one(Visit.objects.filter(state=VisitState.OPEN)):
            lead = visit.order.parts.exclude(state=PartState.RELEASED).filter(is_lead=True).first()
            if lead is None:
                return
            silent = visit.order.parts.filter(state__in=[PartState.CALLED, PartState.ACKNOWLEDGED, PartState.RETURNED])
            followups.visit_close(
                actor=self.officer_of(lead),
                visit_id=visit.pk,
                outcome=self.choose.choice([VisitOutcome.DONE, VisitOutcome.DONE, *VisitOutcome.values]),
                absent_part_ids=list(silent.values_list("pk", flat=True)) if self.yes() else [],
                note="演示·现场",
            )

    def add_finding(self) -> None:
        if part := self.one(
            Part.objects.filter(state__in=[PartState.ON_SCENE, PartState.DONE]).select_related("agency")
        ):
            findings.finding_add(actor=self.officer_of(part), part_id=part.pk, text=self.text(), clause_group="noise")

    def rule(self) -> None:
        if finding := self.one(Finding.objects.filter(state="open").select_related("part__agency")):
            followups.ruling_issue(
                actor=self.officer_of(finding.part),
                finding_id=finding.pk,
                outcome=self.choose.choice(RulingOutcome.values),
                reason=self.text(),
                measures="演示·限期整改",
                due_day=timezone.localdate(now()) + timedelta(days=3),
                handed_to="演示·单位",
            )

    # the end

    def check_after(self) -> None:
        if case := self.one(Case.objects.filter(stage=CaseStage.CHECKING)):
            closure.checkafter_submit(
                actor=self.somebody(self.cast.checker, self.cast.dispatcher),
                case_id=case.pk,
                passed=self.yes(),
                words=self.text(),
            )

    def close(self) -> None:
        if case := self.one(Case.objects.filter(stage=CaseStage.CHECKING)):
            closure.case_close(
                actor=self.somebody(self.cast.checker, self.cast.dispatcher), case_id=case.pk, result_text=self.text()
            )

    def rate(self) -> None:
        complaint = self.one(Complaint.objects.filter(pk__in=self.tokens))
        if complaint is None:
            return
        case = complaint.cases.order_by("pk").last()
        if case is not None:
            feedback.feedback_create(
                token_hash=complaint.token_hash or "",
                case_id=case.pk,
                contacted=self.yes(),
                solved=self.yes(),
                satisfied=3,
                words=self.text(),
            )

    def decide_rework(self) -> None:
        if row := self.one(Feedback.objects.filter(rework=ReworkState.ASKED)):
            feedback.rework_decide(actor=self.office(), feedback_id=row.pk, accept=self.yes(), reason=self.text())

    def withdraw(self) -> None:
        if complaint := self.one(Complaint.objects.filter(pk__in=self.tokens)):
            intake.complaint_withdraw(token_hash=complaint.token_hash or "")

    @property
    def moves(self) -> list[Callable[[], None]]:
        """All moves; those that carry a case forward more than once, so that walks reach the end."""
        forward = [
            self.complain, self.accept, self.decide, self.open_order, self.push_order, self.push_order,
            self.acknowledge, self.report_in, self.report_in, self.answer, self.finish_part, self.close_visit,
            self.rule, self.check_after, self.close, self.settle,
        ]  # fmt: skip
        rest = [
            self.reject, self.ask, self.resume, self.join, self.send_to_triage, self.take_back, self.note,
            self.cancel_order, self.move_order, self.change_part, self.give_back, self.to_laboratory,
            self.from_laboratory, self.add_finding, self.rate, self.decide_rework, self.withdraw,
        ]  # fmt: skip
        return [*forward * 5, *rest]
