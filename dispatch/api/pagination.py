"""Pages by cursor: exact while rows come and go, and as fast at the end as at the beginning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as Unfit
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

MOST = 200


class ByCursor(CursorPagination):
    """``?cursor=…&page_size=…``; the answer names the next and the previous page by their addresses.

    400 for a page size that is none, and for a cursor that none of our answers named.
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and len(given) < 9 and 1 <= int(given) <= MOST):
            raise ValidationError({"page_size": _("Between 1 and %(most)s rows a page.") % {"most": MOST}})
        return int(given)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self._model: type[Model] = queryset.model
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _not_ours() from None
        if cursor is not None and cursor.position is not None:
            self._sound(str(cursor.position))
        return cursor

    def _sound(self, position: str) -> None:
        """What the rows are ordered by must be readable from it, else the database would be asked nonsense."""
        column: Any = self._model._meta.get_field(self.ordering[0].lstrip("-"))
        try:
            value = column.to_python(position)
        except (Unfit, ValueError, OverflowError):
            raise _not_ours() from None
        if "\0" in position or (isinstance(value, datetime) and value.tzinfo is None):
            raise _not_ours()


def _not_ours() -> ValidationError:
    return ValidationError({"cursor": _("This is no cursor of this list: take it from “next” or “previous”.")})
