"""What every write around a visit locks, in the order of all writes: target → order → cases by id → parts → visit."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from cases.models import Case, Finding, LabTest, Order, OrderKind, OrderNeed, Part, PartState, Visit
from cases.refusals import Refused
from cases.services import deadlines
from cases.services.orders import cases_of, order_lock
from teams.policies import Actor


@dataclass(slots=True)
class Scene:
    """A locked order with its cases, its parts (released ones left out) and its latest visit, if any."""

    order: Order
    cases: list[Case]
    parts: list[Part]
    visit: Visit | None

    @property
    def handling(self) -> bool:
        """A handling task asks for no certificates and has no checklist (DOMAIN §3)."""
        return self.order.kind == OrderKind.HANDLING

    @property
    def lead(self) -> Part | None:
        return next((part for part in self.parts if part.is_lead), None)

    def part(self, part_id: int) -> Part:
        found = next((part for part in self.parts if part.pk == part_id), None)
        if found is None:
            raise Refused("part_released", _("This squad was excused from the order."))
        return found

    def links(self) -> list[OrderNeed]:
        """The needs the order serves, with their agencies."""
        return list(
            OrderNeed.objects.filter(order=self.order, released_at__isnull=True)
            .select_related("need__case__category")
            .prefetch_related("need__agency_links__items")
            .order_by("need_id")
        )

    def refresh(self) -> None:
        """Bring the nearest deadline of the cases up to date."""
        deadlines.case_due_refresh(case_ids=[case.pk for case in self.cases])


def scene_of_order(order_id: int) -> Scene:
    """Lock by order. ``Refused("not_found")`` when there is none."""
    # What an earlier visit found may be rechecked where it was found, though the case has moved to another party since.
    earlier = Finding.objects.filter(need__case__needs__order_links__order=order_id)
    order = order_lock(order_id, also=earlier.values_list("visit__order__target_id", flat=True).distinct())
    cases = cases_of(order)
    parts = list(
        Part.objects.select_for_update(no_key=True, of=("self",))
        .filter(order=order)
        .exclude(state=PartState.RELEASED)
        .select_related("squad", "agency")
        .order_by("pk")
    )
    visit = Visit.objects.select_for_update(no_key=True, of=("self",)).filter(order=order).order_by("-sequence").first()
    for part in parts:
        part.order = order
    if visit is not None:
        visit.order = order
    return Scene(order, cases, parts, visit)


def scene_of_part(part_id: int) -> Scene:
    """Lock by part."""
    order_id = Part.objects.filter(pk=part_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise Refused("not_found", _("This part does not exist."), status=404)
    return scene_of_order(order_id)


def scene_of_visit(visit_id: int) -> Scene:
    """Lock by visit."""
    order_id = Visit.objects.filter(pk=visit_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise Refused("not_found", _("This visit does not exist."), status=404)
    return scene_of_order(order_id)


def scene_of_lab(lab_test_id: int) -> Scene:
    """Lock by laboratory test."""
    order_id = LabTest.objects.filter(pk=lab_test_id).values_list("visit__order_id", flat=True).first()
    if order_id is None:
        raise Refused("not_found", _("This test does not exist."), status=404)
    return scene_of_order(order_id)


def staff_id(who: Actor) -> int:
    """The member of staff who acts; what is signed by a person is never done by the system itself."""
    if who.user_id is None:
        raise Refused("not_allowed", _("Only a member of staff can do this."), status=403)
    return who.user_id
