"""What other systems may ask to hear of. A promise to them: kinds stay, the journal's other facts do not go out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEST = "webhook.test"

KINDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "case.received": _("a case was received"),
        "case.accepted": _("a case was accepted"),
        "case.triaged": _("a case was triaged"),
        "case.rejected": _("a case was not taken up"),
        "case.merged_into": _("a case was joined to another"),
        "case.split": _("a case was split"),
        "case.ordered": _("a case joined an order"),
        "case.dispatched": _("squads were called for a case"),
        "case.visit_started": _("the visit for a case began"),
        "case.rectifying": _("a party of a case has to put something right"),
        "case.recheck_planned": _("a recheck is to be planned"),
        "case.checked_after": _("a case was checked after handling"),
        "case.rework": _("a case goes back to work"),
        "case.closed": _("a case was closed"),
        "case.rated": _("a resident rated a case"),
        "case.deadline_passed": _("a case is overdue"),
        "case.escalated": _("an overdue case went up a level"),
        "order.drafted": _("an order was drafted"),
        "order.approved": _("an order was approved"),
        "order.issued": _("an order was issued"),
        "order.cancelled": _("an order was cancelled"),
        "order.part_acknowledged": _("a squad acknowledged an order"),
        "order.part_returned": _("a squad returned an order"),
        "order.reported_in": _("a squad is on scene"),
        "order.visit_closed": _("the visit of an order ended"),
        "order.lab_reported": _("a laboratory reported"),
        "order.ruled": _("a ruling was issued"),
        "order.done": _("an order is done"),
        "order.deadline_passed": _("an order is overdue"),
        "order.escalated": _("an overdue order went up a level"),
    }
)
"""Kind of event → what it says."""
