"""The product with one page more, which only listens: ``/page?topic=…``; ``/open`` counts the open streams."""

from __future__ import annotations

from urllib.parse import parse_qs

from django.http import HttpResponse

from dispatch.asgi import application as product
from dispatch.asgi import hub
from dispatch.web.live import grant_topics
from dispatch.web.spool import Receive, Scope, Send

PAGE = """<!doctype html><title>live</title>
<p data-live-row="case:12" data-live-seq="5">row</p><p data-live-kinds="order">list</p>
<script>
  window.seen = [];
  for (const name of ["live:case", "live:order", "live:reset", "live:state"])
    document.addEventListener(name, (event) => seen.push([name, event.detail]));
  document.addEventListener("live-refresh", (event) => seen.push(["refresh", event.target.textContent]));
</script>
<script type="module" src="/static/js/live.js"></script>"""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] == "/page":
        response = HttpResponse(PAGE)
        grant_topics(response, parse_qs(scope["query_string"].decode())["topic"])
        cookies = [(b"set-cookie", morsel.OutputString().encode()) for morsel in response.cookies.values()]
        headers = [(b"content-type", b"text/html; charset=utf-8"), *cookies]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})
    elif scope["type"] == "http" and scope["path"] == "/open":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(len(hub.listeners)).encode()})
    else:
        await product(scope, receive, send)
