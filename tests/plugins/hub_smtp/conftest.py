"""A hub with its real plugins and a mail server beside it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from hub.actions.businesses import create_business
from hub.app import close_hub, create_hub
from hub.parts import Hub
from hub.settings import load_settings
from tests.mailserver import MailServer, mail_server


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with mail_server(context, tls="starttls") as running:
        yield running


@pytest.fixture
def make_hub(tmp_path: Path, ca_file: Path) -> Iterator[Callable[..., Hub]]:
    """Make hubs whose operator listed these origins; they end with the test."""
    with ExitStack() as stack:

        def make(*origins: str) -> Hub:
            environment = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_EGRESS_CA_FILE": str(ca_file)}
            hub = create_hub(load_settings({**environment, "HUB_EGRESS_ALLOW": ",".join(origins)}))
            stack.callback(close_hub, hub)
            return hub

        yield make


@pytest.fixture
def hub(make_hub: Callable[..., Hub], server: MailServer) -> Hub:
    return make_hub(server.origin)


@pytest.fixture
def business(hub: Hub) -> str:
    return create_business(hub, "Ada's Practice", "Europe/Berlin")
