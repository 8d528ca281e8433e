"""Parties and places: who or what is inspected. A place stands in when nobody is known."""

from cases.services.parties.checking import uscc_check
from cases.services.parties.doubles import different_mark, doubles_refresh, doubles_refresh_of
from cases.services.parties.entering import EDITABLE, PLACE_RADIUS_M, target_create, target_make, target_update
from cases.services.parties.history import change_record, columns_of
from cases.services.parties.locking import merged_refuse, target_lock, targets_lock
from cases.services.parties.places import place_for

__all__ = [
    "EDITABLE",
    "PLACE_RADIUS_M",
    "change_record",
    "columns_of",
    "different_mark",
    "doubles_refresh",
    "doubles_refresh_of",
    "merged_refuse",
    "place_for",
    "target_create",
    "target_lock",
    "target_make",
    "target_update",
    "targets_lock",
    "uscc_check",
]
