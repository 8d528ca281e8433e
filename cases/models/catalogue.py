"""Reference data with dates in force: categories and their words, items and their bases, limits, clocks.

Numbers, lists and legal bases live here, never in code (DOMAIN).
"""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from teams.models import Dated, Function, Named, Street
from teams.models.base import Spoken, in_english


class Severity(models.TextChoices):
    URGENT = "A", _("A, urgent")
    MAJOR = "B", _("B, major")
    GENERAL = "C", _("C, general")


class Category(Spoken, Named):
    """A class of problem (GB/T 30428.2): code ``05`` is a major class, ``05-10`` a minor one."""

    code = models.CharField(_("code"), max_length=8, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="minor")
    severity = models.CharField(max_length=1, choices=Severity.choices, default=Severity.GENERAL)
    closing_condition = models.CharField(_("closing condition"), max_length=240, blank=True)
    closing_condition_en = models.CharField(max_length=240, blank=True)
    night = models.BooleanField(
        _("a problem of the night"), default=False, help_text=_("Check after and recheck at the same hour.")
    )
    clause_group = models.CharField(_("clause group"), max_length=24, blank=True)
    key_area = models.BooleanField(_("excluded from first exemption"), default=False)
    basis = models.CharField(_("legal basis"), max_length=240, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")


class CategoryWord(models.Model):
    """A word of complaints that speaks for a category; weight 1 = weak, 5 = decisive."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=24)
    weight = models.PositiveSmallIntegerField(default=3)

    class Meta:
        verbose_name = _("word of complaints")
        verbose_name_plural = _("words of complaints")
        constraints = [models.UniqueConstraint(fields=["category", "word"], name="category_word_once")]


class ItemKind(models.TextChoices):
    YES_NO = "yes_no", _("conforms or not")
    CHOICE = "choice", _("choice")
    NUMBER = "number", _("number")
    MEASURED = "measured", _("measured against a limit")
    LAB = "lab", _("tested by a laboratory")
    JUDGED = "judged", _("judgement, no numeric limit")


class InspectionItem(Spoken, Named, Dated):
    """One item of a function's checklist. ``categories`` empty = asked at every visit of that function."""

    code = models.CharField(_("code"), max_length=24, unique=True)
    function = models.CharField(_("function"), max_length=12, choices=Function.choices)
    kind = models.CharField(max_length=10, choices=ItemKind.choices, default=ItemKind.YES_NO)
    categories = models.ManyToManyField(Category, related_name="items", blank=True)
    hint = models.CharField(_("how to check"), max_length=240, blank=True)
    hint_en = models.CharField(max_length=240, blank=True)
    choices = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    choices_en = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    """The same answers in English, in the same order; what is kept as an answer is always the Chinese one."""
    unit = models.CharField(max_length=16, blank=True)
    unit_en = models.CharField(max_length=16, blank=True)
    key_item = models.BooleanField(_("key item"), default=False)
    photo_required = models.BooleanField(default=False)
    clause_group = models.CharField(_("clause group"), max_length=24, blank=True)
    order = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ["function", "order", "code"]
        verbose_name = _("inspection item")
        verbose_name_plural = _("inspection items")

    @property
    def choices_shown(self) -> list[tuple[str, str]]:
        """Each answer with its words in the active language."""
        english = in_english() and len(self.choices_en) == len(self.choices)
        return list(zip(self.choices, self.choices_en if english else self.choices, strict=True))

    def unit_shown(self, unit: str) -> str:
        """A unit of an answer in the active language; a limit's own unit stays as it is."""
        return self.unit_en if unit == self.unit and self.unit_en and in_english() else unit


class ItemBasis(Dated):
    """A legal basis of an item, chosen by the date of conduct (the milder of old and new law, Penalty Law art. 37)."""

    item = models.ForeignKey(InspectionItem, on_delete=models.CASCADE, related_name="bases")
    text = models.CharField(max_length=200)
    text_en = models.CharField(max_length=240, blank=True)
    to_confirm = models.BooleanField(_("to be confirmed"), default=True)

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")


class Period(models.TextChoices):
    ANY = "any", _("at any time")
    DAY = "day", pgettext_lazy("not at night", "day")
    NIGHT = "night", _("night")


class ItemLimit(Spoken, Dated):
    """The limit of a measured item, by noise zone and period where the standard has them."""

    item = models.ForeignKey(InspectionItem, on_delete=models.CASCADE, related_name="limits")
    zone = models.PositiveSmallIntegerField(null=True, blank=True)
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.ANY)
    maximum = models.DecimalField(max_digits=10, decimal_places=2)
    unit = models.CharField(max_length=16)
    standard = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "zone", "period", "starts_on"], name="item_limit_once", nulls_distinct=False
            )
        ]


class DeadlineKind(models.TextChoices):
    REGISTER = "register", _("register")
    TRIAGE = "triage", _("triage")
    CONTACT = "contact", _("first contact with the complainant")
    APPROVAL = "approval", _("inspection approval")
    ACKNOWLEDGE = "acknowledge", _("acknowledge")
    REPORT_IN = "report_in", _("report in")
    LAB_REPORT = "lab_report", _("laboratory report")
    RULING = "ruling", _("ruling")
    RECTIFICATION = "rectification", _("rectification")
    RECHECK = "recheck", _("recheck")
    CHECK_AFTER = "check_after", _("check after")
    ANSWER = "answer", _("answer to the complainant")
    WHOLE_CASE = "whole_case", _("whole case")


class Unit(models.TextChoices):
    MINUTE = "minute", _("minutes, day and night")
    URGENT_HOUR = "urgent_hour", _("hours, day and night")
    WORK_HOUR = "work_hour", _("working hours")
    WORK_DAY = "work_day", _("working days")
    CALENDAR_DAY = "calendar_day", pgettext_lazy("unit", "calendar days")


class DeadlineRule(Spoken):
    """How long a stage may take. A street's own rule goes before the general one; urgent ones beside the normal.

    A change ends the row and begins another; a deadline that has started keeps the moment it was given.
    """

    kind = models.CharField(max_length=16, choices=DeadlineKind.choices)
    urgent = models.BooleanField(default=False)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    amount = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=12, choices=Unit.choices)
    source = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField(_("from"), default=date(2020, 1, 1))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("deadline rule")
        verbose_name_plural = _("deadline rules")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "urgent", "street", "starts_on"], name="deadline_rule_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deadline_rule_positive"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")), name="deadline_rule_dates"
            ),
        ]

    @property
    def length(self) -> str:
        """The limit in words: “1 working day”."""
        n = self.amount
        match self.unit:
            case Unit.MINUTE:
                words = ngettext("%(n)s minute, day and night", "%(n)s minutes, day and night", n)
            case Unit.URGENT_HOUR:
                words = ngettext("%(n)s hour, day and night", "%(n)s hours, day and night", n)
            case Unit.WORK_HOUR:
                words = ngettext("%(n)s working hour", "%(n)s working hours", n)
            case Unit.WORK_DAY:
                words = ngettext("%(n)s working day", "%(n)s working days", n)
            case _:
                words = ngettext("%(n)s calendar day", "%(n)s calendar days", n)
        return words % {"n": n}


class Setting(models.Model):
    """A number or switch of the office that the rules ask for (look-back window, cooling-off days, ceilings)."""

    key = models.CharField(max_length=40)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    value = models.JSONField()
    source = models.CharField(max_length=160, blank=True)

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        constraints = [models.UniqueConstraint(fields=["key", "street"], name="setting_once", nulls_distinct=False)]


class OfficeText(models.Model):
    """A text that forms of the office begin with. The street's own goes before the general one."""

    key = models.CharField(max_length=40)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    text = models.TextField(_("Chinese text"), max_length=2000)
    text_en = models.TextField(_("English text"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("text of the office")
        verbose_name_plural = _("texts of the office")
        constraints = [models.UniqueConstraint(fields=["key", "street"], name="office_text_once", nulls_distinct=False)]


class PaperCounter(models.Model):
    """The last number used per agency, kind of paper and year; locked while one is taken, so numbers have no gaps."""

    agency = models.ForeignKey("teams.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("paper counter")
        verbose_name_plural = _("paper counters")
        constraints = [
            models.UniqueConstraint(fields=["agency", "kind", "year"], name="paper_counter_once"),
        ]
