"""Story 1 by HTTP alone: the barbecue stall, from the report to the rating."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseStage, LabTest
from tests.api.client import Program, program_of
from tests.cast import LAT, LNG, Cast
from tests.onscene import at

pytestmark = pytest.mark.django_db
SQUADS = ("street", "market", "urban", "fire")


def test_the_barbecue_stall(cast: Cast) -> None:
    office, head, checker = (program_of(user) for user in (cast.dispatcher, cast.head, cast.checker))
    squads = {name: program_of(cast.officers_of(name)[0]) for name in SQUADS}
    with at("2026-07-14 22:05"):
        resident = Program()
        sent = resident.post(
            "complaints/",
            {"text": "楼下烧烤店油烟大，半夜还在吵", "lat": LAT, "lng": LNG, "phone": "13900000000"},
        )
        assert resident.answer.status_code == 201
    resident.authorization = f"Tracking {sent['token']}"
    case = f"cases/{sent['case_id']}/"
    with at("2026-07-15 09:00"):
        assert office.post(f"{case}accept/")["stage"] == "accepted"
        category = next(row for row in office.get("categories/")["results"] if row["code"] == "05-10")
        agencies = {row["function"]: row["id"] for row in office.get("agencies/")["results"]}
        target = office.get("targets/?name=烧烤")["results"][0]
        planned = office.post(
            f"{case}triage/",
            {
                "disposition": "inspection",
                "category_id": category["id"],
                "target_id": target["id"],
                "brief": "门外烧烤，油烟，夜间吵闹",
                "brief_confirmed": True,
                "agency_ids": [agencies["market"], agencies["urban"], agencies["fire"]],
            },
        )
        assert planned["stage"] == "planning", planned
        order = office.post("orders/", {"target_id": target["id"]})
        assert len(order["parts"]) == 4
        path = f"orders/{order['id']}/"
        assert office.post(f"{path}submit/")["state"] == "to_approve"
        assert head.post(f"{path}approve/", {"note": "同意"})["state"] == "approved"
        assert office.post(f"{path}issue/")["state"] == "issued"
    finding = _visit(cast, squads, order["id"])
    with at("2026-07-15 22:30"):
        ruling = squads["street"].post(
            f"findings/{finding}/ruling/",
            {"outcome": "guidance", "reason": "当场劝导，顾客散去，店主承诺22时后不在门外经营"},
        )
        assert (ruling["outcome"], ruling["finding"]) == ("guidance", finding), ruling
    assert office.get(case)["stage"] == "checking"
    with at("2026-07-16 22:00"):
        checked = checker.post(f"{case}check-after/", {"passed": True, "words": "同时段现场安静"})
        assert checked["passed"] is True
        closed = checker.post(f"{case}close/", {"result_text": "已劝导，现场安静；油烟检测达标。"})
        assert closed["stage"] == "closed"
    _rate(resident, sent["case_id"])
    assert Case.objects.get().stage == CaseStage.CLOSED
    assert "13900000000" not in str(office.get(case)), "a phone is masked even for the office"


def _visit(cast: Cast, squads: dict[str, Program], order_id: int) -> int:
    """All four come, answer their items and finish; a test is commissioned; one finding is left to rule on."""
    with at("2026-07-15 20:30"):
        parts = {}
        for name, squad in squads.items():
            parts[name] = next(row for row in squad.get("parts/")["results"] if row["order"]["id"] == order_id)
            assert squad.post(f"parts/{parts[name]['id']}/acknowledge/")["state"] == "acknowledged"
    with at("2026-07-15 21:30"):
        for name, squad in squads.items():
            people = [row.pk for row in cast.officers_of(name)[:2]]
            report = squad.post(
                f"parts/{parts[name]['id']}/report-in/",
                {"officer_ids": people, "lat": LAT, "lng": LNG, "identity_shown": True},
            )
            assert squad.answer.status_code == 201, report
    lab = program_of(cast.lab_technician)
    with at("2026-07-15 21:50"):
        for name, squad in squads.items():
            for item in parts[name]["items"]:
                _answer(squad, item, cast)
            assert squad.post(f"parts/{parts[name]['id']}/finish/", {})["state"] == "done", squad.answer.json()
        visit = squads["street"].get(f"parts/{parts['street']['id']}/")["order"]["visits"][0]
        closed = squads["street"].post(f"visits/{visit['id']}/close/", {"outcome": "done", "party_opinion": "核对无误"})
        assert closed["state"] == "closed", closed
    with at("2026-07-15 22:10"):
        test = cast.squads["laboratory"].pk
        row = LabTest.objects.get(laboratory_id=test)
        told = lab.post(
            f"tests/{row.pk}/report/", {"value": "1.2", "method": "HJ 1077-2019", "report_number": "演示检-001"}
        )
        assert told["conforms"] is True, told
    found = squads["street"].get(f"parts/{parts['street']['id']}/")["findings"]
    assert len(found) == 1
    return int(found[0]["id"])


def _answer(squad: Program, item: dict[str, object], cast: Cast) -> None:
    path = f"items/{item['id']}/"
    if item["kind"] == "lab":
        told = squad.post(f"{path}test/", {"laboratory_id": cast.squads["laboratory"].pk, "sample": "净化器排口"})
        assert squad.answer.status_code == 201, told
        return
    body: dict[str, object] = {"result": "conforms", "note": "见现场"}
    if item["kind"] == "measured":
        body |= {"value": "48.5", "result": None, "instrument": "声级计"}
    if item["kind"] == "choice":
        body |= {"text_value": item["choices"][0]}  # type: ignore[index]
    if item["code"] == "ST-01":
        body |= {"result": "fails", "note": "门外十二桌，顾客喧哗"}
    told = squad.put(f"{path}answer/", body)
    assert squad.answer.status_code == 200, told


def _rate(resident: Program, case_id: int) -> None:
    told = resident.get("complaints/track/")
    assert told["matters"][0]["rateable"] is True
    assert told["lines"][-1]["text"] == "已劝导，现场安静；油烟检测达标。"
    rated = resident.post(
        "complaints/feedback/", {"case_id": case_id, "contacted": True, "solved": True, "satisfied": 5}
    )
    assert resident.answer.status_code == 201
    assert rated["satisfied"] == 5
