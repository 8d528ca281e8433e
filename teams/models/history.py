"""What was changed of the ground and the catalogue, by whom and why: written once, refused change by trigger."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models.areas import Street
from teams.models.base import Spoken


class Subject(models.TextChoices):
    """Kinds of things that administration changes."""

    PERSON = "person", _("person")
    SQUAD = "squad", _("squad")
    AGENCY = "agency", _("agency")
    POWER = "power", _("power")
    DISTRICT = "district", _("district")
    STREET = "street", _("street")
    COMMUNITY = "community", _("community")
    GRID = "grid", _("grid")
    CALENDAR = "calendar", _("calendar day")
    CATEGORY = "category", _("category")
    ITEM = "item", _("inspection item")
    CLOCK = "clock", _("deadline rule")
    SETTING = "setting", _("setting")
    TEXT = "text", _("text of the office")
    TOKEN = "token", _("API token")
    WEBHOOK = "webhook", _("webhook")


class ChangeAction(models.TextChoices):
    CREATED = "created", _("created")
    CHANGED = "changed", _("changed")
    ENDED = "ended", _("ended")
    INVITED = "invited", _("invited")
    ACCEPTED = "accepted", _("invitation accepted")
    GRANTED = "granted", _("role granted")
    WITHDRAWN = "withdrawn", _("role ended")
    LEAVE = "leave", _("leave entered")
    RETURNED = "returned", _("leave ended")
    CERTIFIED = "certified", _("certificate entered")
    CLOSED = "closed", _("deactivated")
    REOPENED = "reopened", _("activated again")
    RESET = "reset", _("sign-in reset")
    DUTY = "duty", _("duty changed")
    RENEWED = "renewed", _("secret renewed")


class Change(Spoken):
    """One change of one thing. ``fields``: list of ``{"field", "from", "to"}`` with codes, dates, names as they were.

    A person's phone and e-mail stand there masked, since nothing here can be erased.
    """

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=60, blank=True)
    actor_role = models.CharField(max_length=16)
    subject_kind = models.CharField(max_length=12, choices=Subject.choices)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=160)
    street = models.ForeignKey(Street, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=12, choices=ChangeAction.choices)
    fields = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=240, blank=True)

    class Meta:
        verbose_name = _("change of the ground")
        verbose_name_plural = _("changes of the ground")
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="change_of_subject"),
            models.Index(fields=["actor", "-id"], name="change_by_actor"),
        ]
