"""What a token may be used for. A scope opens operations; the account's roles still decide about each row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

SCOPES: Mapping[str, object] = MappingProxyType(
    {
        "cases:read": _("read cases, orders and parties"),
        "complaints:write": _("write down complaints for callers"),
        "cases:write": _("accept, triage, join, reject, check after and close cases"),
        "targets:write": _("enter and change parties"),
        "orders:write": _("open, submit, approve and issue orders"),
        "field:read": _("read the orders of one's own squad"),
        "field:write": _("acknowledge, report in, answer items, commission tests, rule"),
        "webhooks:manage": _("set up and change one's own webhooks"),
    }
)
"""Scope → what it opens."""
