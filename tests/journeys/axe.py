"""axe-core in a journey: ``assert_accessible(page)``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
RUN = """async contrast => (await axe.run(document, {
    resultTypes: ['violations'], preload: false, rules: {'color-contrast': {enabled: contrast}},
})).violations.map(v => ({
    id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.target.join(' ') + ' | ' + n.failureSummary)
}))"""


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, *, contrast: bool = True) -> list[dict[str, Any]]:
    """Everything axe-core finds on the page as it stands: dicts ``id impact help nodes``.

    The script goes in by the debugger, so the page's own content security policy stays in force. ``contrast``: the rule
    that takes most of the time, and that the words of a page don't change.
    """
    session = page.context.new_cdp_session(page)
    try:
        session.send("Runtime.evaluate", {"expression": _source()})
    finally:
        session.detach()
    found: list[dict[str, Any]] = page.evaluate(RUN, contrast)
    return found


def assert_accessible(page: Page, *, contrast: bool = True) -> None:
    """Fail for any serious or critical violation, telling element and remedy."""
    bad = [v for v in violations(page, contrast=contrast) if v["impact"] in ("serious", "critical")]
    told = "\n".join(f"{v['id']} ({v['impact']}): {v['help']}\n  " + "\n  ".join(v["nodes"][:5]) for v in bad)
    assert not bad, f"{page.url}\n{told}"
