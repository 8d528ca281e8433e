"""A made-up history of any size, written by COPY: what measurements and drills stand on. See ``manage.py fill``."""
