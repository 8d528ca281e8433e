"""A day's routes: planned by a solver, rechecked without one when a person changes them, and open to a whistle.

Pure: knows neither the database nor a calendar. ``docs/planner.md`` has what was measured.
"""

from cases.planner.routing.facts import (
    Call,
    Going,
    LeftOut,
    Point,
    Route,
    Routes,
    Stop,
    Team,
    Trouble,
    along_streets,
    on_plane,
)
from cases.planner.routing.nearest import nearest_neighbour
from cases.planner.routing.recheck import drive, recheck
from cases.planner.routing.solver import plan_day
from cases.planner.routing.soonest import soonest
from cases.planner.routing.urgent import GRACE, Inserted, insert_urgent
from cases.planner.routing.windows import NEVER, begins_within, meet, worth

__all__ = [
    "GRACE",
    "NEVER",
    "Call",
    "Going",
    "Inserted",
    "LeftOut",
    "Point",
    "Route",
    "Routes",
    "Stop",
    "Team",
    "Trouble",
    "along_streets",
    "begins_within",
    "drive",
    "insert_urgent",
    "meet",
    "nearest_neighbour",
    "on_plane",
    "plan_day",
    "recheck",
    "soonest",
    "worth",
]
