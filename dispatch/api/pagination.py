"""Pages by cursor: exact while rows come and go, and as fast at the end as at the beginning."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """``?cursor=…&page_size=…``; the answer names the next and the previous page by their addresses."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
