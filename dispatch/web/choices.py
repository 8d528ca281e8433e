"""What the empty choice of a select says: a person reads words there, not dashes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NONE = pgettext_lazy("choice", "none")
CHOOSE = _("please choose")
