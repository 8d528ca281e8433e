"""Separation of supervision and handling (监管分离).

Source: GB/T 30428: those who check after and close are not those who handled. Whoever was on the visit, or
handled the task, neither checks after nor closes.
"""

from collections.abc import Collection

from cases.law.notes import Note


def may_check_after(user_id: int, visit_member_ids: Collection[int], handler_ids: Collection[int] = ()) -> Note | None:
    """None when the person may check after, else the reason."""
    return _apart(user_id, visit_member_ids, handler_ids)


def may_close(user_id: int, visit_member_ids: Collection[int], handler_ids: Collection[int] = ()) -> Note | None:
    """None when the person may close, else the reason."""
    return _apart(user_id, visit_member_ids, handler_ids)


def _apart(user_id: int, visit_member_ids: Collection[int], handler_ids: Collection[int]) -> Note | None:
    if user_id in visit_member_ids:
        return Note("was_on_the_visit", {"user": user_id})
    if user_id in handler_ids:
        return Note("handled_it", {"user": user_id})
    return None
