"""What a whole run of the hub lets out, as bytes, and the shapes in which a secret could stand in it."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest


@dataclass
class Output:
    """Everything that was let out, by where it came from."""

    found: dict[str, bytes] = field(default_factory=dict)

    def add(self, where: str, content: bytes | str) -> None:
        """Keep something that was let out."""
        self.found[where] = self.found.get(where, b"") + (content.encode() if isinstance(content, str) else content)

    def add_files(self, where: str, folder: Path, *, but: Collection[Path] = ()) -> None:
        """Keep every file below a folder, apart from those named and what lies below them."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(path == one or one in path.parents for one in but):
                self.add(f"{where} {path.relative_to(folder)}", path.read_bytes())

    def holding(self, secret: str) -> list[str]:
        """Return where a secret stands, in any shape."""
        wanted = shapes(secret)
        return [where for where, content in self.found.items() if any(one in content for one in wanted)]


def shapes(secret: str) -> set[bytes]:
    """Return how a secret may be written: as it is, quoted, reversed, in hexadecimal, in Base64 at each place."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), raw[::-1], raw.hex().encode(), raw.hex().upper().encode()}
    for before in range(3):  # the ends of a piece of Base64 depend on what stands beside it
        text = base64.b64encode(b"\0" * before + raw)
        whole = text[-(-before * 8 // 6) : -4]
        found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return found


@pytest.fixture
def every_log() -> Iterator[io.StringIO]:
    """Whatever any library logs at any level, with its arguments and tracebacks and past the hub's own redaction."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)
