"""A program of another system: HTTP and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from dispatch.web import tokens
from dispatch.web.scopes import SCOPES
from teams.models import User
from teams.policies import SYSTEM


@dataclass
class Program:
    """Sends JSON; ``answer`` keeps the last response for a closer look."""

    authorization: str = ""
    language: str = "en"
    client: Client = field(default_factory=Client)
    answer: Any = None

    def get(self, path: str, **headers: str) -> Any:
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("PUT", path, body, headers)

    def refused(self, status: int, code: str) -> None:
        """The last answer was this refusal, told as a problem."""
        body = self.answer.json()
        assert (self.answer.status_code, body["code"]) == (status, code), body
        assert self.answer["Content-Type"] == "application/problem+json"
        assert body["status"] == status
        assert body["detail"], "a refusal says what to do"

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        sent = {"Accept-Language": self.language} | {name.replace("_", "-"): text for name, text in headers.items()}
        if self.authorization:
            sent["Authorization"] = self.authorization
        data = "" if body is None else json.dumps(body)
        self.answer = self.client.generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=sent
        )
        return self.answer.json() if self.answer.content else None


def program_of(user: User, *scopes: str, language: str = "en") -> Program:
    """A program with a fresh token of the account; without scopes it has all."""
    _row, text = tokens.token_issue(actor=SYSTEM, user=user, name="test", scopes=scopes or SCOPES)
    return Program(f"Bearer {text}", language)
