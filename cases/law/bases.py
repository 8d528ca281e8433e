"""Legal bases with the days between which they are in force, chosen by the day of the conduct.

Source: Administrative Penalty Law 2021 art. 37. Whether a later, milder norm applies instead is an
officer's judgement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Basis:
    """A norm's article, in force on both its days; `to_confirm` asks the office's lawyers first."""

    code: str
    in_force_from: date
    in_force_until: date | None = None
    to_confirm: bool = False


def basis_on(bases: Iterable[Basis], on: date) -> Basis | None:
    """The basis in force on the day of the conduct; of several the one that came into force last."""
    in_force = [
        basis
        for basis in bases
        if basis.in_force_from <= on and (basis.in_force_until is None or on <= basis.in_force_until)
    ]
    return max(in_force, key=lambda basis: (basis.in_force_from, basis.code), default=None)
