"""Days added up, so that a report over a million cases reads thousands of rows.

They are a cache of ``facts``: whatever they lack is counted live, and a refresh writes a day anew. No column names a
person, a squad or a fine; a test holds that.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class CaseDay(models.Model):
    """One street, day, category and source. See ``facts`` for what each number counts."""

    street = models.ForeignKey("teams.Street", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    category = models.ForeignKey("cases.Category", on_delete=models.CASCADE, null=True, related_name="+")
    source = models.CharField(max_length=8)
    opened = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    contacts = models.PositiveIntegerField(default=0)
    contacts_in_time = models.PositiveIntegerField(default=0)
    ratings = models.PositiveIntegerField(default=0)
    solved = models.PositiveIntegerField(default=0)
    satisfied = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    ended_in_time = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["day", "street"], name="case_day")]


class StageDay(models.Model):
    """One street, day and kind of deadline: how many ended, how many late, how often it went back, and each time."""

    street = models.ForeignKey("teams.Street", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=16)
    ended = models.PositiveIntegerField(default=0)
    late = models.PositiveIntegerField(default=0)
    exempt = models.PositiveIntegerField(default=0)
    returns = models.PositiveIntegerField(default=0)
    seconds = ArrayField(models.IntegerField(), default=list)

    class Meta:
        indexes = [models.Index(fields=["day", "street"], name="stage_day")]


class VisitDay(models.Model):
    """One street and day: visits, those of several departments, the departments on them, and visits saved."""

    street = models.ForeignKey("teams.Street", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    visits = models.PositiveIntegerField(default=0)
    joint = models.PositiveIntegerField(default=0)
    departments = models.PositiveIntegerField(default=0)
    saved = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["day", "street"], name="visit_day")]


class Rollup(models.Model):
    """One row: which days the tables hold, ``since`` inclusive, ``until`` exclusive."""

    since = models.DateField()
    until = models.DateField()
    refreshed_at = models.DateTimeField()
    whole_on = models.DateField(null=True, blank=True)
