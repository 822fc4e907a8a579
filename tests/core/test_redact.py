from __future__ import annotations

import secrets
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.redact import LONGEST, one_line, redact

TOKEN = "kZ3-9vQm_T1xYb7Lr0WcHs5NdUe8GjPo2AiFf4KqVtE"
ID = "01m872y5rmt3nckjsh1xy3b6a7"
CANARY = "c4n4ry"


@pytest.mark.parametrize(
    "text",
    [
        f"sent with Bearer {CANARY}-and-more",
        f"AUTHORIZATION: Basic {CANARY}",
        f"{{'Authorization': 'Digest username=\"{CANARY}\", response=\"{CANARY}\"'}}",
        f"Cookie: hub_session={CANARY}; theme=dark; other={CANARY}",
        "basic YWRhOmM0bjRyeQ==",
        f"the key fd_{CANARY} was used",
        f"postgresql://hub:{CANARY}@db.lan/hub",
        f"https://{CANARY}@example.com/",
        f"redis://:pass/word{CANARY}@127.0.0.1:6379/0",
        f"password={CANARY} for ada",
        f'{{"password": "{CANARY} with spaces", "user": "ada"}}',
        f"client_secret => '{CANARY}'",
        f"GET /search?q={CANARY}&page=2 HTTP/1.1",
        f"https://hub.example.com/b/manage/{CANARY}/move",
        f"/staff/{CANARY}",
        f"/reset/{CANARY}",
        f"/invite/{CANARY}",
        f"write to {CANARY}@example.com please",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    assert CANARY not in redact(text)
    assert "YWRh" not in redact(text)
    assert "[" in redact(text)


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        f"/b/manage/{TOKEN}",
        f"/some/new/link/{TOKEN}/page",
        f"error at {TOKEN}, sorry",
        "9f86d081884c7d659a2feaa0c55ad015",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg==",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    ],
)
def test_long_random_strings_are_hidden_wherever_they_stand(secret: str) -> None:
    said = redact(secret)
    assert "[hidden]" in said
    assert max((part for part in secret.replace(",", "/").split("/")), key=len) not in said


def test_of_many_tokens_hardly_one_is_taken_for_words() -> None:
    tokens = [secrets.token_urlsafe(32) for _ in range(5_000)]
    assert sum(token in redact(f"/staff-page/{token}") for token in tokens) <= 1


@pytest.mark.parametrize(
    "text",
    [
        f"effect write_event of row {ID}: KeyError at hub.jobs.perform:95",
        f"job {ID}-12: left to the relay (Unavailable)",
        "The database cannot be used now (OperationalError); nothing was changed. See that it runs.",
        "a_function_with_a_rather_long_name_in_this_module",
        "ConcurrentModificationOfSomethingElseException",
        "basic information, token expired, digest of it",
        "2026-07-30T10:11:12.123456Z",
        "is it? yes",
        "3 + 4 of 2026-07-30",
    ],
)
def test_words_ids_and_times_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("number", ["+49 30 901820", "+1 (415) 555-2671", "+442071838750"])
def test_phone_numbers_are_hidden(number: str) -> None:
    assert redact(f"no answer from {number} today") == "no answer from [number] today"


@pytest.mark.parametrize(
    ("sign", "written"),
    [
        ("\r\n", "\\r\\n"),
        ("\0", "\\x00"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),  # turns the direction of writing
        ("\u2066", "\\u2066"),
        ("\u2028", "\\u2028"),  # a line's end in some readers
        ("\x85", "\\x85"),
        ("\u200b", "\\u200b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),  # an invisible letter
    ],
)
def test_signs_that_could_forge_a_line_are_written_out(sign: str, written: str) -> None:
    assert one_line(f"a{sign}b") == f"a{written}b"
    assert redact(f"a{sign}b") == f"a{written}b"


def test_a_megabyte_is_cut_in_no_time() -> None:
    began = time.perf_counter()
    assert len(redact("word " * 200_000)) == LONGEST
    assert len(redact("x" * 1_000_000)) <= LONGEST
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    "piece",
    ["://", "/?", "a@", "token=", "+1 ", "Aa1", "basic ", "/", "authorization:", "/manage/", "=", '"', "bearer "],
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.perf_counter()
    redact(piece * 5_000)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("before", range(3_950, 4_001, 7))
def test_a_secret_that_is_cut_in_two_shows_no_half(before: int) -> None:
    assert TOKEN[:6] not in redact("x " * (before // 2) + TOKEN)
    assert TOKEN[:6] not in redact(f"token={'y' * 300} " * 13 + "z" * (before - 4_000 + 40) + " " + TOKEN)


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_becomes_one_printable_line(text: str) -> None:
    assert redact(text).isprintable()


@given(st.text(max_size=200), st.sampled_from("/ \n'\",;"), st.text(max_size=200))
def test_whatever_stands_around_it_a_token_is_hidden(before: str, sign: str, after: str) -> None:
    assert TOKEN not in redact(f"{before}{sign}{TOKEN}{sign}{after}")
