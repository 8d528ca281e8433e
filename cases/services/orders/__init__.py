"""The check-once order: drafted, approved, issued, answered by its squads, changed or cancelled until report-in."""

from cases.services.orders.calling import (
    part_acknowledge,
    part_call_again,
    part_reassign,
    part_release,
    part_return,
    part_urge,
)
from cases.services.orders.changing import need_take_out, order_cancel, order_change_target
from cases.services.orders.issuing import order_approve, order_issue, order_send_back, order_submit
from cases.services.orders.locking import cases_of, order_lock, part_lock
from cases.services.orders.opening import opening_check, order_open
from cases.services.orders.placing import need_place
from cases.services.orders.replanning import order_plan
from cases.services.orders.tasks import task_open

__all__ = [
    "cases_of",
    "need_place",
    "need_take_out",
    "opening_check",
    "order_approve",
    "order_cancel",
    "order_change_target",
    "order_issue",
    "order_lock",
    "order_open",
    "order_plan",
    "order_send_back",
    "order_submit",
    "part_acknowledge",
    "part_call_again",
    "part_lock",
    "part_reassign",
    "part_release",
    "part_return",
    "part_urge",
    "task_open",
]
