"""The app that the faces share. Its receivers hint to open pages and end sessions of those who leave."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "dispatch.web"
    label = "web"

    def ready(self) -> None:
        from django.forms import Field

        from cases.services.journal import event_recorded
        from dispatch.notify import relay
        from dispatch.web import streaming
        from dispatch.web.scopes import SCOPES
        from teams.selectors.history import MORE_WORDS

        import_module("dispatch.web.comings")  # connects its receivers
        Field.default_error_messages["required"] = _("This is still missing.")
        MORE_WORDS[("token", "scopes")] = SCOPES
        event_recorded.connect(streaming.on_event, dispatch_uid="web-live")
        if streaming.on_messages not in relay.heard:
            relay.heard.append(streaming.on_messages)
