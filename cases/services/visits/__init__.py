"""The visit: squads report in, answer their items, send samples to a laboratory, finish their parts."""

from cases.services.visits.answers import answer_submit, limit_for, there_required
from cases.services.visits.arrival import far_check, seats_take, visit_report_in
from cases.services.visits.ending import Ended, labs_open, part_finish, visit_end
from cases.services.visits.labs import lab_commission, lab_result, lab_withdraw
from cases.services.visits.officers import Seat, seats_of, two_needed
from cases.services.visits.record import record_sign
from cases.services.visits.scene import (
    Scene,
    scene_of_lab,
    scene_of_order,
    scene_of_part,
    scene_of_visit,
    staff_id,
)

__all__ = [
    "Ended",
    "Scene",
    "Seat",
    "answer_submit",
    "far_check",
    "lab_commission",
    "lab_result",
    "lab_withdraw",
    "labs_open",
    "limit_for",
    "part_finish",
    "record_sign",
    "scene_of_lab",
    "scene_of_order",
    "scene_of_part",
    "scene_of_visit",
    "seats_of",
    "seats_take",
    "staff_id",
    "there_required",
    "two_needed",
    "visit_end",
    "visit_report_in",
]
