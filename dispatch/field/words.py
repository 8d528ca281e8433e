"""Reasons in words, for a phone: who does not count, what the ladder says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.law import Note
from cases.models import RulingOutcome
from dispatch.web.moments import moment_words

WHY_NOT: Mapping[str, object] = {
    "officer_of_another_agency": gettext_lazy("of another agency"),
    "officer_is_auxiliary": gettext_lazy("auxiliary: may help, not inspect"),
    "officer_is_grid_worker": gettext_lazy("grid worker: may help, not inspect"),
    "officer_is_laboratory": gettext_lazy("of a laboratory: tests, never inspects"),
    "officer_recused": gettext_lazy("has to stand aside"),
    "officer_counted_already": gettext_lazy("counts for another squad of this visit"),
    "certificate_missing": gettext_lazy("has no certificate of this agency"),
    "certificate_revoked": gettext_lazy("certificate revoked"),
    "certificate_not_yet_valid": gettext_lazy("certificate valid from %(on)s only"),
    "certificate_expired": gettext_lazy("certificate expired on %(on)s"),
}

LADDER: Mapping[str, object] = {
    "ladder_prior": gettext_lazy("Confirmed violations of this kind in the last %(years)s years: %(count)s."),
    "ladder_outside_window": gettext_lazy("Older ones that no longer count: %(count)s."),
    "ladder_unconfirmed": gettext_lazy("Found but nothing wrong: %(count)s; they do not count."),
    "ladder_key_area": gettext_lazy("A key area: the first one is not exempt."),
    "ladder_not_slight": gettext_lazy("You say it is not slight, so it is not exempt."),
    "ladder_slight_unknown": gettext_lazy("Exempt only if it is slight: that is for you to say."),
    "ladder_not_corrected": gettext_lazy("It was not put right, so it is not exempt."),
    "ladder_corrected_unknown": gettext_lazy("Exempt only if it is put right in time."),
    "ladder_always_corrected": gettext_lazy("Everything earlier was put right, and this too."),
    "ladder_uncorrected": gettext_lazy("Earlier ones that were not put right: %(count)s."),
    "ladder_vulnerable": gettext_lazy("The party is in need of care: take that into account."),
}
SOURCE = gettext_lazy("Administrative Penalty Law, art. 33")
"""Where the ladder comes from, as the reader calls it."""
STEP: Mapping[str, object] = {
    "first_exempt": gettext_lazy("First time: it may go unpunished"),
    "second_lenient": gettext_lazy("Not the first time: lenient"),
    "strict": gettext_lazy("Again and again: strict"),
}
OUTCOME_WHY: Mapping[str, object] = {
    RulingOutcome.NOTHING_WRONG.value: gettext_lazy("Looked at closer, it is in order; it does not count later."),
    RulingOutcome.GUIDANCE.value: gettext_lazy("Explained on the spot; no paper."),
    RulingOutcome.CAUTION_CARD.value: gettext_lazy("A written reminder, not a penalty; looked at again."),
    RulingOutcome.RECTIFICATION.value: gettext_lazy("A paper says what to put right and by when; rechecked."),
    RulingOutcome.HAND_OVER.value: gettext_lazy("To the ordinary procedure: no penalty is decided on the spot."),
}


def why_not(note: Note) -> str:
    """Why a person does not count as an officer, in a few words."""
    params = {key: _day(value) for key, value in note.params.items()}
    return str(WHY_NOT.get(note.code, _("does not count"))) % params


def ladder(notes: Iterable[Note]) -> list[str]:
    """The sentences behind a proposal."""
    found = []
    for note in notes:
        sentence = LADDER.get(note.code)
        if sentence is not None:
            found.append(str(sentence) % dict(note.params))
    return found


def _day(value: object) -> object:
    if isinstance(value, str) and len(value) == 10 and value[4] == "-":
        return moment_words(date.fromisoformat(value), "full")
    return value
