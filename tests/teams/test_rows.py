"""Rows of several tables in one statement are the rows that each would have been by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from cases.clock.moment import now
from cases.models import Complaint, HotlineOrder, Identity, Source
from cases.services.casefile import numbers_take
from cases.services.identity import identity_sealed
from teams import rows
from tests.cast import Cast


def made(cast: Cast, **facts: Any) -> tuple[Identity, Complaint, HotlineOrder]:
    drawn = numbers_take(at=now())
    sealed = identity_sealed(pk=drawn.identity_id, name="演示·某甲", phone="13900000000")
    assert sealed
    given = {"text": "100% 油烟", "street": cast.street, "source": Source.PORTAL, "received_at": now(), **facts}
    complaint = Complaint(pk=drawn.complaint_id, reference=drawn.reference, identity=sealed, **given)
    return sealed, complaint, HotlineOrder(complaint=complaint, number=drawn.reference, classes=["噪音", 1])


def values(row: Model) -> dict[str, object]:
    return {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if not one.primary_key}


def test_they_are_written_together_and_read_back_as_they_were(cast: Cast) -> None:
    told = made(cast, lat=37.8, address="演示路1号'; --")
    with CaptureQueriesContext(connection) as asked:
        rows.write(told)
    assert len(asked) == 1
    sealed, complaint, order = told
    assert not sealed._state.adding
    kept = Complaint.objects.get(pk=complaint.pk)
    assert values(kept) == values(complaint)
    assert kept.hotline.classes == order.classes
    found = Identity.objects.get(pk=sealed.pk)
    assert bytes(found.cipher) == bytes(sealed.cipher)
    assert found.created_at == sealed.created_at  # which the row got as it was written
    kept.save()  # a row like any other from now on
    assert Complaint.objects.count() == 1


def test_what_the_database_forbids_leaves_none_of_them(cast: Cast) -> None:
    rows.write(made(cast, client_key="k"))
    again = made(cast, client_key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.write(again)
    assert (Identity.objects.count(), Complaint.objects.count(), HotlineOrder.objects.count()) == (1, 1, 1)
    assert again[1]._state.adding


def test_several_of_one_table_go_in_one_line_each(cast: Cast) -> None:
    sent = [made(cast) for _nth in range(3)]
    rows.write([*(one[0] for one in sent), *(one[1] for one in sent)])
    assert set(Complaint.objects.values_list("pk", "identity_id")) == {(one[1].pk, one[0].pk) for one in sent}


def test_a_change_writes_the_fields_named_and_no_other(cast: Cast) -> None:
    _sealed, complaint, _order = told = made(cast)
    rows.write(told)
    other = made(cast)
    rows.write(other)
    complaint.text, complaint.address, complaint.target = "又来了", "不写", cast.target
    rows.change(complaint, ["target", "text"])
    kept = Complaint.objects.get(pk=complaint.pk)
    assert (kept.text, kept.address, kept.target) == ("又来了", "", cast.target)
    assert Complaint.objects.get(pk=other[1].pk).text == "100% 油烟"


def test_what_is_there_already_may_be_left_out(cast: Cast) -> None:
    sealed, complaint, order = told = made(cast)
    rows.write(told)
    again = HotlineOrder(complaint=complaint, number=order.number)
    rows.write([again], unless_there=True)
    assert list(HotlineOrder.objects.values_list("number", "complaint")) == [(order.number, complaint.pk)]
    assert sealed.pk
