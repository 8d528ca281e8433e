"""What the empty choice of a select says: a person reads words there, not dashes. And fields that forms share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NONE = pgettext_lazy("choice", "none")
CHOOSE = _("please choose")


class SharedFields(dict[str, forms.Field]):
    """``base_fields`` of a form that is made for every request and alters only its ``own``: Django copies all of them,
    deeply, each time."""

    def __init__(self, fields: Mapping[str, forms.Field], *, own: Collection[str] = ()) -> None:
        super().__init__(fields)
        self._own = frozenset(own)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return {name: deepcopy(field, memo) if name in self._own else field for name, field in self.items()}
