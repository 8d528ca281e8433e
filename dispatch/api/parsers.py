"""JSON as it comes in: UTF-8, of bearable size and depth, with nothing in it that no database keeps."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from dispatch.api.problems import TooLarge

MOST_BYTES = 2 * 1024**2
_HALF = re.compile("[\ud800-\udfff]")


class CarefulJson(BaseParser):
    """400 ``malformed`` for what is no JSON text in UTF-8, is nested too deep to be read, or spells numbers that are
    none or halves of a character (``"\\ud800"``); 413 above two megabytes. The charset of the header counts not: JSON
    has one (RFC 8259)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw: bytes = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise TooLarge(_("A request may hold at most two megabytes of JSON."))
        try:
            text = raw.decode("utf-8-sig")
            data = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        except RecursionError:
            raise ParseError(_("This is nested too deep to be read.")) from None
        except ValueError:
            raise ParseError(_("This is no JSON in UTF-8.")) from None
        if "\\u" in text and _HALF.search(json.dumps(data, ensure_ascii=False)):
            raise ParseError(_("A text holds half a character (a lone surrogate)."))
        return data


def _no_number(_text: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError
    return number
