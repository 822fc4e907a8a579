import gzip
import io
import zlib

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from hub.vault.body import TooLarge, Unreadable, read_body

LIMIT = 100_000


def response(body: bytes, coding: str | None = None) -> urllib3.HTTPResponse:
    headers = {} if coding is None else {"Content-Encoding": coding}
    return urllib3.HTTPResponse(io.BytesIO(body), headers=headers, preload_content=False, decode_content=False)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@given(st.binary(max_size=5000))
def test_a_body_comes_back_decoded(body: bytes) -> None:
    assert read_body(response(body), LIMIT) == body
    assert read_body(response(gzip.compress(body), "gzip"), LIMIT) == body
    assert read_body(response(gzip.compress(body) + gzip.compress(body), "GZip "), LIMIT) == body * 2
    assert read_body(response(zlib.compress(body), "deflate"), LIMIT) == body
    assert read_body(response(raw_deflate(body), "deflate"), LIMIT) == body


def test_no_body_is_a_body_in_every_coding() -> None:
    for coding in (None, "identity", "gzip", "deflate"):
        assert read_body(response(b"", coding), LIMIT) == b""


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate, gzip", "x-unheard"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(Unreadable):
        read_body(response(b"anything", coding), LIMIT)


@pytest.mark.parametrize(
    "body",
    [b"no gzip at all", gzip.compress(b"x" * 5000)[:-9], gzip.compress(b"x")[:8]],
    ids=["none", "cut", "cut in the header"],
)
def test_damaged_or_cut_gzip_is_no_answer(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_body(response(body, "gzip"), LIMIT)


def test_a_large_plain_body_is_refused() -> None:
    assert len(read_body(response(b"x" * LIMIT), LIMIT)) == LIMIT
    with pytest.raises(TooLarge):
        read_body(response(b"x" * (LIMIT + 1)), LIMIT)


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    unpacked = 0

    class Counting(urllib3.HTTPResponse):
        def stream(self, amt: int | None = 1024, decode_content: bool | None = None):  # type: ignore[no-untyped-def]
            nonlocal unpacked
            for chunk in super().stream(amt, decode_content):
                unpacked += 1
                yield chunk

    bombed = Counting(io.BytesIO(bomb), headers={"Content-Encoding": "gzip"}, preload_content=False)
    with pytest.raises(TooLarge):
        read_body(bombed, LIMIT)
    assert unpacked == 1  # of about five chunks
