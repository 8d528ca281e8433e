"""“Others have reported this”: what step 3 offers, and which case a chosen offer means. No case number goes out."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from cases.models import Target
from cases.selectors.joinable import Joinable, Spot, joinable_for
from dispatch.portal.draft import Draft


@dataclass(frozen=True)
class Offer:
    """One offer of step 3; ``code`` says which, in this draft only."""

    code: str
    what: Joinable


def offers(draft: Draft, *, text: str, danger: bool, place: dict[str, Any], target: Target | None) -> list[Offer]:
    """None for a danger: that is always looked at by itself, at once."""
    if danger:
        return []
    spot = Spot(target, place["lat"], place["lng"], place["address"].strip(), place["party_name"].strip())
    return [Offer(_code(draft.key, found.case_id), found) for found in joinable_for(text=text, spot=spot)]


def chosen(found: list[Offer], code: str) -> int | None:
    """The case that the code means, as long as it is still offered."""
    return next((offer.what.case_id for offer in found if code and offer.code == code), None)


def _code(key: str, case_id: int) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"same:{key}:{case_id}".encode(), hashlib.sha256).hexdigest()[:16]
