from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.run.doctor import examine
from hub.settings import load_settings
from hub.testing.servers import free_port
from tests.run.serving import Wsgi, serving


@pytest.fixture
def environ(tmp_path: Path, ca_file: Path) -> dict[str, str]:
    address = f"https://localhost:{free_port()}"
    own = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_WEB_PORT": "0", "HUB_PROXIES": "1"}
    return {**own, "HUB_PUBLIC_URL": address, "HUB_EGRESS_CA_FILE": str(ca_file)}


@contextmanager
def behind_tls(
    environ: dict[str, str], authority: trustme.CA, proxy: Callable[[Wsgi], Wsgi] = lambda app: app, days: int = 60
) -> Iterator[None]:
    """Serve the hub under its public address, through a proxy that may change what passes."""
    settings, context = load_settings(environ), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=days)).configure_cert(context)
    with serving(settings, int(settings.base_url.rpartition(":")[2]), proxy, context):
        yield


def said(environ: dict[str, str], part: str) -> str:
    return " ".join(f"{one.level}: {one.what} {one.way_out}" for one in examine(environ) if one.part == part)


def test_what_browsers_get_over_tls_is_told_with_its_evidence(environ: dict[str, str], authority: trustme.CA) -> None:
    with behind_tls(environ, authority):
        tls, served = said(environ, "tls"), said(environ, "served")
    day = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%d")
    assert tls.startswith(
        f"ok: {environ['HUB_PUBLIC_URL']} speaks TLSv1.3, with a certificate that is valid until {day}."
    )
    assert "arrive with all 7 headers that protect them; cookie: with all flags." in served


def test_what_a_proxy_takes_away_is_named(environ: dict[str, str], authority: trustme.CA) -> None:
    def careless(app: Wsgi) -> Wsgi:
        def passed(given: Any, start: Callable[..., Any]) -> Any:
            def changed(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                kept = [(name, value.replace("; Secure", "")) for name, value in headers]
                return start(status, [one for one in kept if one[0] != "Strict-Transport-Security"], *more)

            return app(given, changed)

        return passed

    with behind_tls(environ, authority, careless):
        found = said(environ, "served")
    assert "bad: Pages at localhost:" in found
    assert "arrive without Strict-Transport-Security, Secure of the cookie." in found


def test_a_certificate_that_ends_soon_or_is_not_trusted_is_told(environ: dict[str, str], authority: trustme.CA) -> None:
    with behind_tls(environ, authority, days=5):
        assert said(environ, "tls").startswith("warn: ")
        found = said({**environ, "HUB_EGRESS_CA_FILE": ""}, "tls")
    assert found.startswith(f"bad: The certificate of {environ['HUB_PUBLIC_URL']} is not valid: ")


def test_where_nobody_answers_that_is_told_and_nothing_is_said_of_pages(environ: dict[str, str]) -> None:
    found = said(environ, "tls")
    assert "cannot be reached from here (ConnectionRefusedError)" in found
    assert f"curl -sI {environ['HUB_PUBLIC_URL']}" in found
    assert said(environ, "served") == ""
