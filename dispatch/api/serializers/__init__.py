"""Shapes of what comes in (``…In``) and goes out (``…Out``). No rule of the house is here: services check."""
