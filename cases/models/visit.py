"""The visit: who stood there, with which certificates, what they found item by item, what went to a laboratory."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.order import Order, Part, PartItem
from teams.models import Squad
from teams.models.base import Spoken


class VisitState(models.TextChoices):
    OPEN = "open", _("under way")
    CLOSED = "closed", _("closed")


class VisitOutcome(models.TextChoices):
    DONE = "done", _("inspected")
    SHUT = "closed", _("party closed")
    REFUSED = "refused", _("entry refused")
    NOT_FOUND = "not_found", _("not found")


class Visit(Spoken):
    """One visit of an order; a second one only where the first could not take place or hours exclude each other."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="visits")
    sequence = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=VisitState.choices, default=VisitState.OPEN)
    outcome = models.CharField(max_length=10, choices=VisitOutcome.choices, blank=True)
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    identity_shown = models.BooleanField(_("certificates shown"), default=False)
    recusal_asked = models.BooleanField(_("recusal explained and asked for"), default=False)
    recusal_answer = models.CharField(_("what the party answered on recusal"), max_length=200, blank=True)
    party_person = models.CharField(_("person on site"), max_length=60, blank=True)
    party_role = models.CharField(_("their role"), max_length=40, blank=True)
    party_opinion = models.CharField(_("the party's opinion"), max_length=400, blank=True)
    party_agrees = models.BooleanField(_("the party finds the record correct"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signed, or refusal noted, at"), null=True, blank=True)
    sign_refused = models.CharField(_("why it was not signed"), max_length=200, blank=True)
    sign_witness = models.CharField(_("witness of the refusal"), max_length=60, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="visit_started")]
        constraints = [
            models.UniqueConstraint(fields=["order", "sequence"], name="visit_sequence"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="open"), name="visit_one_open"),
        ]


class ReportIn(models.Model):
    """A squad's arrival, with the place it was made from (队伍报到)."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="reports")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="reports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    distance_m = models.FloatField(null=True, blank=True)
    far_reason = models.CharField(max_length=200, blank=True)
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "part"], name="report_in_once")]


class VisitOfficer(models.Model):
    """Somebody on the visit; the certificate is copied, since it may change. Auxiliaries have none."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="officers")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="officers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    certificate = models.CharField(max_length=40, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    counts = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "user"], name="visit_officer_once")]


class Result(models.TextChoices):
    CONFORMS = "conforms", _("conforms")
    FAILS = "fails", _("does not conform")
    NOT_APPLICABLE = "not_applicable", _("not applicable")
    SENT_TO_LAB = "sent_to_lab", _("sent to the laboratory")


class Answer(Spoken):
    """The answer to one item. Measured ones carry value, unit, limit, standard, instrument."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="answers")
    part_item = models.ForeignKey(PartItem, on_delete=models.PROTECT, related_name="answers")
    result = models.CharField(max_length=16, choices=Result.choices)
    value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    text_value = models.CharField(max_length=120, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    limit = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    standard = models.CharField(max_length=60, blank=True)
    instrument = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=400, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "part_item"], name="answer_once")]

    @property
    def text_shown(self) -> str:
        """The chosen answer in the active language."""
        return dict(self.part_item.item.choices_shown).get(self.text_value, self.text_value)

    @property
    def unit_shown(self) -> str:
        return self.part_item.item.unit_shown(self.unit)


class LabState(models.TextChoices):
    COMMISSIONED = "commissioned", _("commissioned")
    REPORTED = "reported", _("reported")
    CANCELLED = "cancelled", _("cancelled")


class LabTest(Spoken):
    """A third-party test, paid by the agency, never by the party. The laboratory tests; it never inspects."""

    number = models.CharField(max_length=20, unique=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="lab_tests")
    part_item = models.ForeignKey(PartItem, on_delete=models.PROTECT, related_name="lab_tests")
    laboratory = models.ForeignKey(Squad, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=14, choices=LabState.choices, default=LabState.COMMISSIONED)
    sample = models.CharField(_("sample"), max_length=160, blank=True)
    commissioned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    commissioned_at = models.DateTimeField()
    value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    limit = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    standard = models.CharField(max_length=60, blank=True)
    method = models.CharField(max_length=80, blank=True)
    report_number = models.CharField(max_length=40, blank=True)
    conforms = models.BooleanField(null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part_item"], condition=~Q(state="cancelled"), name="lab_test_once_an_item")
        ]
