"""From nothing to the first complaint: what is still missing, in the order in which one thing needs the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases.models import Case, Category
from teams.models import (
    Agency,
    Assignment,
    Certificate,
    District,
    Function,
    Grid,
    Power,
    Role,
    Squad,
    SquadKind,
    Street,
    User,
)
from teams.selectors import in_force

MOST = 8
"""Names listed a step; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """``link`` is the name of the page where it is done, ``right`` what that takes; ``missing`` says what lacks."""

    key: str
    title: str | Promise
    why: str | Promise
    link: str
    right: str
    missing: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self.missing


def setup_steps() -> list[Step]:
    """The steps for the whole house; a street counts as in use once it has an office or a team of its own."""
    streets = list(Street.objects.select_related("district"))
    used = _streets_in_use(streets)
    return [
        Step(
            "areas",
            gettext_lazy("Areas: district, streets, grids"),
            gettext_lazy("Complaints are led to the street and grid where they happen."),
            "admin_areas",
            "ground.edit",
            _areas(streets),
        ),
        Step(
            "agencies",
            gettext_lazy("Agencies"),
            gettext_lazy("In whose name and under whose seal squads act."),
            "admin_agencies",
            "ground.edit",
            _agencies(used),
        ),
        Step(
            "squads",
            gettext_lazy("Squads: 1 + 2 + N"),
            gettext_lazy("The street's own team leads; market supervision and urban management are stationed there."),
            "admin_squads",
            "ground.edit",
            _squads(used),
        ),
        Step(
            "people",
            gettext_lazy("People and certificates"),
            gettext_lazy("An inspection needs two officers with valid certificates of each agency."),
            "admin_people",
            "staff.edit",
            _people(used),
        ),
        Step(
            "roles",
            gettext_lazy("Roles, granted by the security administrator"),
            gettext_lazy("Who makes an account grants it nothing; who grants makes no account."),
            "admin_people",
            "role.grant",
            _roles(used),
        ),
        Step(
            "powers",
            gettext_lazy("Powers: who is competent for what"),
            gettext_lazy("Triage proposes the agencies whose power a category falls under."),
            "admin_powers",
            "ground.edit",
            _powers(),
        ),
        Step(
            "try",
            gettext_lazy("Try it: the first complaint"),
            gettext_lazy("Report something on the residents' page and find it on the board of the office."),
            "/",
            "",
            [] if Case.objects.exists() else [_("No case has come in yet.")],
        ),
    ]


def _streets_in_use(streets: list[Street]) -> list[Street]:
    today = timezone.localdate()
    held = set(Assignment.objects.filter(in_force(today), street__isnull=False).values_list("street_id", flat=True))
    teams = Squad.objects.filter(active=True, kind=SquadKind.ENFORCEMENT_TEAM)
    held |= {pk for pk in teams.values_list("streets", flat=True) if pk is not None}
    found = [street for street in streets if street.pk in held]
    return found or streets[:1]


def _listed(names: list[str]) -> list[str]:
    return (
        [*names[:MOST], pgettext("setup", "and %(n)s more") % {"n": len(names) - MOST}] if len(names) > MOST else names
    )


def _areas(streets: list[Street]) -> list[str]:
    if not District.objects.exists():
        return [_("No district yet.")]
    if not streets:
        return [_("No street yet.")]
    missing = [_("%(street)s has no outline") % {"street": street} for street in streets if not street.outline]
    today = timezone.localdate()
    grids = set(Grid.objects.filter(in_force(today)).values_list("community__street_id", flat=True))
    missing += [_("%(street)s has no grid") % {"street": street} for street in streets if street.pk not in grids]
    return _listed(missing)


def _agencies(used: list[Street]) -> list[str]:
    rows = list(Agency.objects.filter(active=True).values_list("function", "street_id", "district_id"))
    missing = []
    for street in used:
        if not any(function == Function.STREET and own == street.pk for function, own, _d in rows):
            missing.append(_("%(street)s has no agency of its own") % {"street": street})
        for function in (Function.MARKET, Function.URBAN):
            if not any(one == function and district == street.district_id for one, _own, district in rows):
                missing.append(_("no agency for %(function)s") % {"function": function.label})
    return _listed(list(dict.fromkeys(missing)) or ([] if used else [_("No street yet.")]))


def _squads(used: list[Street]) -> list[str]:
    missing = []
    for street in used:
        kinds = dict.fromkeys(
            Squad.objects.filter(active=True, streets=street).values_list("kind", "agency__function"), True
        )
        if not any(kind == SquadKind.ENFORCEMENT_TEAM for kind, _function in kinds):
            missing.append(_("%(street)s has no team of its own") % {"street": street})
        for function in (Function.MARKET, Function.URBAN):
            if (SquadKind.STATIONED, function) not in kinds:
                words = {"street": street, "function": function.label}
                missing.append(_("%(street)s: no stationed squad of %(function)s") % words)
    return _listed(missing or ([] if used else [_("No street yet.")]))


def _signed_in() -> bool:
    """Whether anybody can come in: somebody has set a password."""
    passwords = User.objects.filter(is_active=True, is_superuser=False).values_list("password", flat=True)
    return any(not text.startswith("!") for text in passwords.iterator())


def _people(used: list[Street]) -> list[str]:
    today = timezone.localdate()
    missing = []
    if not _signed_in():
        missing.append(_("Nobody has been invited yet."))
    own = Squad.objects.filter(active=True, streets__in=used).exclude(kind=SquadKind.LABORATORY).distinct()
    valid = Certificate.objects.filter(
        Q(revoked_on__isnull=True) | Q(revoked_on__gt=today), valid_from__lte=today, valid_until__gte=today
    )
    held = Assignment.objects.filter(
        in_force(today), squad__in=own, role__in=[Role.SQUAD_LEADER, Role.OFFICER], user__in=valid.values("user_id")
    )
    counts: dict[int, set[int]] = {}
    for squad_id, user_id in held.values_list("squad_id", "user_id"):
        counts.setdefault(squad_id or 0, set()).add(user_id)
    for squad in own.order_by("pk"):
        count = len(counts.get(squad.pk, set()))
        if count < 2:
            missing.append(
                _("%(squad)s: %(count)s of 2 officers with a certificate") % {"squad": squad, "count": count}
            )
    return _listed(missing)


def _roles(used: list[Street]) -> list[str]:
    today = timezone.localdate()
    rows = set(
        Assignment.objects.filter(in_force(today), user__is_active=True).values_list("role", "street_id", "squad_id")
    )
    missing = [
        _("%(street)s has no %(role)s") % {"street": street, "role": role.label}
        for street in used
        for role in (Role.OFFICE_HEAD, Role.DISPATCHER, Role.CHECKER)
        if not any(held == role and street_id == street.pk for held, street_id, _squad in rows)
    ]
    missing += [
        _("no %(role)s") % {"role": role.label}
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
        if not any(held == role for held, _street, _squad in rows)
    ]
    return _listed(missing)


def _powers() -> list[str]:
    today = timezone.localdate()
    codes = set(Power.objects.filter(in_force(today), agency__active=True).values_list("category_code", flat=True))
    if not codes:
        return [_("No power is entered.")]
    minor = Category.objects.filter(active=True, parent__isnull=False)
    return _listed(
        [
            _("nobody is competent for %(code)s %(name)s") % {"code": row.code, "name": row}
            for row in minor
            if row.code not in codes and row.code[:2] not in codes
        ]
    )
