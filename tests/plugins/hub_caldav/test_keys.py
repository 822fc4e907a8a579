"""Connecting: an account is found, tried and only then granted; the password goes nowhere unasked."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import requests

from hub.plugin import AuthScheme, Form, Grant, Setup, find_digest_challenge
from hub.testing.faulty import Fault, faulty
from hub.testing.servers import Server, free_port
from hub_caldav import keys
from hub_caldav.signin import related
from tests.plugins.hub_caldav.scripted import ADDRESS, CALENDAR, HOME, PRINCIPAL, Script, scripted

PASSWORD = "correct horse"


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as script:
        yield script


@pytest.fixture
def fill(http: requests.Session) -> Callable[..., Form | Grant]:
    """Fill in the connect form."""

    def fill(url: str, username: str = "ada", password: str = PASSWORD, **more: str) -> Form | Grant:
        answer = {"url": url, "username": username, "password": password, **more}
        return keys.hub_connect(Setup("calendar", {}, http), answer)

    return fill


def problem(answer: Form | Grant) -> str:
    assert isinstance(answer, Form)
    assert PASSWORD not in answer.problem
    return answer.problem


def grant(answer: Form | Grant) -> Grant:
    assert isinstance(answer, Grant), answer
    return answer


def an_account(script: Script, start: str = "/.well-known/caldav") -> None:
    script.say(start, PRINCIPAL.format("/principals/ada/"))
    script.say("/principals/ada/", HOME.format("/calendars/ada/"), ADDRESS)
    script.say("/calendars/ada/")


def test_it_begins_with_a_form(http: requests.Session) -> None:
    form = keys.hub_connect(Setup("calendar", {}, http), None)
    assert isinstance(form, Form)
    assert [field.name for field in form.fields if field.secret] == ["password"]


def test_an_unfinished_form_is_asked_again(fill: Callable[..., Form | Grant]) -> None:
    assert "needed" in problem(fill("http://127.0.0.1/", password=""))


def test_a_real_server_is_found_and_tried(server: Server, fill: Callable[..., Form | Grant]) -> None:
    given = grant(fill(server.url, server.username, server.password))
    assert given.scheme is AuthScheme.BASIC
    assert given.origins == (server.origin,)
    assert given.settings["home"] == server.home
    assert server.password not in str(dict(given.settings)) + given.account_name + repr(given)


def test_a_wrong_password_is_said_and_nothing_granted(server: Server, fill: Callable[..., Form | Grant]) -> None:
    assert "does not accept" in problem(fill(server.url, server.username, "wrong"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_well_known_address_may_lead_on(script: Script, fill: Callable[..., Form | Grant], status: int) -> None:
    an_account(script, "/dav/")
    script.redirect("/.well-known/caldav", "/dav/", status)
    given = grant(fill(script.url()))
    assert given.settings["home"] == script.url(path="/calendars/ada/")
    assert given.settings["addresses"] == "ada@example.com"


def test_the_well_known_address_may_be_the_server_itself(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    assert grant(fill(script.url())).settings["principal"] == script.url(path="/principals/ada/")


def test_a_page_at_the_well_known_address_does_not_end_the_search(
    script: Script, fill: Callable[..., Form | Grant]
) -> None:
    an_account(script, "/")
    script.answers["/.well-known/caldav"] = (200, {"Content-Type": "text/html"}, "<html>Welcome</html>")
    assert grant(fill(script.url())).settings["home"] == script.url(path="/calendars/ada/")


def test_a_typed_path_is_tried_first(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script, "/remote.php/dav/")
    assert grant(fill(script.url(path="/remote.php/dav/")))
    assert script.seen[0][1] == "/remote.php/dav/"


def test_a_path_typed_without_its_last_slash_is_tried_with_it(
    script: Script, fill: Callable[..., Form | Grant]
) -> None:
    an_account(script, "/radicale/")
    assert isinstance(fill(script.url(path="/radicale")), Grant)


def test_the_address_of_one_calendar_is_enough(script: Script, fill: Callable[..., Form | Grant]) -> None:
    script.say("/only/", CALENDAR)
    assert grant(fill(script.url(path="/only/"))).settings["home"] == script.url(path="/only/")


def test_several_homes_are_all_kept(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    script.say("/principals/ada/", HOME.format("/calendars/ada/</D:href><D:href>/shared/"))
    script.say("/shared/")
    homes = grant(fill(script.url())).settings["home"].split()
    assert homes == [script.url(path="/calendars/ada/"), script.url(path="/shared/")]


@pytest.mark.parametrize(
    ("status", "headers", "body", "word"),
    [
        (200, {"Content-Type": "text/html"}, "<html></html>", "a web page"),
        (207, {}, '<!DOCTYPE html><html xmlns="DAV:"/>', "a web page"),
        (404, {}, "", "404"),
        (207, {}, "not xml", "not XML"),
    ],
)
def test_where_there_is_no_caldav_the_sentence_says_what_there_is(
    script: Script, fill: Callable[..., Form | Grant], status: int, headers: dict[str, str], body: str, word: str
) -> None:
    for path in ("/", "/.well-known/caldav"):
        script.answers[path] = (status, headers, body)
    said = problem(fill(script.url()))
    assert "no CalDAV" in said
    assert word in said


def test_going_round_in_circles_ends(script: Script, fill: Callable[..., Form | Grant]) -> None:
    script.redirect("/.well-known/caldav", "/there")
    script.redirect("/there", "/.well-known/caldav")
    assert "circles" in problem(fill(script.url()))


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/", "file:///etc/passwd"])
def test_a_redirect_to_another_kind_of_address_is_refused(
    script: Script, fill: Callable[..., Form | Grant], target: str
) -> None:
    script.redirect("/.well-known/caldav", target)
    assert "without encryption" in problem(fill(script.url()))


def test_a_server_that_cannot_be_reached_is_said(fill: Callable[..., Form | Grant]) -> None:
    assert "cannot be reached" in problem(fill(f"http://127.0.0.1:{free_port()}/"))


def test_a_line_that_the_server_dropped_is_taken_up_once_more(
    server: Server, fill: Callable[..., Form | Grant]
) -> None:
    with faulty(server.origin) as front:
        front.break_with(Fault.DOWN, times=1)
        assert isinstance(fill(front.url), Grant)
        front.break_with(Fault.DOWN)
        assert "cannot be reached" in problem(fill(front.url))


def test_https_to_a_server_without_tls_is_said(server: Server, fill: Callable[..., Form | Grant]) -> None:
    assert "does not speak TLS" in problem(fill(server.url.replace("http://", "https://")))


@pytest.mark.parametrize("typed", ["", "ftp://x.example/", "https://ada:pw@x.example/", "https://", "https://x/?a=b"])
def test_what_is_no_address_is_said(fill: Callable[..., Form | Grant], typed: str) -> None:
    assert problem(fill(typed))


def test_the_password_is_sent_only_when_asked_for(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    grant(fill(script.url()))
    assert {authorization for _host, _path, authorization in script.seen} == {""}


def test_another_host_gets_the_password_only_after_the_owner_agreed(
    script: Script, fill: Callable[..., Form | Grant]
) -> None:
    an_account(script, "/dav/")
    script.challenge = 'Basic realm="x"'
    script.redirect("/.well-known/caldav", script.url("localhost", "/dav/"))
    form = fill(script.url())
    assert "another host, localhost" in problem(form)
    assert isinstance(form, Form)
    assert form.fields[-1].name == "other_host"
    assert all(not authorization for _host, _path, authorization in script.seen)
    given = grant(fill(script.url(), other_host="localhost"))
    assert given.origins == (script.url("localhost").rstrip("/"),)
    assert all(host.startswith("localhost") for host, _path, authorization in script.seen if authorization)


def test_names_and_passwords_are_sent_as_utf_8(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    script.challenge = 'Basic realm="x", charset="UTF-8"'
    grant(fill(script.url(), "zoë", "pässword"))
    sent = next(authorization for _host, _path, authorization in script.seen if authorization)
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "zoë:pässword"


def test_a_digest_server_is_signed_in_to_by_digest(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    script.challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, opaque="o"'

    def accept(sent: str) -> bool:
        cnonce = sent.partition('cnonce="')[2].partition('"')[0]
        path = sent.partition('uri="')[2].partition('"')[0]
        challenge = find_digest_challenge([script.challenge])
        return challenge is not None and sent == challenge.authorization("PROPFIND", path, "ada", PASSWORD, cnonce)

    script.accept = accept
    assert grant(fill(script.url())).scheme is AuthScheme.DIGEST


def test_another_way_to_sign_in_is_said(script: Script, fill: Callable[..., Form | Grant]) -> None:
    an_account(script)
    script.challenge = 'Bearer realm="x"'
    assert "app password" in problem(fill(script.url()))
    assert all(not authorization for _host, _path, authorization in script.seen)


@pytest.mark.parametrize(
    ("typed", "other", "expected"),
    [
        ("caldav.icloud.com", "p07-caldav.icloud.com", True),
        ("icloud.com", "p07-caldav.icloud.com", True),
        ("dav.example.co.uk", "cal.example.co.uk", True),
        ("example.com", "caldav.example.com", True),
        ("example.com", "evil.com", False),
        ("example.co.uk", "evil.co.uk", False),
        ("example.com", "notexample.com", False),
        ("caldav.icloud.com", "icloud.com.evil.test", False),
        ("10.0.0.1", "11.0.0.1", False),
        ("localhost", "127.0.0.1", False),
    ],
)
def test_hosts_of_one_domain_belong_together(typed: str, other: str, expected: bool) -> None:
    assert related(typed, other) is expected


def test_the_keys_module_needs_no_calendar_library() -> None:
    blocked = "caldav", "lxml", "icalendar", "recurring_ical_events"
    code = (
        f"import hub.plugin, sys; [sys.modules.pop(m) for m in list(sys.modules) if m.split('.')[0] in {blocked}]; "
        f"sys.modules.update(dict.fromkeys({blocked})); import hub_caldav.keys, hub_caldav.plugin"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
