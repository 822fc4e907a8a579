"""What is answered at a channel's address: the same to everybody, but an echo for a provider that asks at its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub.core.push import Echo, Notice, NoticeKind
from hub.core.security import Kind
from hub.store.security import SecurityEvent
from hub.web.app import create_app
from hub.web.limits import Limiter
from hub.web.webhooks.notice import LARGEST, LONGEST_ECHO
from tests.pushing import PUBLIC, calendar_row, watched
from tests.world import World

HEADERS = ("X-Fake-Kind", "X-Fake-Ref", "X-Fake-Secret", "X-Fake-Number")


@pytest.fixture
def pushed(world: World) -> tuple[World, FlaskClient, str, dict[str, str]]:
    """A watched calendar: its world, somebody who sends, the channel's address, and what the provider sends there."""
    ada = watched(world)
    ((channel, notice),) = world.calendars.notices(ada)
    values = ("changed", notice.ref, notice.secret, "1")
    app: Flask = create_app(world.hub, Limiter(""))
    return world, app.test_client(), f"/webhooks/fake/{channel}", dict(zip(HEADERS, values, strict=True))


Pushed = tuple[World, FlaskClient, str, dict[str, str]]


def send(client: FlaskClient, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
    return client.post(path, base_url=PUBLIC, headers=headers, **options)


def shown(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-Id", "Date")}
    return answer.status_code, answer.data, {name: value for name, value in headers.items() if "nonce-" not in value}


def test_a_notification_is_taken_and_the_calendar_marked(pushed: Pushed) -> None:
    world, client, path, headers = pushed
    before = calendar_row(world).announced
    assert shown(send(client, path, headers))[:2] == (202, b"")
    assert calendar_row(world).announced == before + 1


WRONG: dict[str, Callable[[str, dict[str, str]], tuple[str, dict[str, str]]]] = {
    "channel": lambda path, headers: (f"{path[:-4]}zzzz", headers),
    "no id": lambda path, headers: (f"{path}'%20or%201=1", headers),
    "provider": lambda path, headers: (path.replace("fake", "caldav"), headers),
    "no provider": lambda path, headers: (path.replace("fake", "nobody"), headers),
    "secret": lambda path, headers: (path, {**headers, "X-Fake-Secret": "guess"}),
    "not ASCII": lambda path, headers: (path, {**headers, "X-Fake-Secret": "g\xfc", "X-Fake-Ref": "\xfc"}),
    "reference": lambda path, headers: (path, {**headers, "X-Fake-Ref": "watch 0"}),
}


def test_whoever_sends_what_is_not_believed_is_answered_alike_and_nothing_happens(pushed: Pushed) -> None:
    """A56: nobody learns which channels there are, and a provider does not send again what has ended."""
    world, client, path, headers = pushed
    before = calendar_row(world)
    found = {name: shown(send(client, *change(path, headers))) for name, change in WRONG.items()}
    assert calendar_row(world) == before
    believed = shown(send(client, path, headers))
    assert found == dict.fromkeys(WRONG, believed)


def test_what_nobody_can_read_is_answered_400_at_every_address(pushed: Pushed) -> None:
    world, client, path, _ = pushed
    before = calendar_row(world)
    for body in (b"nonsense", b"broken"):
        for address in (path, f"{path[:-4]}zzzz"):
            answer = send(client, address, data=body)
            assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert send(client, path, {"X-Fake-Kind": "no such kind"}).status_code == 400
    assert calendar_row(world) == before


UNREAD: tuple[Any, ...] = (
    None,
    "text",
    [1],
    [Notice(NoticeKind.CHANGED, cast(Any, 5), "s")],
    [Notice(NoticeKind.CHANGED, "r", "s", 2**63)],
    [Notice(NoticeKind.CHANGED, "r", "s", -1)],
    [Notice(NoticeKind.CHANGED, "r" * 5000, "s")],
    [Notice(cast(Any, "changed"), "r", "s")],
    [Notice(NoticeKind.CHANGED, "r", "s")] * 1001,
    Echo(cast(Any, b"token")),
)


def test_what_a_plugin_hands_on_as_it_came_is_refused_and_half_a_sign_is_a_wrong_secret(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, client, path, _ = pushed
    for answer in UNREAD:
        monkeypatch.setattr(world.hub.registry, "ask", lambda *given, answer=answer, **more: answer)
        assert send(client, path).status_code == 400, answer
    found = [Notice(NoticeKind.CHANGED, "\ud800", "\ud800")]
    monkeypatch.setattr(world.hub.registry, "ask", lambda *given, **more: found)
    assert send(client, path).status_code == 202


def test_a_provider_that_asks_whether_the_address_is_ours_gets_its_text_as_plain_text(pushed: Pushed) -> None:
    _, client, path, _ = pushed
    text = "<script>alert(1)</script> a+b"
    answer = send(client, path, query_string={"token": text}, data=b"x", content_type="text/plain")
    assert (answer.status_code, answer.text, answer.content_type) == (200, text, "text/plain; charset=utf-8")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_is_echoed_at_an_address_that_is_not_ours_or_beyond_its_length(pushed: Pushed) -> None:
    _, client, path, headers = pushed
    wrong = f"{path[:-4]}zzzz"
    assert shown(send(client, wrong, query_string={"token": "t"})) == shown(send(client, wrong, headers))
    for text in ("", "a\r\nb", "t" * (LONGEST_ECHO + 1)):
        assert send(client, path, query_string={"token": text}).status_code == 400
    assert send(client, path, query_string={"token": "t" * LONGEST_ECHO}).status_code == 200


def test_a_large_body_is_refused(pushed: Pushed) -> None:
    _, client, path, headers = pushed
    assert send(client, path, headers, data=b"x" * (LARGEST + 1)).status_code == 413


def test_only_a_post_is_answered_and_no_page_of_another_site_may_send_one(pushed: Pushed) -> None:
    world, client, path, headers = pushed
    assert client.get(path, base_url=PUBLIC).status_code == 405
    before = calendar_row(world)
    assert send(client, path, {**headers, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert calendar_row(world) == before


def test_a_burst_is_not_held_up_by_a_rate_and_leaves_no_security_event(pushed: Pushed) -> None:
    world, client, path, headers = pushed
    sent = {send(client, path, headers).status_code for _ in range(100)}
    sent |= {send(client, f"{path[:-4]}zzzz", headers).status_code for _ in range(20)}
    assert sent == {202}
    with world.hub.database.reading() as conn:
        refused = select(SecurityEvent.id).where(SecurityEvent.kind.in_((Kind.TOO_MANY, Kind.BAD_LINK)))
        assert conn.execute(refused).all() == []


def test_while_the_database_is_away_the_provider_is_asked_to_send_again(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost that was answered with 202."""
    world, client, path, headers = pushed
    before = calendar_row(world).announced
    with world.hub.database.engine.connect() as conn:
        kind = conn.dialect.name
    if kind == "sqlite":
        file = world.hub.settings.data_dir / "hub.sqlite"
        world.hub.database.close()
        file.rename(file.with_suffix(".away"))
        file.mkdir()
        assert send(client, path, headers).status_code == 503
        file.rmdir()
        file.with_suffix(".away").rename(file)
    assert send(client, path, headers).status_code == 202
    assert calendar_row(world).announced == before + 1
