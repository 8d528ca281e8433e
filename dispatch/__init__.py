"""The roof: the Django project and everything that faces the outside."""
