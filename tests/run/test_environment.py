from __future__ import annotations

import pytest

from hub.run.environment import clean


@pytest.mark.parametrize(
    "name",
    [
        "https_proxy",
        "HTTP_PROXY",
        "ALL_PROXY",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSLKEYLOGFILE",
        "PYTHON_CALDAV_COMMDUMP",
        "CALDAV_URL",
        "caldav_password",
        "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
        "HOSTALIASES",
        "NETRC",
        "LISTEN_FDS",
        "GUNICORN_CMD_ARGS",
        "OPENAI_BASE_URL",
    ],
)
def test_what_moves_hosts_changes_trust_or_dumps_bodies_is_dropped(name: str) -> None:
    assert clean({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_everything_else_stays_as_it_is() -> None:
    given = {"PATH": "/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HUB_WEB_PORT": "80", "PYTHONPATH": "src"}
    assert clean(given) == given
