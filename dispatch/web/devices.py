"""What a person calls the device of a session: "Chrome on Windows". Enough to know one's own, too little to follow."""

from __future__ import annotations

from django.utils.translation import gettext as _

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("HuaweiBrowser", "Huawei"),
    ("MiuiBrowser", "Xiaomi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""The first that occurs wins: many say they are others, too."""


def device_code(user_agent: str) -> str:
    """``Chrome/Windows``; a part that is not known is empty. No version: it would tell devices apart for strangers."""
    return "/".join(_first(table, user_agent) for table in (BROWSERS, SYSTEMS))


def device_words(code: str) -> str:
    browser, _sep, system = code.partition("/")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("a device that does not say what it is")


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for sign, name in table if sign in text), "")
