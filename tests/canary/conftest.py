"""What a whole run of the hub lets out, as bytes, and the shapes in which a secret could stand in it."""

from __future__ import annotations

import base64
import io
import logging
import secrets
import shutil
import ssl
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from hub.actions.connect import connect
from hub.parts import Hub
from hub.run.demo_business import _calendars, build
from hub.run.demo_calendars import DemoPlace, demo_environment, find_place
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.vault.keycalls import Connected
from tests.mailserver import MailServer, mail_server

MAIL_PASSWORD = f"canary {secrets.token_urlsafe(12)}"
WRONG = f"canary {secrets.token_urlsafe(12)}"
"""What somebody types who mistakes the password: it is a secret elsewhere."""
FIGURES = secrets.token_urlsafe(24)


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


@dataclass(frozen=True)
class Run:
    """A demo business with its calendar server and a mail server beside it."""

    folder: Path
    place: DemoPlace
    mails: MailServer
    environment: dict[str, str]

    @property
    def canaries(self) -> dict[str, str]:
        """What must be nowhere, by what it is."""
        roots = {name: (self.folder / "keys" / name).read_text().split()[-1] for name in ROOTS}
        return {"calendar": self.place.calendar_password, "mail": MAIL_PASSWORD, "wrong": WRONG, **roots}


ROOTS = ("credential.root", "data.root")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canary") / "data"
    build(folder)
    return folder


@pytest.fixture
def run(made: Path, authority: trustme.CA, tmp_path: Path) -> Iterator[Run]:
    folder = shutil.copytree(made, tmp_path / "data")
    place = find_place(load_settings({}, data_dir=folder))
    assert place is not None
    context, ca_file = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(ca_file))
    with _calendars(folder / "demo", place), mail_server(context, tls="starttls", password=MAIL_PASSWORD) as mails:
        known = demo_environment(load_settings({}, data_dir=folder), place)
        allowed = f"{known['HUB_EGRESS_ALLOW']},{mails.origin}"
        environment = {"HUB_DATA_DIR": str(folder), "HUB_EGRESS_ALLOW": allowed, "HUB_EGRESS_CA_FILE": str(ca_file)}
        environment |= {"HUB_METRICS_TOKEN": FIGURES}
        yield Run(folder, place, mails, environment)


def connect_mail(hub: Hub, run: Run, sender: str = "desk@example.com") -> None:
    """Connect the agency's mail server, with its password."""
    answer = {
        "server": "127.0.0.1",
        "port": str(run.mails.port),
        "security": "starttls",
        "username": "hub@agency.test",
        "password": MAIL_PASSWORD,
        "sender": sender,
        "sender_name": "",
    }
    made = connect(hub, AGENCY, "smtp", "send", answer)
    assert isinstance(made, Connected), made
