"""Every write, one module a stage. Callers import the module of the stage they mean."""
