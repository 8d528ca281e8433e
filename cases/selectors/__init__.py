"""Every read a screen needs. Callers import the module they mean."""
