"""The database backend of ``settings.DATABASES``: Django's own but for one question a request.

A connection outlives its request, and before the next one uses it Django asks it for ``SELECT 1``: a way to the
database and back on every page. A server that has gone has closed its end, and the kernel knows of that already.
"""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the connection can be used: a quiet socket between transactions stands. What has something to read
        (a farewell, or a notice) is asked as Django asks."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status == TRANSACTION_STATUS_IDLE and _quiet(self.connection.fileno()):
            return True
        return super().is_usable()


def _quiet(socket: int) -> bool:
    ready = select.poll()
    ready.register(socket, select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR)
    return not ready.poll(0)
