"""Decisions: the ladder's proposal, the ruling and its paper; patrol, alert, handling task."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Finding,
    InspectionItem,
    OrderState,
    Ruling,
    RulingOutcome,
    Source,
    Visit,
)
from cases.services import casefile, orders
from dispatch.field.words import SOURCE
from tests.cast import LAT, LNG, Cast, unchanged
from tests.field.conftest import Phone, picture
from tests.onscene import all_finish, answer, close, part_of, report_in
from tests.stage import issued_order


def found(cast: Cast) -> Finding:
    """A licence that is not shown, found by market supervision; the visit is closed."""
    order = issued_order(cast)
    for function in ("street", "market", "urban"):
        report_in(cast, order, function)
    answer(cast, order, "MK-01", "fails", note="演示·未公示")
    all_finish(cast, order, ["street", "market", "urban"])
    close(cast, order)
    return Finding.objects.get()


def test_a_finding_names_its_item_in_the_readers_language_and_keeps_the_officers_words() -> None:
    item = InspectionItem(name="演示·门前", name_en="Demo frontage")
    finding = Finding(item=item, text="演示·门前: 两台冰柜在店外")
    with override("en"):
        assert finding.shown == "Demo frontage: 两台冰柜在店外"
    with override("zh-hans"):
        assert finding.shown == "演示·门前：两台冰柜在店外"
    assert Finding(text="演示·自己的话").shown == "演示·自己的话"


def test_the_ladder_proposes_and_nothing_is_chosen(cast: Cast, phone: Phone) -> None:
    finding = found(cast)
    client = phone(cast.market_officers[0])
    text = client.get(reverse("field:finding", args=[finding.pk])).content.decode()
    assert "演示·未公示" in text
    assert 'name="outcome"' in text
    assert 'value="guidance" checked' not in text
    assert str(SOURCE) in text
    assert reverse("field:finding", args=[finding.pk]) in client.get(reverse("field:today")).content.decode()


def test_rectification_gets_a_paper_and_three_days(cast: Cast, phone: Phone) -> None:
    finding = found(cast)
    client = phone(cast.market_officers[0])
    url = reverse("field:finding", args=[finding.pk])
    sent = {"outcome": "rectification", "measures": "", "reason": "演示·首次", "due_days": "3", "slight": "yes"}
    with unchanged():
        refused = client.post(url, sent)
    assert refused.status_code == 422
    assert refused.context["form"].errors["measures"]
    assert "演示·首次" in refused.content.decode()
    assert client.post(url, {**sent, "measures": "演示·公示执照", "photos": [picture()]})["Location"] == url
    ruling = Ruling.objects.get(finding=finding)
    assert ruling.due_at is not None
    assert timezone.localdate(ruling.due_at) == timezone.localdate() + timedelta(days=3)
    assert ruling.attachments.count() == 1
    text = client.get(url).content.decode()
    assert ruling.paper_number in text
    assert "演示·公示执照" in text
    assert client.post(url, sent | {"measures": "x"}).status_code == 409  # ruled already


def test_only_the_competent_agency_rules(cast: Cast, phone: Phone) -> None:
    url = reverse("field:finding", args=[found(cast).pk])
    assert phone(cast.urban_officers[0]).get(url).status_code == 403
    assert phone(cast.dispatcher).get(url).status_code == 403
    assert phone(cast.outsider).get(url).status_code == 404
    assert phone(cast.fire_officers[0]).get(url).status_code == 404
    assert phone(cast.lab_technician).get(url).status_code == 404


def patrol_form(cast: Cast, **more: object) -> dict[str, object]:
    return {
        "squad": cast.squads["street"].pk,
        "category": cast.categories["05-07"].pk,
        "target": cast.target.pk,
        "text": "演示·货物占道",
        "officers": [cast.street_officers[0].pk],
        "outcome": "caution_card",
        "reason": "演示·首次，轻微",
        "due_days": "3",
        "lat": LAT,
        "lng": LNG,
        "accuracy": 10,
        "client_key": "patrol-1",
        **more,
    }


def test_story_two_in_one_write(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    assert client.get(reverse("field:patrol")).status_code == 200
    sent = patrol_form(cast, photos=[picture()])
    first = client.post(reverse("field:patrol"), sent)
    ruling = Ruling.objects.get()
    assert first["Location"] == reverse("field:finding", args=[ruling.finding_id])
    assert ruling.outcome == RulingOutcome.CAUTION_CARD
    assert ruling.paper_number
    case = Case.objects.get()
    assert (case.source, case.stage) == (Source.PATROL, CaseStage.RECTIFYING)
    assert ruling.finding.attachments.count() == 1
    again = client.post(reverse("field:patrol"), patrol_form(cast))
    assert again["Location"] == first["Location"]
    assert Case.objects.count() == 1
    assert client.get(first["Location"]).status_code == 200


def test_patrol_of_an_unregistered_party_put_right_on_the_spot(cast: Cast, phone: Phone) -> None:
    sent = patrol_form(cast, target="", name="演示·流动摊", kind="vendor", corrected_on_spot="on")
    assert phone(cast.leader).post(reverse("field:patrol"), sent).status_code == 302
    ruling = Ruling.objects.get()
    assert ruling.corrected_on_spot
    assert ruling.finding.visit.order.target.name == "演示·流动摊"


def test_patrol_alone_is_refused_and_keeps_what_was_typed(cast: Cast, phone: Phone) -> None:
    with unchanged():
        page = phone(cast.leader).post(reverse("field:patrol"), patrol_form(cast, officers=[cast.auxiliary.pk]))
    text = page.content.decode()
    assert page.status_code == 422
    assert page.context["form"].errors["officers"]
    assert "演示·货物占道" in text
    assert f'id="target-{cast.target.pk}" value="{cast.target.pk}" checked' in text
    assert f'value="{cast.auxiliary.pk}" checked' in text


def test_parties_of_the_own_street_by_name_and_by_nearness(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    url = reverse("field:parties")
    assert cast.target.name in client.get(url, {"q": "烧烤"}).content.decode()
    assert cast.foreign_target.name not in client.get(url, {"q": "饭馆"}).content.decode()
    near = client.get(url, {"lat": str(LAT), "lng": str(LNG)}).content.decode()
    assert near.index(cast.target.name) < near.index(cast.supermarket.name)
    assert phone(cast.auxiliary).get(url).status_code == 403
    assert phone(cast.auxiliary).get(reverse("field:patrol")).status_code == 403
    assert phone(cast.dispatcher).get(reverse("field:patrol")).status_code == 403


def test_a_grid_worker_sends_an_alert_and_reads_what_became_of_it(cast: Cast, phone: Phone) -> None:
    client = phone(cast.grid_worker)
    url = reverse("field:alert")
    assert client.get(url).status_code == 200
    assert client.post(url, {"text": "", "urgency": "general"}).status_code == 422
    sent = {
        "text": "演示·井盖破损",
        "urgency": "urgent",
        "address": "演示路3号",
        "photos": [picture()],
        "client_key": "a1",
    }
    assert client.post(url, sent).status_code == 302
    alert = Complaint.objects.get()
    assert (alert.source, alert.taken_by_id, alert.attachments.count()) == (Source.GRID, cast.grid_worker.pk, 1)
    assert alert.reference in client.get(url).content.decode()
    assert phone(cast.leader).get(url).status_code == 403


def task(cast: Cast) -> int:
    actor = cast.act(cast.dispatcher)
    case = casefile.case_open(actor=actor, street_id=cast.street.pk, source="office", title="演示·暴露垃圾")
    casefile.case_move(case=case, action="accept", actor=actor, kind="case.accepted")
    case.target, case.brief = cast.target, "演示·清运"
    casefile.case_move(case=case, action="plan", actor=actor, kind="case.triaged", fields=["target", "brief"])
    order = orders.task_open(actor=actor, case_id=case.pk, squad_id=cast.squads["street"].pk)
    return part_of(order, cast, "street").pk


def test_an_auxiliary_handles_a_task(cast: Cast, phone: Phone) -> None:
    pk = task(cast)
    client = phone(cast.auxiliary)
    assert reverse("field:arrive", args=[pk]) in client.get(reverse("field:today")).content.decode()
    assert client.get(reverse("field:task", args=[pk]))["Location"] == reverse("field:arrive", args=[pk])
    arrived = client.post(reverse("field:arrive", args=[pk]), {"officers": [cast.auxiliary.pk]})
    assert arrived["Location"] == reverse("field:task", args=[pk])
    assert client.get(reverse("field:task", args=[pk])).status_code == 200
    sent = {"outcome": "done", "note": "演示·已清运", "photos": [picture()], "client_key": "t1"}
    assert client.post(reverse("field:task", args=[pk]), sent).status_code == 302
    visit = Visit.objects.get()
    assert visit.order.state == OrderState.DONE
    assert visit.attachments.count() == 1
    assert Case.objects.get().stage == CaseStage.CHECKING
    assert phone(cast.market_officers[0]).get(reverse("field:task", args=[pk])).status_code == 404


def test_the_partner_of_the_last_joint_visit_is_ticked_beforehand(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    assert client.post(reverse("field:patrol"), patrol_form(cast)).status_code == 302
    task_alone = task(cast)
    client.post(reverse("field:arrive", args=[task_alone]), {"officers": [cast.leader.pk]})
    text = client.get(reverse("field:patrol")).content.decode()
    assert f'value="{cast.street_officers[0].pk}" checked' in text
    assert f'value="{cast.street_officers[1].pk}" checked' not in text
