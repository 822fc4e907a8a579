"""The environment that the hub's processes get: without what would move hosts, trust others or dump bodies."""

from __future__ import annotations

from collections.abc import Mapping

_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"}
_NAMES = {"HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "NETRC"}
_TRUST = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF"}
_INSECURE = {"OAUTHLIB_INSECURE_TRANSPORT", "AUTHLIB_INSECURE_TRANSPORT", "PYTHONHTTPSVERIFY"}
_DUMPS = {"SSLKEYLOGFILE", "HTTPX_LOG_LEVEL", "PYTHONINSPECT", "PYTHONDEBUG", "PYTHONFAULTHANDLER"}
_SERVERS = {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "GUNICORN_FD", "GUNICORN_PID", "GUNICORN_CMD_ARGS"}

DROPPED = frozenset(_PROXIES | _NAMES | _TRUST | _INSECURE | _DUMPS | _SERVERS)
"""Variables that no process of the hub sees, in capital or small letters."""

DROPPED_PREFIXES = ("CALDAV_", "PYTHON_CALDAV_", "GOOGLE_", "CLOUDSDK_", "MSAL_", "TWILIO_", "OPENAI_")
"""Beginnings of further ones: provider libraries read hosts, accounts and debug switches from them."""


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a copy without the variables above."""
    return {
        name: value
        for name, value in environ.items()
        if name.upper() not in DROPPED and not name.upper().startswith(DROPPED_PREFIXES)
    }
