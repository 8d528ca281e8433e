"""The night plan: every night the office's rule is applied to all parties with open needs, and drafts their orders.

The system proposes: what it drafts waits for a person to submit, approve and issue it, like any other draft.
"""

from cases.services.nightplans.running import (
    BATCH,
    NIGHT,
    night_begin,
    night_execute,
    nights_begin,
    nights_due,
    plans_nightly,
)

__all__ = ["BATCH", "NIGHT", "night_begin", "night_execute", "nights_begin", "nights_due", "plans_nightly"]
