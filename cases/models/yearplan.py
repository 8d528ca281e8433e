"""An agency's plan of inspections for a year, from its file: rehearsed first, then published as reasons to visit."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models.filerun import FileRun
from cases.models.need import Need
from cases.models.target import Target
from teams.models import Agency
from teams.models.base import Spoken


class YearPlan(FileRun):
    """The run over the file is the plan; ``done`` when it is published. ``year``: of months that name none."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(_("year"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=240, blank=True)

    class Meta:
        indexes = [models.Index(fields=["street", "-id"], name="year_plan_street")]


class PlanFate(models.TextChoices):
    """What publishing does with a row."""

    NEW = "new", _("becomes a reason to visit")
    SAME = "same", _("planned already")
    REFUSED = "refused", pgettext_lazy("rows", "refused")


class YearPlanRow(Spoken):
    """A row: the party it means, its days, the items it is narrowed to (none = all of the agency), and its need."""

    plan = models.ForeignKey(YearPlan, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField()
    fate = models.CharField(max_length=8, choices=PlanFate.choices)
    facts = models.JSONField(default=dict)
    target = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_day = models.DateField(null=True, blank=True)
    due_day = models.DateField(null=True, blank=True)
    item_ids = ArrayField(models.IntegerField(), default=list, blank=True)
    need = models.OneToOneField(Need, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_row")
    code = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["plan", "fate", "row"], name="year_plan_row_fate")]
        constraints = [
            models.UniqueConstraint(fields=["plan", "row"], name="year_plan_row_once"),
            models.CheckConstraint(
                condition=Q(from_day__isnull=True) | Q(due_day__gte=F("from_day")), name="year_plan_row_window"
            ),
            models.CheckConstraint(
                condition=~Q(fate="new") | Q(target__isnull=False, from_day__isnull=False, due_day__isnull=False),
                name="year_plan_row_whole",
            ),
        ]
