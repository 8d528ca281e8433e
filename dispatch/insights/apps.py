"""The app of the figures."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "dispatch.insights"
    label = "insights"
