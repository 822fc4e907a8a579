"""Which plugins are on, off or broken, and why; asks one, tells all.

A registry is made anew for each hub and each test. A plugin that fails to import, register or declare is `broken` with
a reason, and the hub runs without it. No other code calls a hook.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from hub import hookspecs
from hub.core.errors import PluginBroken
from hub.core.provider import Provider

GROUP = "hub.plugins"
_LONGEST_REASON = 400
_log = logging.getLogger("hub.registry")


class Status(StrEnum):
    """Whether a plugin takes part."""

    ON = "on"
    OFF = "off"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Record:
    """One plugin that was found: its name, where it came from, whether it takes part, and why not."""

    name: str
    source: str
    status: Status
    reason: str = ""
    provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin before it is loaded. ``load`` imports its module and may fail in any way."""

    name: str
    source: str
    load: Callable[[], ModuleType]


class Registry:
    """The plugins of one hub."""

    def __init__(self, found: Iterable[Candidate], *, off: Iterable[str] = (), trace: bool = False) -> None:
        self._plugins = _manager(hookspecs.KEYS, keep=False)
        self._keys: dict[str, pluggy.PluginManager] = {}
        self._records: dict[str, Record] = {}
        self._modules: dict[str, ModuleType] = {}
        self._callers: dict[tuple[str, str], pluggy.HookCaller] = {}
        if trace:
            _trace(self._plugins)
        off = frozenset(off)
        for plugin in found:
            name = plugin.name if plugin.name not in self._records else f"{plugin.name} ({plugin.source})"
            self._records[name] = self._admit(name, plugin, off)

    @property
    def records(self) -> tuple[Record, ...]:
        """All plugins that were found, by name."""
        return tuple(self._records[name] for name in sorted(self._records))

    def provider(self, name: str) -> Provider:
        """Return what the plugin of that provider declared, or raise PluginBroken with the reason."""
        return self._owner(name)[1]

    def offers(self, provider: str, hook: str) -> bool:
        """Tell whether the plugin of that provider implements an addressed hook."""
        module, _ = self._owner(provider)
        return any(impl.plugin is module for impl in getattr(self._plugins.hook, hook).get_hookimpls())

    def hooks(self, plugin: str) -> tuple[str, ...]:
        """Return the names of the hooks that a plugin which is on implements, its key hooks aside; none for another."""
        module = self._modules.get(plugin)
        callers = self._plugins.get_hookcallers(module) if module is not None else None
        return tuple(sorted(caller.name for caller in callers or ()))

    def ask(self, provider: str, hook: str, **arguments: Any) -> Any:
        """Call an addressed hook of the one plugin that owns the provider, and return its answer.

        Raises PluginBroken when the plugin is off or broken or lacks the hook; what the plugin raises goes through.
        """
        if not self.offers(provider, hook):
            raise PluginBroken(f"The plugin of {provider!r} does not implement {hook}, so this cannot be done with it.")
        module, _ = self._owner(provider)
        caller = self._callers.get((provider, hook))
        if caller is None:
            caller = self._callers[provider, hook] = _only(self._plugins, hook, module)
        return _answer(caller(**arguments))

    def tell(self, hook: str, **facts: Any) -> None:
        """Tell a fact to every plugin that listens; one that raises is logged and the next still hears it."""
        for impl in reversed(getattr(self._plugins.hook, hook).get_hookimpls()):
            try:
                _only(self._plugins, hook, impl.plugin)(**facts)
            except Exception as error:  # a listener's fault is its own
                _log.warning("plugin %s failed in %s: %s", impl.plugin_name, hook, type(error).__name__)

    def keys(self, provider: str) -> Any:
        """Return the key hooks of a provider, as an object with one method a hook. For the broker alone.

        The plugin's `keys` module is imported here and nowhere else. Raises PluginBroken.
        """
        module, _ = self._owner(provider)
        if provider not in self._keys:
            package = module.__name__.removesuffix(".plugin")
            reason = ""
            try:
                manager = _manager(hookspecs.KEYS, keep=True)
                manager.register(import_module(f"{package}.keys"), provider)
                manager.check_pending()
                _refuse_wrappers(manager, *manager.get_plugins())
                self._keys[provider] = manager
            except Exception as error:
                reason = _reason(error)
            if reason:
                raise PluginBroken(f"The keys module of {provider!r} cannot be used: {reason}.")
        return _Keys(self._keys[provider].hook)

    def _owner(self, provider: str) -> tuple[ModuleType, Provider]:
        for name, record in self._records.items():
            if record.provider is not None and record.provider.name == provider:
                return self._modules[name], record.provider
        record_or_none = self._records.get(provider)
        why = f" It is {record_or_none.status}: {record_or_none.reason}." if record_or_none else ""
        raise PluginBroken(f"There is no working plugin for the provider {provider!r}.{why} See: hub plugins.")

    def _admit(self, name: str, plugin: Candidate, off: frozenset[str]) -> Record:
        if plugin.name in off:
            return Record(name, plugin.source, Status.OFF, "switched off in the settings (plugins_off)")
        module: ModuleType | None = None
        try:
            module = plugin.load()
            self._plugins.register(module, name)
            self._plugins.check_pending()
            _refuse_wrappers(self._plugins, module)
            provider = self._declared(module)
        except BaseException as error:  # also SystemExit at import: nothing a plugin does stops the hub
            if isinstance(error, KeyboardInterrupt):
                raise
            if module is not None and self._plugins.is_registered(module):
                self._plugins.unregister(module)
            return Record(name, plugin.source, Status.BROKEN, _reason(error))
        self._modules[name] = module
        return Record(name, plugin.source, Status.ON, provider=provider)

    def _declared(self, module: ModuleType) -> Provider | None:
        if not any(impl.plugin is module for impl in self._plugins.hook.hub_provider.get_hookimpls()):
            return None  # a plugin that only listens
        provider = _only(self._plugins, "hub_provider", module)()[0]
        if not isinstance(provider, Provider):
            raise TypeError(f"hub_provider returned {type(provider).__name__}, not a Provider")
        if any(record.provider and record.provider.name == provider.name for record in self._records.values()):
            raise ValueError(f"another plugin declares the provider {provider.name!r} already")
        return provider


class _Keys:
    """The key hooks of one plugin; each returns what the plugin returned."""

    def __init__(self, hooks: pluggy.HookRelay) -> None:
        self._hooks = hooks

    def __getattr__(self, hook: str) -> Callable[..., Any]:
        caller = getattr(self._hooks, hook)
        if not caller.get_hookimpls():
            raise AttributeError(hook)
        return lambda **arguments: _answer(caller(**arguments))


def installed(plugins_dir: Path | None = None) -> list[Candidate]:
    """Return the plugins of all installed distributions, then those of a drop-in folder."""
    found = [
        Candidate(entry.name, f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value, entry.load)
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    ]
    return found + _dropped_in(plugins_dir) if plugins_dir else found


def _dropped_in(folder: Path) -> list[Candidate]:
    if not folder.is_dir():
        return [Candidate(folder.name, str(folder), lambda: _missing(folder))]
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    modules = [path for path in sorted(folder.glob("hub_*")) if path.suffix == ".py" or (path / "plugin.py").is_file()]
    return [
        Candidate(
            path.stem.removeprefix("hub_"),
            str(path),
            lambda name=path.stem if path.suffix else f"{path.stem}.plugin": import_module(name),  # type: ignore[misc]
        )
        for path in modules
    ]


def _missing(folder: Path) -> ModuleType:
    raise FileNotFoundError(f"the folder of drop-in plugins does not exist: {folder}")


def _refuse_wrappers(manager: pluggy.PluginManager, *modules: Any) -> None:
    """Raise TypeError for a hook that wraps those of others: it would see what they are asked, and could answer it."""
    for module in modules:
        for caller in manager.get_hookcallers(module) or ():
            if any(impl.plugin is module and (impl.wrapper or impl.hookwrapper) for impl in caller.get_hookimpls()):
                raise TypeError(f"{caller.name} is a wrapper; a plugin answers hooks and does not wrap those of others")


def _manager(keys: frozenset[str], *, keep: bool) -> pluggy.PluginManager:
    """Return a manager of the key hooks (``keep``) or of all the others: neither is found in the wrong place."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    names = [name for name in vars(hookspecs) if name.startswith("hub_") and (name in keys) == keep]
    manager.add_hookspecs(type("Specs", (), {name: staticmethod(getattr(hookspecs, name)) for name in names}))
    return manager


def _only(manager: pluggy.PluginManager, hook: str, module: ModuleType) -> pluggy.HookCaller:
    return manager.subset_hook_caller(hook, [other for other in manager.get_plugins() if other is not module])


def _answer(answers: list[Any]) -> Any:
    """Return the one answer; pluggy leaves out None."""
    return answers[0] if answers else None


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:_LONGEST_REASON]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _trace(manager: pluggy.PluginManager) -> None:
    running = threading.local()

    def before(hook_name: str, hook_impls: Sequence[pluggy.HookImpl], kwargs: Mapping[str, Any]) -> None:
        running.started = [*getattr(running, "started", []), time.perf_counter()]

    def after(
        outcome: pluggy.Result[Any], hook_name: str, hook_impls: Sequence[pluggy.HookImpl], kwargs: Mapping[str, Any]
    ) -> None:
        elapsed = (time.perf_counter() - running.started.pop()) * 1000
        names = ",".join(impl.plugin_name for impl in hook_impls)
        _log.info("hook %s plugins=%s ms=%.2f", hook_name, names, elapsed)

    manager.add_hookcall_monitoring(before, after)
