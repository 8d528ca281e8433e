"""The one origin."""
