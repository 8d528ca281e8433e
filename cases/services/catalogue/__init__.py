"""The reference data of the office: classes and their words, items, limits, bases, time limits, numbers, texts.

A change applies from a day on: the row of before ends, another begins; what was in force in the past stays as it was.
Nothing of it needs a stage above; recorded in the history of the ground, beside the change itself.
"""

from cases.services.catalogue.categories import category_create, category_edit, words_save
from cases.services.catalogue.clocks import clock_set, clock_withdraw, setting_set, text_set
from cases.services.catalogue.items import (
    basis_add,
    basis_confirm,
    basis_end,
    item_create,
    item_edit,
    item_end,
    item_replace,
    limit_set,
)

__all__ = [
    "basis_add",
    "basis_confirm",
    "basis_end",
    "category_create",
    "category_edit",
    "clock_set",
    "clock_withdraw",
    "item_create",
    "item_edit",
    "item_end",
    "item_replace",
    "limit_set",
    "setting_set",
    "text_set",
    "words_save",
]
