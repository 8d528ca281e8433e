"""Random walks and properties run on shared cores: time is no verdict there, only the outcome."""

from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
