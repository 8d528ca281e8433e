"""Tables without what makes a row slow to write: indexes, keys between tables, the triggers of what is worked out.

Everything is taken off and put back in one transaction, by the definitions that the catalogue of the database has: a
crash or an error leaves all as it was. An index that is built at once takes a fifth of the time of one that grows row
by row, and half the space; keys are looked at once for all rows, and refuse what does not fit as they would have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

_CONSTRAINTS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype = 'f' FROM pg_constraint
WHERE contype IN ('p', 'u', 'x', 'f') AND conparentid = 0
AND (conrelid = ANY (%(tables)s::regclass[]) OR confrelid = ANY (%(tables)s::regclass[]))
ORDER BY contype = 'f', conrelid::regclass::text, contype <> 'p', conname
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY (%(tables)s::regclass[])
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY indrelid::regclass::text, 1
"""
_TRIGGERS = """
SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled = 'O' AND tgname ~ '^cases_(words|spot)_'
AND tgrelid = ANY (%(tables)s::regclass[])
ORDER BY tgrelid::regclass::text, tgname
"""
_SETTINGS = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "off",  # a fill that a crash cuts short is begun anew anyway
    "maintenance_work_mem": "'384MB'",
}


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Nobody else reads or writes these tables until the transaction ends. OperationalError when somebody is at work
    in them for longer than the usual wait for a lock."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in _SETTINGS.items():
            cursor.execute(f"SET LOCAL {name} = {value}")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        constraints, indexes, triggers = before = _standing(tables)
        for table, name, _definition, _foreign in reversed(constraints):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table, name in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        yield
        for table, name, definition, foreign in constraints:
            if not foreign:
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition, foreign in constraints:
            if foreign:
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for table, name in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        if _spelled(_standing(tables)) != _spelled(before):
            raise RuntimeError("an index, a key or a trigger is not as it was")


_Standing = tuple[list[tuple[str, str, str, bool]], list[tuple[str, str]], list[tuple[str, str]]]


def _standing(tables: Sequence[str]) -> _Standing:
    found = []
    with connection.cursor() as cursor:
        for question in (_CONSTRAINTS, _INDEXES, _TRIGGERS):
            cursor.execute(question, {"tables": list(tables)})
            found.append(cursor.fetchall())
    return tuple(found)


def _spelled(standing: _Standing) -> str:
    """A list of texts that was read once is written back with its casts in other places: they are left out."""
    return re.sub(r"::(character varying|text)(\[\])?|[()]", "", repr(standing))
