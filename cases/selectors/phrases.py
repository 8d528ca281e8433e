"""Words ready to be sent on a private line: the office's own (setting ``line_phrases``), else these."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cases.selectors.office import office_value

KEY = "line_phrases"


def line_phrases(street_id: int) -> list[str]:
    """Sentences to begin with; the setting is a list of texts, the street's own before the general one."""
    own = office_value(KEY, street_id)
    if isinstance(own, list) and (texts := [str(text).strip() for text in own if str(text).strip()]):
        return texts
    return [
        _("We have received your report and are looking into it."),
        _("A joint visit is arranged. You will read here what was found."),
        _("The squads have been there; a laboratory is testing, the result follows."),
        _("It has to be put right by a set day; we check again at the same hour."),
        _("At which hour is it worst, and where exactly?"),
        _("We could not reach you by phone. When may we call?"),
    ]
