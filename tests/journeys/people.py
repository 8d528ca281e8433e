"""People of the journeys with a window each: a phone for residents and squads, a wide screen for the office."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect

PHONE: ViewportSize = {"width": 375, "height": 812}
DESK: ViewportSize = {"width": 1440, "height": 900}
PASSWORD = "demo-2026"
BEIJING = ZoneInfo("Asia/Shanghai")
ANSWERED = re.compile(
    r"status of (409|422)|Response Status Error Code (409|422)"
    r"|ERR_INTERNET_DISCONNECTED|htmx:(sendError|sendAbort|afterRequest|timeout)"
)
"""A refusal is an answer with a page, a lost network is what some stories are about, and who leaves a page ends what it
still asks for; Chromium and htmx remark on all three, which is no fault of a page."""

expect.set_options(timeout=20_000)


class Clock:
    """The hour at which the whole product lives. It only goes forward."""

    def __init__(self, file: Path, begin: str = "") -> None:
        self.file = file
        if begin:
            self.set(datetime.fromisoformat(begin).replace(tzinfo=BEIJING))

    def now(self) -> datetime:
        return (datetime.now(UTC) + timedelta(seconds=float(self.file.read_text()))).astimezone(BEIJING)

    def set(self, moment: datetime) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(str((moment - datetime.now(UTC)).total_seconds()))
        new.replace(self.file)  # at once: no process ever reads half a number

    def to(self, hour: str, *, days: int = 0) -> datetime:
        """On to this hour, so many days later; the next day when the hour has passed."""
        present, (h, m) = self.now(), hour.split(":")
        moment = (present + timedelta(days=days)).replace(hour=int(h), minute=int(m), second=0)
        self.set(moment if moment > present else moment + timedelta(days=1))
        return self.now()


class People:
    """Opens windows, logs in, and notices whatever a page complains of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.windows: dict[str, Page] = {}
        self.complaints: list[str] = []

    def resident(self, name: str = "resident", *, language: str = "zh-CN") -> Page:
        """A phone without any account."""
        return self._window(name, PHONE, language)

    def squad(self, username: str, *, language: str = "en-US", place: tuple[float, float] | None = None) -> Page:
        """A member's phone, signed in, on the page of today."""
        page = self._window(username, PHONE, language)
        if place:
            page.context.grant_permissions(["geolocation"], origin=self.url)
            page.context.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 8})
        return self._sign_in(page, username, "/field/")

    def office(self, username: str, *, language: str = "en-US") -> Page:
        """A desk, signed in, on the board."""
        return self._sign_in(self._window(username, DESK, language), username, "/console/")

    def leave(self) -> None:
        """Close all windows; nobody's page may have complained."""
        for page in self.windows.values():
            page.context.close()
        self.windows = {}
        assert not self.complaints, "\n".join(self.complaints)

    def _window(self, name: str, size: ViewportSize, language: str) -> Page:
        if name in self.windows:
            return self.windows[name]
        context = self.browser.new_context(
            base_url=self.url,
            viewport=size,
            locale=language,
            timezone_id="Asia/Shanghai",
            extra_http_headers={"Accept-Language": language},
            has_touch=size is PHONE,
        )
        self._watch(context, name)
        page = context.new_page()
        self.windows[name] = page
        return page

    def _sign_in(self, page: Page, username: str, path: str) -> Page:
        page.goto(path)
        if "/accounts/login/" in page.url:
            page.locator("[name=login]").fill(username)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("form:has([name=password]) button").click()
        at(page, f"{path}.*")  # some roles have another first page
        return page

    def _watch(self, context: BrowserContext, name: str) -> None:
        ours = urlsplit(self.url).netloc

        def said(message: str) -> None:
            if not ANSWERED.search(message):
                self.complaints.append(f"{name}: {message}")

        context.on(
            "console",
            lambda line: said(f"{line.text} {line.page.url if line.page else ''}") if line.type == "error" else None,
        )
        context.on("weberror", lambda fault: said(f"{fault.error}"))
        context.on(
            "request",
            lambda asked: (
                None
                if urlsplit(asked.url).netloc == ours or asked.url.startswith(("data:", "blob:"))
                else said(f"a foreign host was asked: {asked.url}")
            ),
        )


def at(page: Page, path: str) -> None:
    """The page of this address (a pattern) is open, and nothing of it stands out to the side."""
    expect(page).to_have_url(re.compile(f"^https?://[^/]+{path}([?#].*)?$"))
    page.wait_for_load_state("domcontentloaded")
    fits(page)


def fits(page: Page) -> None:
    """Nothing stands out to the side."""
    wide: list[int] = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] <= wide[1], f"{page.url} is {wide[0]} px wide in a window of {wide[1]} px"


def sees(page: Page, *texts: str) -> None:
    """All of these stand on the page, now or in a moment."""
    for text in texts:
        expect(page.locator("body")).to_contain_text(text, use_inner_text=False)


def sees_nothing_of(page: Page, *texts: str) -> None:
    """None of these stand anywhere in the page, not even in its source."""
    source = page.content()
    found = [text for text in texts if text in source]
    assert not found, f"{page.url} shows {found}"


def photo(text: str) -> FilePayload:
    """A drawn photo, as a file input takes it."""
    image = Image.new("RGB", (800, 600), (46, 50, 70))
    ImageDraw.Draw(image).text((40, 40), text, fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
