import logging
from types import FrameType, TracebackType

import pytest
import requests

from hub.core.declared import normal_origin
from hub.core.errors import Refused, Retry
from hub.vault.guard import Guard
from hub.vault.session import BorderError
from tests.vault.conftest import PAIR, PASSWORD, Reply, Server, Vault


def words_in(value: object, depth: int = 0) -> str:
    return repr(value) if depth or not isinstance(value, BaseException) else repr(vars(value))


def everything_of(error: BaseException) -> str:
    """Return the text of an error, its whole chain, and every local of every frame of them outside this file."""
    parts: list[str] = []
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        parts += [str(one), words_in(one), repr(getattr(getattr(one, "request", None), "headers", ""))]
        queue += [one.__cause__, one.__context__]
        trace: TracebackType | None = one.__traceback__
        while trace is not None:
            frame: FrameType = trace.tb_frame
            if frame.f_code.co_filename != __file__:
                parts += [repr(local) for local in frame.f_locals.values()]
                parts += [repr(vars(local)) for local in frame.f_locals.values() if hasattr(local, "__dict__")]
            trace = trace.tb_next
    return "\n".join(parts)


@pytest.mark.parametrize("case", ["cut", "echo", "unreachable", "redirect", "tls"])
def test_no_error_that_a_plugin_sees_holds_the_credential(
    case: str, vault: Vault, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = {
        "cut": Reply(raw=lambda out: out.write(b"HTTP/1.1 200 OK\r\nX: ")),
        "echo": Reply(200, body=PASSWORD.encode()),
        "redirect": Reply(302, [("Location", "https://other.test/")]),
    }
    server.answer = lambda seen: replies.get(case, Reply())
    connection = vault.connect(server.origin)
    if case == "unreachable":
        server.close()
        vault.broker.close()
    if case == "tls":
        https = normal_origin(server.origin.replace("http:", "https:"))
        vault.broker = vault.new_broker(Guard([https, server.origin]))
        connection = vault.connect(https)
    opened = vault.open(connection)
    url = (server.origin.replace("http:", "https:") if case == "tls" else server.origin) + "/a"
    with pytest.raises(requests.RequestException) as caught:
        opened.account.http.get(url, timeout=3)
    text = everything_of(caught.value) + caplog.text
    assert isinstance(caught.value, BorderError)
    for secret in (PASSWORD, PAIR):
        assert secret not in text
    with pytest.raises((Refused, Retry)) as marked:
        opened.check()
    text = everything_of(marked.value)
    for secret in (PASSWORD, PAIR):
        assert secret not in text


def test_the_search_for_the_credential_finds_it_in_an_ordinary_session(server: Server) -> None:
    server.answer = lambda seen: Reply(raw=lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"))
    with requests.Session() as session, pytest.raises(requests.RequestException) as caught:
        session.get(server.origin, auth=("ada", PASSWORD))
    assert PAIR in everything_of(caught.value)
