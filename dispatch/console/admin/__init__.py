"""Administration inside the console: a module a subject, over the services of the ground and the catalogue."""
