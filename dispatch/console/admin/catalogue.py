"""Classes of problems with their words, and a box to try a text in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Category, CategoryWord, Severity
from cases.selectors.suggestions import suggest_agencies, suggest_categories
from cases.services import catalogue
from cases.services.catalogue.categories import words_text
from dispatch.console.admin.forms import reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from teams.models import Street
from teams.selectors.history import history_of


class CategoryForm(forms.Form):
    """A class; the code is given once."""

    code = forms.CharField(label=gettext_lazy("code"), max_length=5, help_text=gettext_lazy("05 major, 05-11 minor."))
    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)
    severity = forms.ChoiceField(label=gettext_lazy("severity"), choices=Severity.choices, initial=Severity.GENERAL)
    closing_condition = forms.CharField(
        label=gettext_lazy("closing condition"),
        max_length=240,
        required=False,
        help_text=gettext_lazy("Checked on scene before a case of this category is closed."),
    )
    closing_condition_en = forms.CharField(
        label=gettext_lazy("closing condition (English)"), max_length=240, required=False
    )
    basis = forms.CharField(label=gettext_lazy("legal basis"), max_length=240, required=False)
    clause_group = forms.CharField(
        label=gettext_lazy("clause group"),
        max_length=24,
        required=False,
        help_text=gettext_lazy("Violations of one group count together for first, second and strict."),
    )
    night = forms.BooleanField(
        label=gettext_lazy("a problem of the night: checked after at the same hour"), required=False
    )
    key_area = forms.BooleanField(label=gettext_lazy("excluded from first exemption"), required=False)
    active = forms.BooleanField(label=gettext_lazy("in use"), required=False, initial=True)
    reason = reason_field()

    def __init__(self, data: Any, *, category: Category | None = None) -> None:
        initial = {name: getattr(category, name) for name in self.base_fields if hasattr(category, name)}
        super().__init__(data, initial=initial)
        for name in ("code",) if category is not None else ("active", "reason"):
            del self.fields[name]


class WordsForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("words"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One word a line, then its weight, like “烧烤 5”: from 1 (weak) to 5 (decisive). None counts as 3."
        ),
    )
    reason = reason_field()


@require_http_methods(["GET", "HEAD", "POST"])
@admin_view("ground.view")
def category_index(request: HttpRequest) -> HttpResponse:
    """The tree, and the box to try words in: what would be suggested for a text, and why. Nothing is stored."""
    minor = Category.objects.annotate(
        word_count=Count("words", distinct=True), item_count=Count("items", distinct=True)
    )
    majors = Category.objects.filter(parent__isnull=True).prefetch_related(
        Prefetch("minor", minor.order_by("code"), to_attr="shown")
    )
    text = request.POST.get("text", "")[:2000]
    street = Street.objects.first()
    hits = suggest_categories(text) if text.strip() else ()
    tried = [
        {"hit": hit, "agencies": suggest_agencies(hit.subject, street, text) if street and n == 0 else ()}
        for n, hit in enumerate(hits)
    ]
    context = {
        "majors": majors,
        "text": text,
        "tried": tried,
        "asked": bool(text.strip()),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/categories.html", context, section="categories")


@require_safe
@admin_view("ground.view")
def category(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Category.objects.select_related("parent"), pk=pk)
    group = Category.objects.filter(active=True, clause_group=row.clause_group).exclude(pk=pk)
    context = {
        "category": row,
        "together": list(group) if row.clause_group else [],
        "words": CategoryWord.objects.filter(category=row).order_by("-weight", "word"),
        "items": row.items.order_by("function", "order"),
        "history": history_of("category", pk),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/category.html", context, section="categories")


@admin_view("catalogue.edit")
def category_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    return act_page(
        request,
        CategoryForm,
        lambda data: catalogue.category_create(actor=actor, **data),
        title=_("New category"),
        section="categories",
        back=reverse("console:admin_categories"),
        done=_("Category entered."),
    )


@admin_view("catalogue.edit")
def category_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Category, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: CategoryForm(data, category=row),
        lambda data: catalogue.category_edit(actor=actor, category_id=pk, **data),
        title=f"{row.code} {row}",
        section="categories",
        back=reverse("console:admin_category", args=[pk]),
        done=_("Saved."),
    )


@admin_view("catalogue.edit")
def category_words(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(Category, pk=pk), actor_for(request)
    lines = "\n".join(words_text({word.word: word for word in row.words.all()}))
    return act_page(
        request,
        lambda data: WordsForm(data, initial={"text": lines}),
        lambda data: catalogue.words_save(actor=actor, category_id=pk, **data),
        title=_("Words for %(category)s") % {"category": row},
        why=_("When they stand in a complaint, this category is suggested. Try them on the page of all categories."),
        section="categories",
        back=reverse("console:admin_category", args=[pk]),
        done=_("Words saved."),
    )
