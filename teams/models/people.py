"""Staff: users, what they may do where (assignments), enforcement certificates. Residents have no account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teams.models.areas import District, Grid, Street
from teams.models.base import Dated, Spoken
from teams.models.squads import Agency, Squad


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A staff member; ``password=None`` makes an account that can't log in until invited."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. ``is_superuser`` opens Django's admin only: it gives no right over cases."""

    username = models.CharField(
        _("user name"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[\w.@+-]+$")],
        error_messages={"unique": _("This user name is taken.")},
    )
    name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8, default="zh-hans")
    is_staff = models.BooleanField(_("may open the system administration"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    session_round = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Raised to end every session of the person at once.")
    )

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.name or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions hang on the password and on the round, so that they can be ended without touching the password."""
        told: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{told}.{self.session_round}" if self.session_round else told


class Invitation(models.Model):
    """A one-time link by which a person sets the password. Only its digest is kept; the newest one counts."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")


class Role(models.TextChoices):
    DISPATCHER = "dispatcher", _("dispatcher")
    OFFICE_HEAD = "office_head", _("head of office")
    CHECKER = "checker", _("check-after officer")
    SQUAD_LEADER = "squad_leader", _("squad leader")
    OFFICER = "officer", _("officer")
    AUXILIARY = "auxiliary", _("auxiliary")
    LAB_TECHNICIAN = "lab_technician", _("laboratory technician")
    GRID_WORKER = "grid_worker", _("grid worker")
    SUPERVISOR = "supervisor", _("district supervisor")
    AUDITOR = "auditor", _("auditor")
    SYSTEM_ADMIN = "system_admin", _("system administrator")
    SECURITY_ADMIN = "security_admin", _("security administrator")


OFFICE_ROLES = frozenset({Role.DISPATCHER, Role.OFFICE_HEAD, Role.CHECKER})
SQUAD_ROLES = frozenset({Role.SQUAD_LEADER, Role.OFFICER, Role.AUXILIARY})
ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""The three separate administrators (三员分立): who holds one of them holds no other role."""


class Assignment(Spoken, Dated):
    """A role held by a person at a place: office roles at a street, squad roles in a squad."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=16, choices=Role.choices)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    squad = models.ForeignKey(Squad, on_delete=models.CASCADE, null=True, blank=True, related_name="assignments")
    district = models.ForeignKey(District, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    stands_in_for = models.ForeignKey(
        "teams.Leave", on_delete=models.CASCADE, null=True, blank=True, related_name="stand_ins"
    )

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.CheckConstraint(
                name="assignment_place_fits_role",
                condition=Q(role__in=["dispatcher", "office_head", "checker", "grid_worker"], street__isnull=False)
                | Q(role__in=["squad_leader", "officer", "auxiliary", "lab_technician"], squad__isnull=False)
                | Q(role="supervisor", district__isnull=False)
                | Q(role__in=["auditor", "system_admin", "security_admin"]),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="assignment_dates"
            ),
        ]


class Certificate(models.Model):
    """An enforcement certificate (执法证); only a valid one makes its holder an officer (Penalty Law art. 42)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="certificates")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("certificate number"), max_length=40, unique=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    revoked_on = models.DateField(_("revoked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("enforcement certificate")
        verbose_name_plural = _("enforcement certificates")

    def __str__(self) -> str:
        return self.number
