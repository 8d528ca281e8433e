"""Webhooks: other systems hear of events by a signed call (Standard Webhooks), retried like any message.

A body names what happened and where to read it, nothing more: who calls back reads by its own token.
"""
