"""Figures for a monitor, in Prometheus's text format: ``/metrics``.

Web processes share one door, so a scrape meets any of them: each adds what it has counted to Redis, and the page reads
the sums (a client library counts within one process or one machine, so none is used). The rest is asked of database,
Redis and disk when the page is. Labels are words of ours: never a path, a person, a row.
"""
