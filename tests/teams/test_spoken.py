"""A choice is said in the language of the moment, a value without words as it is."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.utils import translation

from cases.models import Case, CaseStage
from teams.models.base import Spoken


def test_a_choice_is_said_as_django_says_it() -> None:
    field = Case._meta.get_field("stage")
    case = Case(stage=CaseStage.PLANNING)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert case.get_stage_display() == models.Model._get_FIELD_display(case, field)  # type: ignore[attr-defined]
    with translation.override("en"):
        assert case.get_stage_display() == "to plan"


def test_a_value_without_words_is_itself() -> None:
    assert Case(stage="gone").get_stage_display() == "gone"
    assert Case(due_kind="").get_due_kind_display() == ""
    nothing: Any = None
    assert Case(stage=nothing).get_stage_display() is None


def test_every_model_with_choices_says_them_so() -> None:
    speaking = [
        model
        for app in ("cases", "teams")
        for model in apps.get_app_config(app).get_models()
        if any(field.choices for field in model._meta.fields)
    ]
    assert len(speaking) > 25
    assert [model.__name__ for model in speaking if not issubclass(model, Spoken)] == []
