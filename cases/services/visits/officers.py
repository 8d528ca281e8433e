"""Who of those on scene counts as an officer of the agency, and why the others do not (Penalty Law art. 42)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from cases.law import Certificate as CertificateFacts
from cases.law import Note, OfficerFacts, OfficerKind, counts_for
from cases.law.eligibility import OFFICERS_NEEDED
from cases.refusals import Refused
from teams.models import Agency, Assignment, Certificate, Role, User
from teams.selectors import in_force

_KINDS: Mapping[str, OfficerKind] = MappingProxyType(
    {
        Role.SQUAD_LEADER.value: OfficerKind.OFFICER,
        Role.OFFICER.value: OfficerKind.OFFICER,
        Role.AUXILIARY.value: OfficerKind.AUXILIARY,
        Role.GRID_WORKER.value: OfficerKind.GRID_WORKER,
        Role.LAB_TECHNICIAN.value: OfficerKind.LABORATORY,
    }
)
_NEVER = (Role.AUXILIARY, Role.GRID_WORKER, Role.LAB_TECHNICIAN)
_WHY: Mapping[str, object] = MappingProxyType(
    {
        "officer_of_another_agency": _("%(name)s is not of this agency"),
        "officer_is_auxiliary": _("%(name)s is auxiliary staff"),
        "officer_is_grid_worker": _("%(name)s is a grid worker"),
        "officer_is_laboratory": _("%(name)s is of a laboratory"),
        "officer_recused": _("%(name)s has to stand aside"),
        "officer_counted_already": _("%(name)s counts for another squad of this visit already"),
        "certificate_missing": _("%(name)s has no certificate of this agency"),
        "certificate_revoked": _("the certificate of %(name)s was revoked"),
        "certificate_not_yet_valid": _("the certificate of %(name)s is valid from %(on)s only"),
        "certificate_expired": _("the certificate of %(name)s expired on %(on)s"),
    }
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A person on the visit. ``why_not`` is None when they count; ``certificate`` is the one that makes them count."""

    user: User
    why_not: Note | None
    certificate: Certificate | None

    @property
    def counts(self) -> bool:
        return self.why_not is None


def seats_of(user_ids: Iterable[int], agency: Agency, on: date, *, taken: Collection[int] = ()) -> list[Seat]:
    """Each person once, in the given order, judged for the agency on the day. ``taken``: ids that count elsewhere.

    ``Refused("person_unknown")`` for an id that is nobody active.
    """
    ids = list(dict.fromkeys(user_ids))
    people = User.objects.filter(is_active=True).in_bulk(ids)
    if len(people) != len(ids):
        raise Refused("person_unknown", _("One of these people is not active any more."), field="officers", status=422)
    roles: dict[int, list[Assignment]] = {pk: [] for pk in ids}
    for row in Assignment.objects.filter(in_force(on), user_id__in=ids).select_related("squad").order_by("pk"):
        roles[row.user_id].append(row)
    held: dict[int, list[Certificate]] = {pk: [] for pk in ids}
    for certificate in Certificate.objects.filter(user_id__in=ids).order_by("-valid_until"):
        held[certificate.user_id].append(certificate)
    return [_seat(people[pk], roles[pk], held[pk], agency, on, taken) for pk in ids]


def _seat(
    user: User,
    roles: Sequence[Assignment],
    held: Sequence[Certificate],
    agency: Agency,
    on: date,
    taken: Collection[int],
) -> Seat:
    facts = _facts(user, roles, held, agency, on)
    why_not = counts_for(facts, str(agency.pk), on)
    if why_not is None and user.pk in taken:
        why_not = Note("officer_counted_already", {"officer": user.pk, "agency": str(agency.pk)})
    own = [row for row in held if row.agency_id == agency.pk]
    valid = [row for row in own if row.valid_from <= on <= row.valid_until and not _revoked(row, on)]
    return Seat(user, why_not, valid[0] if valid and why_not is None else None)


def _facts(
    user: User, roles: Sequence[Assignment], held: Sequence[Certificate], agency: Agency, on: date
) -> OfficerFacts:
    acting = next((row for row in roles if row.squad is not None and row.squad.agency_id == agency.pk), None)
    chosen = acting or next((row for row in roles if row.role in _NEVER), None) or (roles[0] if roles else None)
    kind = _KINDS.get(chosen.role, OfficerKind.OFFICER) if chosen else OfficerKind.OFFICER
    # Whoever never inspects is told that, not that they come from elsewhere.
    belongs = acting is not None or kind is not OfficerKind.OFFICER
    return OfficerFacts(
        id=user.pk,
        agency=str(agency.pk) if belongs else "",
        kind=kind,
        certificates=tuple(
            CertificateFacts(row.number, str(row.agency_id), row.valid_from, row.valid_until, _revoked(row, on))
            for row in held
        ),
    )


def _revoked(row: Certificate, on: date) -> bool:
    return row.revoked_on is not None and row.revoked_on <= on


def two_needed(seats: Sequence[Seat], agency: Agency) -> None:
    """``Refused("too_few_officers")`` unless two people count for the agency; it says who does not, and why."""
    counting = sum(seat.counts for seat in seats)
    if counting >= OFFICERS_NEEDED:
        return
    notes = [(seat.user, seat.why_not) for seat in seats if seat.why_not is not None]
    why = "；".join(str(_WHY[note.code]) % {"name": user.name, **note.params} for user, note in notes)
    sentence = _("Two officers with valid certificates of %(agency)s are needed on scene; valid so far: %(count)s.") % {
        "agency": agency,
        "count": counting,
    }
    raise Refused(
        "too_few_officers",
        f"{sentence} {why}".strip(),
        {"agency": agency.pk, "have": counting, "needed": OFFICERS_NEEDED, "notes": [n.as_dict() for _u, n in notes]},
        field="officers",
        status=422,
    )
