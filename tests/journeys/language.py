"""Untranslated text: what stands on a page in the other language though it is no data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import polib

from tests.product import Product

PO = Path(__file__).resolve().parents[2] / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
SHOWN = ("aria-label", "placeholder", "title", "alt", "data-confirm", "data-copied")
"""Attributes that people read or hear."""
SILENT = {"script", "style", "template", "title", "textarea"}
ALLOWED = frozenset(
    [
        "Chrome",
        "English",
        "Linux",
        "Enter",
        "Esc",
        "Ctrl",
        "JavaScript",
        "dB",
        "GB",
        "HJ",
        "CSV",
        "csv",
        "xlsx",
        "UTF",
        "GeoJSON",
        "WGS",
        "GCJ",
        "GPS",
        "MB",
        "PIN",
        "code",
        "name",
    ]
)
"""Latin words that stand in Chinese text by right: keys, units, formats, the other language's own name."""
CJK = re.compile(r"[㐀-鿿]+")
LATIN = re.compile(r"[A-Za-z][A-Za-z']+")

DUMP = """
import json
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
whole, plain = set(), set()
for model in apps.get_models():
    for field in model._meta.concrete_fields:
        if not isinstance(field, (models.CharField, models.TextField, models.JSONField, ArrayField)):
            continue
        for value in model._default_manager.order_by().values_list(field.attname, flat=True).distinct():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            whole.add(text)
            if isinstance(value, str) and not field.choices and not field.name.endswith("_en") \
                    and model._meta.label not in ("cases.Event", "sessions.Session", "web.Session"):
                plain.add(text)
print(json.dumps([sorted(whole), sorted(plain)]))
"""


@dataclass
class Data:
    """What the database holds: it may stand on a page in the language it was written in."""

    values: frozenset[str]
    plain: str
    """Texts without codes, English names and the journal: the only Latin letters that a Chinese page may show."""

    @cached_property
    def all(self) -> str:
        return "\n".join(self.values)

    @cached_property
    def latin(self) -> frozenset[str]:
        return frozenset(word.lower() for word in LATIN.findall(self.plain))


def data_of(product: Product) -> Data:
    whole, plain = json.loads(product.manage("shell", "--verbosity=0", "-c", DUMP).strip().splitlines()[-1])
    return Data(frozenset(whole), "\n".join(plain))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        self.texts += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """Every piece of text of a page, as people read or hear it."""
    reader = _Reader()
    reader.feed(html)
    return [text for text in (" ".join(piece.split()) for piece in reader.texts) if text]


def translated() -> frozenset[str]:
    """All Chinese words of the interface."""
    return frozenset(entry.msgstr for entry in polib.pofile(str(PO)) if CJK.search(entry.msgstr))


def left_in_english(texts: Iterable[str], data: Data) -> list[str]:
    """Pieces of a Chinese page with Latin words that are neither data nor allowed."""
    found = []
    for text in texts:
        strange = [word for word in LATIN.findall(text) if word not in ALLOWED and word.lower() not in data.latin]
        if strange and text not in data.plain:
            found.append(f"{text[:80]} ({', '.join(strange[:6])})")
    return found


def left_in_chinese(texts: Iterable[str], data: Data, interface: frozenset[str]) -> list[str]:
    """Pieces of an English page with Chinese that stands in no row, or that is exactly a word of the interface."""
    found = []
    for text in texts:
        if text in {"简体中文", "中文"} or not CJK.search(text):
            continue
        if text in interface and text not in data.values:
            found.append(text)
        elif strange := [run for run in CJK.findall(text) if run not in data.all]:
            found.append(f"{text[:80]} ({'、'.join(strange[:6])})")
    return found
