"""The body of an answer: whole, decoded, and never larger than allowed.

Decoding is ours because an echo of a credential inside a compressed body must be seen, and because the limit counts
what comes out: a few kilobytes can unpack to gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from urllib3 import BaseHTTPResponse

_CHUNK = 65_536
CODINGS = "gzip, deflate"
"""What the hub asks for (Accept-Encoding), and all that it takes."""


class TooLarge(Exception):
    """The decoded body passed the limit."""


class Unreadable(Exception):
    """The coding was not asked for, is stacked, or the coded bytes are damaged."""


def read_body(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the decoded body of a response. Raises TooLarge or Unreadable, and what urllib3 raises."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    decoder = _DECODERS.get(coding)
    if decoder is None:
        raise Unreadable(coding)
    body = bytearray()
    try:
        for part in decoder(response.stream(_CHUNK, decode_content=False)):
            body += part
            if len(body) > limit:
                raise TooLarge
    except zlib.error as error:
        raise Unreadable(coding) from error
    return bytes(body)


def _identity(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks


def _gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return _inflate(chunks, 16 + zlib.MAX_WBITS)


def _deflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decode "deflate", which some servers send with and some without the zlib wrapper (RFC 9110, 8.4.1.2)."""
    first = next(chunks, b"")
    wrapped = len(first) > 1 and first[0] & 15 == 8 and (first[0] << 8 | first[1]) % 31 == 0
    return _inflate(_joined(first, chunks), zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _inflate(chunks: Iterator[bytes], window: int) -> Iterator[bytes]:
    decoder, seen = zlib.decompressobj(window), False
    for chunk in chunks:
        seen = True
        while chunk:
            if decoder.eof:  # a gzip body may have several members (RFC 1952, 2.2)
                decoder = zlib.decompressobj(window)
            yield decoder.decompress(chunk, _CHUNK)
            chunk = decoder.unconsumed_tail or decoder.unused_data
    if seen and not decoder.eof:
        raise Unreadable("cut")


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
}
