"""The plan of a street's day: made, changed by hand, confirmed, and open to a whistle.

The plan's row is the lock of a day and is taken before any target; orders are written only when a person confirms.
"""

from cases.services.dayplans.confirming import Confirmed, day_confirm
from cases.services.dayplans.making import day_make
from cases.services.dayplans.moving import visit_move, visit_to_day
from cases.services.dayplans.teams import team_drop, team_save
from cases.services.dayplans.whistling import order_whistle, visit_insert

__all__ = [
    "Confirmed",
    "day_confirm",
    "day_make",
    "order_whistle",
    "team_drop",
    "team_save",
    "visit_insert",
    "visit_move",
    "visit_to_day",
]
