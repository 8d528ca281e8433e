"""The one way in which a service says no."""

from collections.abc import Mapping
from types import MappingProxyType


class Refused(Exception):
    """A write that will not happen, and why.

    `code` is stable snake_case for machines and tests; `message` is anything whose `str()` is the
    sentence for people (a lazily translated string, resolved only when it is shown, in the reader's language);
    `params` are its facts, never a complainant's data; `field` names the input at fault;
    `status` is the HTTP status a face answers with (409 unless told).
    """

    def __init__(
        self,
        code: str,
        message: object,
        params: Mapping[str, object] | None = None,
        *,
        field: str | None = None,
        status: int = 409,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.params: Mapping[str, object] = MappingProxyType(dict(params or {}))
        self.field = field
        self.status = status

    def __str__(self) -> str:
        return str(self.message)

    def __repr__(self) -> str:
        return f"Refused({self.code!r}, status={self.status})"

    def __reduce__(self) -> tuple[object, ...]:
        # A Celery worker pickles what a task raises; the default would call __init__ with `args` alone.
        return (_rebuild, (self.code, str(self.message), dict(self.params), self.field, self.status))


def _rebuild(code: str, message: str, params: Mapping[str, object], field: str | None, status: int) -> Refused:
    return Refused(code, message, params, field=field, status=status)
