"""Who hears what, and how it reaches them: outbox → messages → channels. See ``relay``, ``audience``, ``sender``."""
