"""Reads of the ground: who somebody is, which squads answer, whose certificate is valid, which grid a point lies in."""

from teams.selectors.ground import (
    actor_of,
    calendar_days,
    grid_at,
    in_force,
    laboratories,
    office_people,
    on_duty,
    people_with,
    powers_for,
    resting,
    squad_members,
    squads_serving,
    street_at,
    street_team,
    valid_certificates,
)

__all__ = [
    "actor_of",
    "calendar_days",
    "grid_at",
    "in_force",
    "laboratories",
    "office_people",
    "on_duty",
    "people_with",
    "powers_for",
    "resting",
    "squad_members",
    "squads_serving",
    "street_at",
    "street_team",
    "valid_certificates",
]
