"""The roof as a Django app, so that commands and checks which need the whole house have a home."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "dispatch"
    label = "dispatch"

    def ready(self) -> None:
        from dispatch import celery, checks  # noqa: F401  (shared tasks find their app; the checks register)
