"""What an outside effect is: how it is brought about, and what a repeat means when nobody knows whether it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hub.core.errors import HubError

if TYPE_CHECKING:
    from hub.parts import Hub


class Repeat(StrEnum):
    """What doing an effect a second time means, after an attempt whose outcome is unknown."""

    SAFE = "safe"  # the provider knows our id: a second time changes nothing
    ASK = "ask"  # the provider can be asked whether it happened
    NEVER = "never"  # it cannot: the row ends as unknown, for a person to look at


class OutcomeUnknown(Exception):
    """An attempt may have happened, and it cannot be found out: the row ends as unknown, for a person to look at."""


@dataclass(frozen=True, slots=True)
class Work:
    """One effect to bring about, as its outbox row says. ``payload`` holds ids; ``attempts`` counts this one too."""

    id: str
    business_id: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A kind of effect.

    ``perform`` is called without a transaction and must end within `hub.jobs.perform.SECONDS`. It may raise

    - `Retry` or `Unavailable`: it did not happen, try again later (a `Retry` that was ``sent``: perhaps it did);
    - any other ProviderError: it will not happen, give up;
    - `OutcomeUnknown`: nobody can tell, and nothing will be tried;
    - anything else: a mistake of ours in the middle of it, so the outcome is unknown.

    ``ask`` answers whether an earlier attempt succeeded; it is called before every repeat and may raise the same.
    ``gave_up`` is told when no attempt will follow; it can be told twice, and an outcome that is unknown is not told.
    """

    name: str
    repeat: Repeat
    perform: Callable[[Hub, Work], None]
    ask: Callable[[Hub, Work], bool] | None = None
    gave_up: Callable[[Hub, Work], None] | None = None

    def __post_init__(self) -> None:
        if (self.repeat is Repeat.ASK) != (self.ask is not None):
            raise HubError(f"Effect {self.name!r}: `ask` is given for {Repeat.ASK}, and only for that.", code="effect")
