"""What goes through a session is remembered, redirects included."""

from __future__ import annotations

import time

import pytest
import requests
from werkzeug import Request, Response

from hub.testing.lab.serve import serve
from hub.testing.traffic import Exchange, Traffic


@Request.application
def application(request: Request) -> Response:
    if request.path == "/first":
        return Response(status=307, headers={"Location": "/second?a=b"})
    if request.path == "/slow":
        time.sleep(0.3)
    return Response(b"got " + request.get_data())


def test_each_request_and_its_answer_is_kept() -> None:
    with serve(application) as origin, requests.Session() as session:
        session.trust_env = False
        traffic = Traffic(session)
        session.post(f"{origin}/first", data="asked")
        assert len(traffic) == 2
        assert traffic.since(1) == (Exchange("POST", f"{origin}/second?a=b", b"asked", 200, b"got asked"),)
        assert [one.path for one in traffic.since()] == ["/first", "/second"]


def test_for_a_while_the_session_waits_no_longer_than_it_is_told() -> None:
    with serve(application) as origin, requests.Session() as session:
        session.trust_env = False
        with Traffic(session).limited(0.05), pytest.raises(requests.Timeout):
            session.get(f"{origin}/slow", timeout=5)
        assert session.get(f"{origin}/slow", timeout=5).ok
