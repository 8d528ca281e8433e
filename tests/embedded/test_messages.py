"""Translations without the gettext programs."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import polib
import pytest

from dispatch.embedded.messages import compile_messages
from dispatch.embedded.process import LauncherError

LOCALE = Path(__file__).parents[2] / "locale"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        HEADER + 'msgid "case"\nmsgstr "案件"\n\n#, fuzzy\nmsgid "visit"\nmsgstr "猜的"\n', encoding="utf-8"
    )
    return tmp_path


def test_compiles_what_gettext_reads_and_leaves_guesses_out(catalogue: Path) -> None:
    assert compile_messages(catalogue) == 1
    read = gettext.translation("django", catalogue, ["zh_Hans"])
    assert (read.gettext("case"), read.gettext("visit")) == ("案件", "visit")


def test_compiles_again_only_what_changed(catalogue: Path) -> None:
    compile_messages(catalogue)
    assert compile_messages(catalogue) == 0
    po = catalogue / "zh_Hans" / "LC_MESSAGES" / "django.po"
    os.utime(po, (po.stat().st_atime + 10, po.stat().st_mtime + 10))
    assert compile_messages(catalogue) == 1


def test_a_broken_catalogue_is_one_sentence(catalogue: Path) -> None:
    (catalogue / "zh_Hans" / "LC_MESSAGES" / "django.po").write_text('msgid "open\nmsgstr')
    with pytest.raises(LauncherError, match=r"Cannot compile django\.po"):
        compile_messages(catalogue)


def test_every_word_stands_once() -> None:
    """Twice with different words, one page speaks with the other's; the gettext programs then read nothing at all."""
    for po in LOCALE.glob("*/LC_MESSAGES/*.po"):
        polib.pofile(str(po), check_for_duplicates=True)
