"""The app of the notices. Its one receiver only hurries the relay, which runs by itself every few seconds."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "dispatch.notify"
    label = "notify"

    def ready(self) -> None:
        from cases.services.journal import event_recorded
        from dispatch.notify import hurry

        event_recorded.connect(hurry.on_event, dispatch_uid="notify-hurry")
