"""Numbers of papers: per agency, type and year, without gaps (the counter is the database's).

Form from DOMAIN §5, to be confirmed by the office; the pattern is data.
"""

import re

DEFAULT_PATTERN = "（并）{agency}{kind}字〔{year}〕第{serial:03}号"
"""`agency` is the agency's short form, `kind` the paper's, as in （并）迎庙综执责改字〔2026〕第001号."""

_FIELD = re.compile(r"\{(\w+)(?::0?(\d))?\}")
_KNOWN = frozenset({"agency", "kind", "year", "serial"})


def format_number(pattern: str, *, agency: str, kind: str, year: int, serial: int) -> str:
    """Fill a pattern; `{serial:03}` pads to three digits and grows beyond them.

    ValueError for a pattern that `check_pattern` faults, or a serial below 1.
    """
    if faults := check_pattern(pattern):
        raise ValueError(", ".join(faults))
    if serial < 1:
        raise ValueError("serials begin at 1")
    values = {"agency": agency, "kind": kind, "year": str(year), "serial": str(serial)}
    # Not str.format: a pattern is entered by people and must not reach attributes.
    return _FIELD.sub(lambda found: values[found[1]].rjust(int(found[2] or 0), "0"), pattern)


def check_pattern(pattern: str) -> tuple[str, ...]:
    """What is wrong with a pattern, as codes; without these four parts two papers could bear one number."""
    names = [found[1] for found in _FIELD.finditer(pattern)]
    faults = [f"pattern_lacks_{name}" for name in ("agency", "kind", "year", "serial") if name not in names]
    if not set(names) <= _KNOWN or set("{}") & set(_FIELD.sub("", pattern)):
        faults.append("pattern_unknown_field")
    return tuple(faults)
