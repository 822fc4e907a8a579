import base64
import json
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from hub.core.provider import AuthScheme, Grant
from hub.vault.border import Answer, Failure, Outcome
from hub.vault.scrub import MARK, Scrubber

PASSWORD = 'pass "word" & <more>/+'
PAIR = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
TOKEN = "ya29.a/b+c=secret"


def basic(password: str = PASSWORD) -> Scrubber:
    return Scrubber(Grant(AuthScheme.BASIC, {"username": "ada", "password": password}, (), "ada"))


BEARER = Scrubber(Grant(AuthScheme.BEARER, {"access_token": TOKEN, "refresh_token": "1//refresh"}, (), "ada"))


def answer(body: str = "", status: int = 200, reason: str = "OK", **headers: str) -> Answer:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, reason, 11, pairs, body.encode())


@pytest.mark.parametrize("write", [str, lambda t: quote(t, safe=""), lambda t: json.dumps(t)[1:-1], escape])
@pytest.mark.parametrize("token", [TOKEN, "1//refresh"])
def test_a_token_goes_wherever_it_appears(token: str, write: object) -> None:
    text = write(token)  # type: ignore[operator]
    clean = BEARER.clean(answer(f"a {text} b", 200, f"OK {text}", Location=f"/x?t={text}", ETag=text))
    assert isinstance(clean, Answer)
    assert clean.body == f"a {MARK} b".encode()
    assert clean.headers == (("Location", f"/x?t={MARK}"), ("ETag", MARK))
    assert clean.reason == f"OK {MARK}"


def test_the_basic_pair_goes_wherever_it_appears() -> None:
    clean = basic().clean(answer(f"you sent Basic {PAIR}", X_Echo=f"Basic {PAIR}"))
    assert isinstance(clean, Answer)
    assert PAIR.rstrip("=").encode() not in clean.body
    assert clean.headers == (("X-Echo", f"Basic {MARK}"),)


@pytest.mark.parametrize("write", [str, lambda t: quote(t, safe=""), lambda t: json.dumps(t)[1:-1], escape])
def test_a_password_is_taken_out_of_errors_and_refused_in_data(write: object) -> None:
    text = f"wrong: {write(PASSWORD)}"  # type: ignore[operator]
    clean = basic().clean(answer(text, 403, "No", X_Why=text))
    assert isinstance(clean, Answer)
    assert clean.body == f"wrong: {MARK}".encode()
    assert clean.headers == (("X-Why", f"wrong: {MARK}"),)
    assert basic().clean(answer(text, 207)) == Failure(Outcome.REFUSED, "echo", sent=True)


def test_data_is_never_edited_for_a_password_that_is_a_word() -> None:
    scrubber = basic("Zahnarzt")
    assert isinstance(scrubber.clean(answer("SUMMARY:Zahnarzt Termin", 200)), Failure)


def test_a_short_password_does_not_spoil_ordinary_data() -> None:
    ordinary = answer("SUMMARY:test", 200, Content_Type="text/calendar")
    assert basic("test").clean(ordinary) is ordinary


def test_structural_headers_stay_whole() -> None:
    clean = basic("calendar").clean(answer("", 404, Content_Type="text/calendar", X="calendar"))
    assert isinstance(clean, Answer)
    assert clean.headers == (("Content-Type", "text/calendar"), ("X", MARK))


def test_a_clean_answer_is_the_same_answer() -> None:
    ordinary = answer("BEGIN:VCALENDAR", 200, ETag='"1"')
    assert basic().clean(ordinary) is ordinary
    assert BEARER.clean(ordinary) is ordinary
