"""Write docs/flow.md from the table in ``cases/flow.py``; ``--check`` says whether the file still tells the truth."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Choices
from django.utils.translation import override

from cases.flow import LIVE, MOVES, Move
from cases.models import CaseStage, NeedState, OrderState, PartState

_STATES = {"case": CaseStage, "need": NeedState, "order": OrderState, "part": PartState}
_WORDS = {
    "case": "A case: one problem at one target, from the first word to the answer.",
    "need": "A need: a reason to visit a target. A case has at most one that is open or ordered.",
    "order": "An order: one joint visit. Live until the first report-in; a target has at most one live order.",
    "part": "A part: what one squad does in an order.",
}


def flow_document() -> str:
    """The whole page as Markdown, one drawing and one table a machine, in English with the Chinese names beside."""
    lines = [
        "# The four machines",
        "",
        "Generated from `cases/flow.py` by `manage.py flow_doc`; a test compares them. `move()` alone assigns a stage.",
        "A step back (↩) needs a written reason.",
    ]
    for machine, moves in MOVES.items():
        lines += [
            "",
            f"## {machine.capitalize()}",
            "",
            _WORDS[machine],
            "",
            *_drawing(moves),
            "",
            *_table(machine, moves),
        ]
    lines += [
        "",
        "## Live order",
        "",
        "States of a live order: " + ", ".join(f"`{state}`" for state in sorted(LIVE)) + ".",
    ]
    return "\n".join(lines) + "\n"


def _drawing(moves: dict[str, Move] | Any) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for action, step in moves.items():
        for source in sorted(step.sources):
            arrows.setdefault((source, step.target), []).append(action + (" ↩" if step.back else ""))
    first = next(iter(moves.values()))
    start = sorted(first.sources)[0]
    body = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}", *body, "```"]


def _table(machine: str, moves: Any) -> list[str]:
    labels = _STATES[machine]
    lines = ["| state | English | 中文 |", "|---|---|---|"]
    for state in cast(Iterable[Choices], labels):
        with override("en"):
            english = str(state.label)
        with override("zh-hans"):
            chinese = str(state.label)
        lines.append(f"| `{state.value}` | {english} | {chinese} |")
    lines += ["", "| move | from | to |", "|---|---|---|"]
    for action, step in moves.items():
        sources = ", ".join(f"`{source}`" for source in sorted(step.sources))
        lines.append(f"| {action}{' ↩' if step.back else ''} | {sources} | `{step.target}` |")
    return lines


class Command(BaseCommand):
    help = "Writes docs/flow.md from the flow table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit 1 when they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "flow.md"
        text = flow_document()
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError("docs/flow.md differs from cases/flow.py: run manage.py flow_doc")
