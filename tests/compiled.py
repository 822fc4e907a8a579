"""What applications compile of templates and routes, kept for the next application of the same process."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing.rules import Rule


class Templates(BytecodeCache):
    """The code of templates, by their text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out the code, if this text was compiled before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> Callable[[Rule], None]:
    """Return what compiles a route: once for all routes that read the same."""
    compile_anew = Rule.compile
    made: dict[Any, tuple[dict[str, Any], set[str]]] = {}

    def compile_rule(rule: Rule) -> None:
        assert rule.map is not None
        defaults = tuple((rule.defaults or {}).items())
        key = (rule.rule, rule.subdomain, rule.host, rule.map.host_matching, rule.merge_slashes, defaults)
        if key not in made:
            compile_anew(rule)
            found = {name: getattr(rule, name) for name in ("_parts", "_trace", "_converters")}
            built = {name: getattr(rule, name).__func__ for name in ("_build", "_build_unknown")}
            made[key] = (found | built, set(rule.arguments))
            return
        found, arguments = made[key]
        rule.arguments |= arguments
        for name, value in found.items():
            setattr(rule, name, value.__get__(rule, None) if callable(value) else value.copy())

    return compile_rule
