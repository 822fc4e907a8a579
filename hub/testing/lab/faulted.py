"""The faults that look alike at every provider, put around a small stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug import Response

from hub.testing.lab.serve import Application, Silence
from hub.testing.lab.switches import Fault, Switches

NOWHERE = "http://127.0.0.1:9/"
"""Where ELSEWHERE leads: the port that discards, on this machine."""

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=post></form></body></html>"


def with_faults(application: Application, switches: Switches) -> Application:
    """Return the application with `COMMON` faults. What is left (`GONE`, `CHANGED`, `LYING` …) it must do itself."""

    def faulted(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        instead = switches.takes(method, path, Fault.BROKEN, Fault.SLOW, *_INSTEAD)
        if instead is Fault.BROKEN:
            raise Silence
        if instead is Fault.SLOW:
            switches.linger()
        elif instead is not None:
            return _INSTEAD[instead](switches)(environ, start)
        after = switches.takes(method, path, *_AFTER) if method in _WRITING else None
        if after is None:
            answer: Iterable[bytes] = application(environ, start)
            return answer
        b"".join(application(environ, lambda *_head: lambda _data: None))
        if after is Fault.WRITE_THEN_SILENCE:
            raise Silence
        return Response(status=500)(environ, start)

    return faulted


def _huge(_switches: Switches) -> Response:
    return Response('{"a": "' + "x" * 10_000_000, mimetype="application/json")


_AFTER = (Fault.WRITE_THEN_SILENCE, Fault.WRITE_THEN_DOWN)
_INSTEAD: Mapping[Fault, Callable[[Switches], Response]] = {
    Fault.UNAUTHORIZED: lambda _switches: Response(status=401),
    Fault.FORBIDDEN: lambda _switches: Response(status=403),
    Fault.TOO_MANY: lambda switches: Response(status=429, headers={"Retry-After": str(switches.after)}),
    Fault.DOWN: lambda _switches: Response(status=503),
    Fault.ELSEWHERE: lambda _switches: Response(status=302, headers={"Location": NOWHERE}),
    Fault.HTML: lambda _switches: Response(_PAGE, mimetype="text/html"),
    Fault.HUGE: _huge,
}
COMMON = frozenset({Fault.BROKEN, Fault.SLOW, *_INSTEAD, *_AFTER})
"""The faults that `with_faults` knows."""
