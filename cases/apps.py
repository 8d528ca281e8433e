from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.models import ItemKind, Severity, Unit
        from teams.selectors.history import MORE_CHOICES

        MORE_CHOICES.update({("", "severity"): Severity, ("item", "kind"): ItemKind, ("clock", "unit"): Unit})
