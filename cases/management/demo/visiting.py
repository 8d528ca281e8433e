"""Tells the demo through the real services, second half: visits, laboratory, rulings, check-after, ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from cases.management.demo.telling import Teller, Told
from cases.models import Feedback, Finding, ItemKind, LabTest, PartItem, Result, Target, Visit
from cases.services import closure, feedback, followups, visits

LAB_SAMPLE = "演示样品，排气筒出口"
INSTRUMENT = "演示声级计"

Fail = tuple[str | None, str]
Fails = Mapping[str, Fail]
"""Items that fail: code → (value or None, what the officer wrote)."""


@dataclass(slots=True)
class Storyteller(Teller):
    """All that the scenes need."""

    # the visit

    def arrive(self, at: datetime, told: Told, functions: str) -> Told:
        """Squads report in one after the other, two minutes apart, each with two officers."""
        for late, function in enumerate(functions.split()):
            part = self.part(told, function)
            target = part.order.target
            with self.at(at + timedelta(minutes=2 * late)):
                visits.visit_report_in(
                    actor=self.of(function),
                    part_id=part.pk,
                    officer_ids=self.people.ids(*(f"{self._prefix(function)}{number}" for number in "12")),
                    lat=None if target.lat is None else target.lat + 0.0001,
                    lng=target.lng,
                    accuracy_m=12.0,
                    identity_shown=True,
                    recusal_asked=True,
                    party_person="演示·店长",
                    party_role="现场负责人",
                )
        return told

    def answer(self, at: datetime, told: Told, function: str, fails: Fails | None = None, lab: bool = False) -> Told:
        """The squad answers its whole checklist and finishes its part."""
        part = self.part(told, function)
        actor = self.of(function)
        with self.at(at):
            for row in PartItem.objects.filter(part=part).select_related("item"):
                if row.item.kind == ItemKind.LAB and lab:
                    visits.lab_commission(
                        actor=actor,
                        part_item_id=row.pk,
                        laboratory_id=self.ground.squads["laboratory"].pk,
                        sample=LAB_SAMPLE,
                    )
                else:
                    facts = self._facts(row, part.order.target, at, (fails or {}).get(row.item.code))
                    visits.answer_submit(actor=actor, part_item_id=row.pk, **facts)
            visits.part_finish(actor=actor, part_id=part.pk)
        return told

    def _facts(
        self, row: PartItem, target: Target, at: datetime, fail: tuple[str | None, str] | None
    ) -> dict[str, Any]:
        item = row.item
        facts: dict[str, Any] = {"result": Result.FAILS if fail else Result.CONFORMS}
        if item.photo_required or fail:
            facts["note"] = fail[1] if fail else "现场核对无误"
        if item.kind == ItemKind.LAB:
            return {"result": Result.NOT_APPLICABLE}
        if item.kind == ItemKind.CHOICE:
            facts["text_value"] = item.choices[1 if fail else 0]
        elif item.kind == ItemKind.NUMBER:
            facts["value"] = Decimal(fail[0] if fail and fail[0] else "0")
        elif item.kind == ItemKind.MEASURED:
            limit = visits.limit_for(item, target, at)
            usual = limit.maximum - Decimal("3.5") if limit else Decimal("50")
            facts |= {"value": Decimal(fail[0]) if fail and fail[0] else usual, "instrument": INSTRUMENT}
            if limit is None:
                facts["note"] = "该处无对应限值，参照执行"
        return facts

    def close_visit(
        self, at: datetime, told: Told, outcome: str = "done", absent: str = "", lead: str = "street", note: str = ""
    ) -> Told:
        visit = Visit.objects.filter(order=self.order(told)).latest("sequence")
        with self.at(at):
            followups.visit_close(
                actor=self.of(lead),
                visit_id=visit.pk,
                outcome=outcome,
                absent_part_ids=[self.part(told, function).pk for function in absent.split()],
                note=note,
                party_opinion="核对无误" if outcome == "done" else "",
            )
        return told

    def visit(self, at: datetime, told: Told, functions: str, fails: Fails | None = None, lab: bool = False) -> Told:
        """A whole visit: all report in, answer, and the street's team closes it fifty minutes later."""
        self.arrive(at, told, functions)
        for function in functions.split():
            self.answer(at + timedelta(minutes=35), told, function, fails, lab=lab)
        return self.close_visit(at + timedelta(minutes=50), told)

    def handle(self, at: datetime, told: Told, function: str, note: str) -> Told:
        """A handling task is done: on the spot, finished, and back to the office."""
        part = self.part(told, function)
        actor = self.of(function)
        with self.at(at):
            visits.visit_report_in(actor=actor, part_id=part.pk, officer_ids=[actor.user_id or 0])
        with self.at(at + timedelta(minutes=25)):
            visits.part_finish(actor=actor, part_id=part.pk, note=note)
        return self.close_visit(at + timedelta(minutes=26), told, lead=function, note=note)

    def lab_result(self, at: datetime, told: Told, value: str) -> Told:
        test = LabTest.objects.get(visit__order=self.order(told))
        with self.at(at):
            followups.lab_report(
                actor=self.act("lab1"),
                lab_test_id=test.pk,
                value=Decimal(value),
                method="HJ 1077-2019",
                report_number=f"演示检字{test.pk:04}号",
            )
        return told

    # rulings

    def findings(self, told: Told) -> list[Finding]:
        return list(
            Finding.objects.filter(visit__order=self.order(told), state="open").select_related("agency").order_by("pk")
        )

    def rule(self, at: datetime, told: Told, outcome: str, reason: str, days: int | None = None, **more: Any) -> Told:
        """Rule on every open finding of the order the same way, each by an officer of its agency."""
        for finding in self.findings(told):
            if days is not None:
                more["due_day"] = timezone.localdate(at) + timedelta(days=days)
            with self.at(at):
                followups.ruling_issue(
                    actor=self.of(finding.agency.function),
                    finding_id=finding.pk,
                    outcome=outcome,
                    reason=reason,
                    **more,
                )
        return told

    def refreshed(self, told: Told) -> Told:
        told.case.refresh_from_db()
        return told

    # the end

    def check(self, at: datetime, told: Told, words: str, passed: bool = True) -> Told:
        with self.at(at):
            closure.checkafter_submit(actor=self.checker, case_id=told.case.pk, passed=passed, words=words)
        return told

    def close(self, at: datetime, told: Told, result: str) -> Told:
        """Check after handling, passed, and close a little later."""
        self.check(at, told, "现场核查，符合结案条件")
        with self.at(at + timedelta(minutes=20)):
            told.case = closure.case_close(actor=self.checker, case_id=told.case.pk, result_text=result)
        return told

    def rate(self, at: datetime, told: Told, satisfied: int, solved: bool = True, words: str = "") -> Feedback:
        with self.at(at):
            return feedback.feedback_create(
                token_hash=told.token_hash,
                case_id=told.case.pk,
                contacted=True,
                solved=solved,
                satisfied=satisfied,
                words=words,
            )

    def rework(self, at: datetime, rating: Feedback, accept: bool, reason: str) -> None:
        with self.at(at):
            feedback.rework_decide(actor=self.head, feedback_id=rating.pk, accept=accept, reason=reason)
