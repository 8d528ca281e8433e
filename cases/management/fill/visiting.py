"""The order of a made-up case: need, order and parts, the visit with its answers, the ruling, the term to put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from cases.management.fill.life import SYSTEM, Chained, Life, Ordered
from cases.management.fill.world import Team, Who
from cases.models import CaseStage
from teams.models import Role

ITEMS_A_PART = 2
FAILING = 0.4
ALONE, TWO, THREE = 0.3, 0.65, 0.9


def open_order(life: Life, *, handling: bool, drafted: bool) -> Ordered | None:
    """A need, and the order that serves it; the need alone when nobody has planned it yet."""
    dice, book = life.dice, life.book
    teams = [dice.choice(life.office.joint)] if handling else [life.office.lead, *_called(life)]
    day = timezone.localdate(life.at)
    need: dict[str, Any] = {
        "target_id": life.party.target_id,
        "case_id": life.case_id,
        "cause": "handling" if handling else "case",
        "from_day": day,
        "due_day": day + timedelta(days=3),
        "created_at": life.at,
        "created_by_id": life.desk[0],
    }
    need_id = book.need.take()
    agencies = sorted({team.agency_id for team in teams})
    for agency in agencies:
        book.need_agency.add(need_id=need_id, agency_id=agency)
    body = {
        "need": need_id,
        "target": life.party.target_id,
        "cause": need["cause"],
        "agencies": agencies,
        "from": need["from_day"],
        "due": need["due_day"],
    }
    life.chain.tell("case.need_opened", life.at, life.desk, body)
    if not drafted:
        book.need.add(pk=need_id, **need, state="open")
        return None
    order_id = book.order.take()
    at = life.wait(0.4)
    number = f"JC-{timezone.localtime(at):%y%m%d}-{book.numbers.take():04}"
    chain = Chained(book, "order", order_id, life.office.street.pk, at)
    parts = [(book.part.take(), team) for team in teams]
    row: dict[str, Any] = {
        "number": number,
        "target_id": life.party.target_id,
        "street_id": life.office.street.pk,
        "kind": "handling" if handling else "case_led",
        "state": "drafted",
        "planned_day": timezone.localdate(at),
        "brief": life.row["brief"],
        "drafted_by_id": life.desk[0],
        "drafted_at": at,
    }
    ordered = Ordered(order_id, number, chain, need_id, parts, row, need)
    book.order_need.add(order_id=order_id, need_id=need_id, joined_at=at)
    life.chain.tell("case.ordered", at, life.desk, ordered.named)
    body = {"target": life.party.target_id, "needs": [need_id], "squads": [team.squad_id for team in teams]}
    body |= {"handling": True} if handling else {"visits_saved": len(teams) - 1, "lead_reason": ""}
    chain.tell("order.drafted", at, life.desk, body)
    if not handling:
        chain.tell("order.submitted", at, life.desk)
        row["state"] = "to_approve"
    return ordered


def file_order(life: Life, ordered: Ordered) -> None:
    """Write the order and its need as they stand now, and where the order's chain stands."""
    served = ordered.row["state"] in ("ruling", "done")
    life.book.need.add(pk=ordered.need_id, **ordered.need, state="served" if served else "ordered")
    life.book.order.add(pk=ordered.order_id, **ordered.row)
    ordered.chain.close()


def plan_rests(life: Life, ordered: Ordered) -> None:
    """It lies with the head of office for approval."""
    life.clocks.add("approval", ordered.chain, ordered.row["drafted_at"], None)
    for nth, (part_id, team) in enumerate(ordered.squads):
        life.book.part.add(pk=part_id, **_part(ordered, team, nth), state="planned")


def issue_order(life: Life, ordered: Ordered, *, arrived: bool) -> None:
    """Approved and issued; squads called. Unless they have ``arrived``, some have answered and some have not."""
    row, book, dice = ordered.row, life.book, life.dice
    head = dice.choice(life.office.staff[Role.OFFICE_HEAD])
    if row["state"] == "to_approve":
        at = life.wait(1)
        used = life.clocks.add("approval", ordered.chain, row["drafted_at"], at)
        row |= {"approved_by_id": head[0], "approved_at": at}
        ordered.chain.tell("order.approved", at, head, {"note": ""}, used)
    issued = life.wait(0.3)
    row |= {"state": "issued", "issued_at": issued, "issued_by_id": life.desk[0]}
    called = [team.squad_id for _part, team in ordered.squads]
    body = {"squads": called, "parts": [part for part, _team in ordered.squads], "urgent_first": False}
    ordered.chain.tell("order.issued", issued, life.desk, body)
    life.move("case.dispatched", CaseStage.DISPATCHED, life.desk, ordered.named)
    answered = []
    for nth, (part_id, team) in enumerate(ordered.squads):
        facts = {"subject": ("part", part_id), "told": {"part": part_id, "squad": team.squad_id}}
        taken = life.wait(0.4) if arrived or dice.random() < 0.5 else None
        used = life.clocks.add("acknowledge", ordered.chain, issued, taken, **facts)  # type: ignore[arg-type]
        if taken is not None:
            who = _officer(team)
            ordered.chain.tell("order.part_acknowledged", taken, who, {"part": part_id, "squad": team.squad_id}, used)
            answered.append(part_id)
        if not arrived:
            life.clocks.add("report_in", ordered.chain, issued, None, **facts)  # type: ignore[arg-type]
            state = {"state": "acknowledged" if taken else "called", "called_at": issued, "acknowledged_at": taken}
            book.part.add(pk=part_id, **_part(ordered, team, nth), **state)
    if len(answered) == len(ordered.squads):
        row["state"] = "acknowledged"


def visit(life: Life, ordered: Ordered, *, over: bool, fails: bool, rule: bool) -> list[tuple[int, Team]]:
    """On scene: squads report in, answer their items, and the lead closes. Its findings with who found them.

    ``fails``: at least one item does not conform. ``rule``: somebody rules on them afterwards."""
    book, dice, chain, row = life.book, life.dice, ordered.chain, ordered.row
    started = life.wait(2)
    row |= {"state": "on_scene", "on_scene_at": started}
    lead = ordered.squads[0][1]
    visit_id = book.visit.take()
    life.move("case.visit_started", CaseStage.VISITING, _officer(lead), ordered.named)
    findings: list[tuple[int, Team]] = []
    pending: list[dict[str, Any]] = []
    for nth, (part_id, team) in enumerate(ordered.squads):
        at = life.wait(0.1)
        facts = {"subject": ("part", part_id), "told": {"part": part_id, "squad": team.squad_id}}
        used = life.clocks.add("report_in", chain, row["issued_at"], at, **facts)  # type: ignore[arg-type]
        seats = team.officers[:2]
        book.report.add(
            visit_id=visit_id,
            part_id=part_id,
            by_id=seats[0].user_id,
            at=at,
            lat=life.party.lat,
            lng=life.party.lng,
            distance_m=5.0,
        )
        for seat in seats:
            book.officer.add(
                visit_id=visit_id,
                part_id=part_id,
                user_id=seat.user_id,
                name=seat.name,
                certificate=seat.certificate,
                valid_until=seat.valid_until,
                counts=True,
            )
        body = {"visit": visit_id, "part": part_id, "squad": team.squad_id, "officers": [s.user_id for s in seats]}
        body |= {"others": [], "distance_m": 5, "far_reason": ""}
        chain.tell("order.reported_in", at, _officer(team), body, used)
        results: dict[str, int] = {}
        items = dice.sample(list(team.items), min(ITEMS_A_PART, len(team.items)))
        done = life.wait(0.5) if over else None
        for item in items:
            part_item = book.part_item.add(part_id=part_id, item_id=item)
            if done is None:
                continue
            wrong = dice.random() < FAILING / ITEMS_A_PART or (fails and not pending)
            result = "fails" if wrong else "conforms"
            results[result] = results.get(result, 0) + 1
            answer = book.answer.add(
                visit_id=visit_id,
                part_item_id=part_item,
                result=result,
                answered_by_id=seats[0].user_id,
                answered_at=done,
            )
            if wrong:
                pending.append({"part_id": part_id, "item_id": item, "answer_id": answer, "team": team})
        state = {"state": "done" if over else "on_scene", "called_at": row["issued_at"], "acknowledged_at": at}
        book.part.add(pk=part_id, **_part(ordered, team, nth), **state, on_scene_at=at, done_at=done)
        if done is not None:
            body = {"part": part_id, "squad": team.squad_id, "results": results, "note": ""}
            chain.tell("order.part_finished", done, _officer(team), body)
    if fails and not pending:
        pending.append({"part_id": ordered.squads[0][0], "team": lead})
    closed = life.wait(0.2) if over else None
    book.visit.add(
        pk=visit_id,
        order_id=ordered.order_id,
        state="closed" if closed else "open",
        outcome="done" if closed else "",
        started_at=started,
        closed_at=closed,
        closed_by_id=lead.officers[0].user_id if closed else None,
        identity_shown=True,
        recusal_asked=True,
    )
    if closed is None:
        return []
    for found in pending:
        team = found.pop("team")
        finding = book.finding.add(
            **found,
            visit_id=visit_id,
            need_id=ordered.need_id,
            agency_id=team.agency_id,
            text="检查项目不符合要求。",
            state="ruled" if rule else "open",
            found_by_id=team.officers[0].user_id,
            found_at=closed,
        )
        findings.append((finding, team))
    row["state"] = "ruling"
    body = {"visit": visit_id, "outcome": "done", "findings": [one for one, _team in findings]}
    chain.tell("order.visit_closed", closed, _officer(lead), {**body, "absent": [], "reopened": [], "note": ""})
    if findings:
        life.move("case.to_rule", CaseStage.RULING, _officer(lead), ordered.named)
    if not rule:
        for finding, team in findings:
            told = {"finding": finding, "squad": team.squad_id}
            life.clocks.add("ruling", chain, closed, None, subject=("finding", finding), told=told)
    return findings


def close_order(life: Life, ordered: Ordered, findings: list[tuple[int, Team]], *, later: bool = False) -> None:
    """Every finding is ruled on and the order is done. ``later``: the first has still to be put right."""
    book, chain, begun = life.book, ordered.chain, life.at
    for nth, (finding, team) in enumerate(findings):
        at = life.wait(3)
        told = {"finding": finding, "squad": team.squad_id}
        used = life.clocks.add("ruling", chain, begun, at, subject=("finding", finding), told=told)
        who = team.officers[0]
        ruling = book.ruling.take()
        term = later and nth == 0
        outcome = "rectification" if term else life.dice.choice(("guidance", "guidance", "caution_card"))
        spot = outcome == "caution_card"
        due = at + timedelta(days=7) if term else None
        paper = f"（演示）{'责改' if term else '黄牌'}〔{at.year}〕第{ruling}号" if term or spot else ""
        book.ruling.add(
            pk=ruling,
            finding_id=finding,
            agency_id=team.agency_id,
            outcome=outcome,
            reason="首次发现，情节轻微。",
            measures="按要求整改。" if term or spot else "",
            due_at=due,
            corrected_at=at if spot else None,
            corrected_on_spot=spot,
            paper_number=paper,
            ruled_by_id=who.user_id,
            ruled_at=at,
            certificate=who.certificate,
        )
        body = {"finding": finding, "ruling": ruling, "agency": team.agency_id, "case": life.case_id}
        more = {"outcome": outcome, "reason": "首次发现，情节轻微。", "paper": paper}
        chain.tell("order.ruled", at, _officer(team), {**body, **more}, used)
        if term:
            _term(life, ordered, ruling, team, due)
    ordered.row |= {"state": "done", "done_at": life.at}
    chain.tell("order.done", life.at, SYSTEM, {"cases": [life.case_id]})


def _term(life: Life, ordered: Ordered, ruling: int, team: Team, due: Any) -> None:
    """The time to put it right runs, and a recheck is wanted after it."""
    told = {"ruling": ruling, "squad": team.squad_id}
    life.clocks.add("rectification", ordered.chain, life.at, None, subject=("ruling", ruling), due=due, told=told)
    last = timezone.localdate(due)
    need = life.book.need.add(
        target_id=life.party.target_id,
        case_id=life.case_id,
        cause="recheck",
        state="open",
        from_day=last,
        due_day=last + timedelta(days=4),
        created_at=life.at,
    )
    life.book.need_agency.add(need_id=need, agency_id=team.agency_id)
    life.book.followup.add(ruling_id=ruling, need_id=need)
    life.move("case.rectifying", CaseStage.RECTIFYING, _officer(team), ordered.named)
    life.clocks.add("recheck", life.chain, life.at, None, due=due + timedelta(days=4))
    body = {"need": need, "ruling": ruling, "agency": team.agency_id, "items": []}
    window = {"from": last, "due": last + timedelta(days=4)}
    life.chain.tell("case.recheck_planned", life.at, _officer(team), {**body, **window})


def _called(life: Life) -> list[Team]:
    """None to three squads beside the leading one."""
    lot = life.dice.random()
    count = 0 if lot < ALONE else 1 if lot < TWO else 2 if lot < THREE else 3
    return life.dice.sample(life.office.joint, min(count, len(life.office.joint)))


def _part(ordered: Ordered, team: Team, nth: int) -> dict[str, Any]:
    return {
        "order_id": ordered.order_id,
        "squad_id": team.squad_id,
        "agency_id": team.agency_id,
        "is_lead": nth == 0,
    }


def _officer(team: Team) -> Who:
    return team.officers[0].user_id, Role.OFFICER.value
