"""Measurements on the real product, printed as tables; nothing here is a test. ``python -m bench NAME``."""
