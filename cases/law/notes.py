"""A reason, for people and machines: pure rules give codes, the floors above find the words."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """A stable code and its facts. Params are JSON-safe (str, int, bool, None, list of str), never floats."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """For a JSON column or an event body."""
        return {"code": self.code, "params": dict(self.params)}
