"""The site record on the phone: what it says, who may have it signed, and what it never says."""

from __future__ import annotations

import json

from django.urls import reverse

from cases.models import Attachment, AttachmentRole, Case, Order, Visit
from cases.services import intake, visits
from tests.cast import Cast, refused, unchanged
from tests.field.conftest import Phone, picture
from tests.onscene import all_finish, answer, close, part_of, report_in
from tests.stage import issued_order


def on_scene(cast: Cast) -> Order:
    order = issued_order(cast)
    report_in(cast, order, "street", party_person="演示·店长", recusal_asked=True, recusal_answer="演示·不申请")
    report_in(cast, order, "market")
    answer(cast, order, "MK-01", "fails", note="演示·未公示")
    return order


def url_of(order: Order, cast: Cast, function: str = "street") -> str:
    return reverse("field:record", args=[part_of(order, cast, function).pk])


def signed(**more: object) -> dict[str, object]:
    return {"agrees": "yes", "opinion": "", "how": "signed", "signature": picture(), "client_key": "s1", **more}


def test_the_record_says_who_looked_at_what_and_nothing_of_a_complainant(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    case = Case.objects.get(needs__orders=order)
    made = intake.complaint_take(
        actor=cast.act(cast.dispatcher),
        street_id=cast.street.pk,
        text="演示·反映人原话：隔壁三号楼",
        name="演示·反映人",
        phone="13900000000",
    )
    case.complaint_links.create(complaint=made.complaint, joined_at=made.complaint.received_at)
    text = phone(cast.market_officers[0]).get(url_of(order, cast, "market")).content.decode()
    for word in (cast.target.name, "演示·店长", "演示·未公示", "演示·不申请", cast.market_officers[0].name):
        assert word in text
    for word in ("隔壁三号楼", "演示·反映人", "13900000000", made.complaint.reference, order.brief):
        assert word not in text
    assert "<canvas" not in text  # only the lead has it signed


def test_signed_by_finger(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    client = phone(cast.leader)
    assert "<canvas" in client.get(url_of(order, cast)).content.decode()
    assert client.post(url_of(order, cast), signed())["Location"] == url_of(order, cast)
    visit = Visit.objects.get(order=order)
    row = Attachment.objects.get(visit=visit, role=AttachmentRole.SIGNATURE)
    assert (visit.party_agrees, visit.sign_refused) == (True, "")
    body = json.loads(order.events.get(kind="order.record_signed").body)["data"]
    assert body["sha256"] == row.file.sha256
    page = client.get(reverse("field:visit", args=[part_of(order, cast, "street").pk]))
    assert page.context["shots"].waiting == 0  # a signature is no photo of the visit


def test_a_refusal_needs_a_witness(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    client = phone(cast.leader)
    sent = {"agrees": "no", "opinion": "演示·当时没开火", "how": "refused", "refused": "演示·拒绝签字"}
    with unchanged():
        page = client.post(url_of(order, cast), sent)
    assert page.status_code == 422
    assert page.context["form"].errors["witness"]
    assert "演示·当时没开火" in page.content.decode()
    assert client.post(url_of(order, cast), {**sent, "witness": "演示·社区王某"}).status_code == 302
    visit = Visit.objects.get(order=order)
    assert (visit.party_agrees, visit.sign_witness) == (False, "演示·社区王某")
    assert "演示·社区王某" in client.get(url_of(order, cast)).content.decode()


def test_an_objection_needs_words_and_a_signature_something_drawn(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    client = phone(cast.leader)
    with unchanged():
        page = client.post(url_of(order, cast), signed(agrees="no", signature=""))
    assert page.context["form"].errors["opinion"]
    with unchanged():
        page = client.post(url_of(order, cast), signed(signature=""))
    assert page.context["form"].errors["refused"]


def test_only_officers_of_the_lead_who_are_there_have_it_signed(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    for user, status in ((cast.market_officers[0], 403), (cast.auxiliary, 403), (cast.outsider, 404)):
        assert phone(user).post(url_of(order, cast), signed()).status_code == status
    visit = Visit.objects.get(order=order)
    with refused("not_lead"):
        visits.record_sign(actor=cast.act(cast.market_officers[0]), visit_id=visit.pk, refused="x", witness="y")


def test_what_was_signed_stays_as_it_was_signed(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast)
    assert phone(cast.leader).post(url_of(order, cast), signed(opinion="演示·属实")).status_code == 302
    report_in(cast, order, "urban")
    all_finish(cast, order, ["street", "market", "urban"])
    page = phone(cast.leader).get(reverse("field:close", args=[part_of(order, cast, "street").pk]))
    assert "party_opinion" not in page.context["form"].fields
    visit = close(cast, order, party_opinion="演示·别的")
    assert visit.party_opinion == "演示·属实"
    with refused("visit_closed"):
        visits.record_sign(actor=cast.act(cast.leader), visit_id=visit.pk, refused="x", witness="y")
