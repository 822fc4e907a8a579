"""The log: every record of every library as one line on standard error, and of it only what is on a closed list.

Code of the hub writes with `logging` as everybody does; what belongs to a line goes into ``extra``:
``_log.warning("not ready", extra={"part": "queue"})``. Fields for all lines of a block are given with `about`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.stdlib import ExtraAdder, LoggerFactory, ProcessorFormatter
from structlog.types import EventDict, ExcInfo

from hub.core.errors import HubError
from hub.core.redact import one_line, redact

NUMBERS = frozenset({"status", "ms", "count", "attempts", "pid"})
"""Fields that are numbers."""

NAMES = frozenset(
    "process request route method outcome business connection calendar booking holder service user key plugin provider "
    "hook operation purpose effect row task lease part kind code exception place".split()
)
"""Fields that are names of the hub's own or ids: letters, digits and a few signs."""

FIELDS = NUMBERS | NAMES | {"time", "level", "logger", "event", "dropped"}
"""Everything that a line may hold. What else a record brings is dropped, and counted in ``dropped``."""

_NAME = re.compile(r"[\w.:/<>-]{1,100}\Z", re.ASCII)
_OWN = re.compile(r"hub(?:\.|\Z)")
_WORD = re.compile(r"[A-Z]{2,10}[0-9]{0,2}\Z")  # a signal or a method of HTTP
_PLACEHOLDER = re.compile(r"%(?:\([^)]*\))?[#0 +-]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[a-zA-Z]")
_QUIET = ("alembic",)  # it tells each process that there was nothing to do


def set_up_logs(level: str, *, as_json: bool = False, process: str = "", stream: TextIO | None = None) -> None:
    """Let this process log to ``stream`` (standard error), for people or as JSON; ``process`` names it in each line.

    Takes over every logger and what Python itself says of warnings and of errors that nobody caught. Libraries are
    heard from WARNING on, whatever the level and whatever they set themselves: below it they tell what they send.
    """
    handler = _Handler(stream)
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or _OWN.match(record.name) is not None)
    render = _json if as_json else _text
    chain = [_only_listed(process), render]
    options: dict[str, Any] = {"use_get_message": False, "pass_foreign_args": True}
    handler.setLevel(level)
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=[ExtraAdder()], processors=chain, **options))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.getLevelNamesMapping()[level], logging.WARNING))
    logging.getLogger("hub").setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(  # for libraries that use it
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        logger_factory=LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    warnings.showwarning = _warned
    sys.excepthook = _uncaught
    threading.excepthook = lambda thrown: _uncaught(thrown.exc_type, thrown.exc_value, thrown.exc_traceback)
    sys.unraisablehook = lambda thrown: _uncaught(thrown.exc_type, thrown.exc_value, thrown.exc_traceback)


@contextmanager
def about(**fields: str | int) -> Iterator[None]:
    """Add these fields to every line that this thread or task logs in the block."""
    with bound_contextvars(**fields):
        yield


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be made is told by its type: Python's own way prints the arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        kind = sys.exc_info()[0]
        try:
            self.stream.write(f"A line of the log could not be written ({kind.__name__ if kind else 'unknown'}).\n")
        except (OSError, ValueError):  # nobody reads it any more
            return


def _only_listed(process: str) -> Any:
    def keep(_logger: object, _method: str, found: EventDict) -> EventDict:
        """Return the line's fields, in order, and nothing but listed ones."""
        record: logging.LogRecord = found.pop("_record")
        message, arguments = found.pop("event", ""), found.pop("positional_args", ())
        thrown = _thrown(found.pop("exc_info", None))
        if not found.pop("_from_structlog"):
            message = record.msg
        event = _said(message, arguments, own=_OWN.match(record.name) is not None)
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
            "level": record.levelname,
        }
        given = {**({"process": process} if process else {}), **get_contextvars(), **found, **thrown}
        line |= {"logger": _name(record.name), "event": event}
        listed = {name: value for name, value in given.items() if name in NUMBERS or name in NAMES}
        line |= {name: _number(value) if name in NUMBERS else _name(value) for name, value in listed.items()}
        if dropped := len(given) - len(listed):
            line["dropped"] = dropped
        return line

    return keep


def _said(message: object, arguments: object, *, own: bool) -> str:
    """Return what a record says, redacted.

    Of what is filled in, numbers pass; texts only from the hub's own code, which fills in names, ids and sentences
    of its own: a library fills in what it sends and gets. Everything else is told by its type.
    """
    if not isinstance(message, str):
        return _type(message)
    if not arguments:
        return redact(message)
    filled: Any
    if isinstance(arguments, Mapping):
        filled = {name: _argument(value, own=own) for name, value in arguments.items()}
    elif isinstance(arguments, tuple):
        filled = tuple(_argument(value, own=own) for value in arguments)
    else:
        filled = (_argument(arguments, own=own),)
    try:
        return redact(message % filled)
    except (TypeError, ValueError, KeyError, OverflowError):  # a number was asked for, and it is hidden
        return redact(_PLACEHOLDER.sub("…", message))


def _argument(value: object, *, own: bool) -> object:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | PurePath) and (own or _WORD.match(str(value))):
        return str(value)
    return _type(value)


def _number(value: object) -> int | float | str:
    return value if isinstance(value, int | float) else _type(value)


def _name(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, int):
        return str(value)
    return redact(value) if isinstance(value, str) and _NAME.match(value) else _type(value)


def _type(value: object) -> str:
    return f"<{type(value).__name__}>"


def _thrown(info: ExcInfo | bool | BaseException | None) -> dict[str, str]:
    """Return type and place of an exception: the innermost line of the hub or a plugin, else of whatever code."""
    if info is True:
        info = sys.exc_info()  # type: ignore[assignment]
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if error is None:
        return {}
    places = [*_places(error.__traceback__)]
    own = [place for place in places if place.startswith(("hub.", "hub_"))]
    place = (own or places or [""])[-1]
    code = {"code": error.code} if isinstance(error, HubError) else {}
    return {"exception": type(error).__name__, **code, **({"place": place} if place else {})}


def _places(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        yield f"{trace.tb_frame.f_globals.get('__name__', '<unknown>')}:{trace.tb_lineno}"
        trace = trace.tb_next


def _json(_logger: object, _method: str, line: EventDict) -> str:
    return json.dumps(line, ensure_ascii=False)


def _text(_logger: object, _method: str, line: EventDict) -> str:
    fields = " ".join(f"{name}={value}" for name, value in line.items() if name not in _HEAD)
    head = f"{line['time']} {line['level']} {line['logger']}: {line['event']}"
    return one_line(f"{head}  [{fields}]" if fields else head)


_HEAD = ("time", "level", "logger", "event")


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    place = f"{'/'.join(PurePath(filename).parts[-2:])}:{lineno}"
    logging.getLogger("py.warnings").warning("a warning", extra={"kind": category.__name__, "place": place})


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if kind is not None and issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    thrown = error if error is not None else kind()
    logging.getLogger("hub").error("an error that nobody caught", exc_info=(kind, thrown, trace))
