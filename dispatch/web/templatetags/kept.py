"""Parts of a page that say the same again and again: ``{% load kept %}``.

What stands around every page was half the work of drawing one. Words and addresses that never change are joined by the
loader (``dispatch.web.drawing``); this is for parts that depend on a few values, or hold forms.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.exceptions import TemplateSyntaxError
from django.template.loader_tags import BlockNode
from django.urls import get_script_prefix
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

MOST = 256
"""Drawings that one part keeps."""
_CSRF = "csrf_token"
_MARK = secrets.token_hex(8)
_HOLE = re.compile(f"{_MARK}x([a-z_]+)x{_MARK}")


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    """Draw what stands inside once a process for each language and each set of values, e.g.
    ``{% kept theme=request.COOKIES.theme holding next=request.get_full_path %}…{% endkept %}``.

    It sees the values named here and nothing else of the page, so none of it can stay where it does not belong. Those
    after ``holding`` are put in each time, the token against forged forms as well: inside, they can only be printed.
    """
    bits = token.split_contents()[1:]
    values = token_kwargs(bits, parser)
    held: dict[str, FilterExpression] = {}
    if bits[:1] == ["holding"]:
        bits.pop(0)
        held = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"kept: what is {bits[0]!r}?")
    inside = parser.parse(("endkept",))
    parser.delete_first_token()
    if any(inside.get_nodes_by_type(BlockNode)):
        raise TemplateSyntaxError("kept: a block inside would stay as the first page has it")
    return Kept(inside, values, held)


class Kept(template.Node):
    child_nodelists = ("inside",)

    def __init__(
        self, inside: NodeList, values: dict[str, FilterExpression], held: dict[str, FilterExpression]
    ) -> None:
        self.inside, self.values, self.held = inside, values, held
        self._drawn: dict[tuple[Any, ...], list[str]] = {}

    def render(self, context: Context) -> SafeString:
        given = [value.resolve(context) for value in self.values.values()]
        token = context.get(_CSRF)
        # What is marked as safe is drawn otherwise than the same words unmarked; so are 1 and True.
        key = (get_language(), get_script_prefix(), token is None, *given, *map(type, given))
        pieces = self._drawn.get(key)
        if pieces is None:
            if len(self._drawn) >= MOST:
                self._drawn.clear()
            pieces = self._drawn[key] = self._draw(context, given, forms=token is not None)
        if len(pieces) == 1:
            return mark_safe(pieces[0])  # nosec B308 B703 # drawn by the engine, which has escaped it # noqa: S308
        return mark_safe("".join(self._filled(pieces, context)))  # nosec B308 B703 # the same, and each value escaped # noqa: S308

    def _draw(self, context: Context, given: list[Any], *, forms: bool) -> list[str]:
        """Fixed text and names of what is put in, in turns."""
        holes = [*self.held, *([_CSRF] if forms else [])]
        seen = dict(zip(self.values, given, strict=True)) | {name: f"{_MARK}x{name}x{_MARK}" for name in holes}
        return _HOLE.split(self.inside.render(context.new(seen)))

    def _filled(self, pieces: list[str], context: Context) -> Iterator[str]:
        for nth, piece in enumerate(pieces):
            if nth % 2 == 0:
                yield piece
            elif piece == _CSRF:
                yield conditional_escape(str(context[_CSRF]))
            else:
                value = self.held[piece].resolve(context)
                yield conditional_escape("" if value is None else value)
