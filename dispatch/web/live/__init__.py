"""The live stream: hints (kind, id, seq) over Redis Streams; content comes by the normal authorised GET.

``publish`` tells who listens to a topic; ``grant_topics`` lets a page's reader listen; ``revoke`` cuts a user off.
Topics: ``office:<street>``, ``squad:<id>``, ``user:<id>``, ``complaint:<hash>``.
"""

from dispatch.web.live.hints import Hint, ask, publish, publish_all, revoke
from dispatch.web.live.topics import grant_topics

__all__ = ["Hint", "ask", "grant_topics", "publish", "publish_all", "revoke"]
