"""Budgets of calls: never one too many in any span, over processes; polls wait first, and nobody for another's sake."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from hub.core.budget import room_of
from hub.core.errors import Retry
from hub.core.provider import Budget
from hub.core.purpose import Purpose
from hub.jobs.periodic import forget_old_calls
from hub.store.budget import KEPT, SLOT, CallCount, CallPause
from hub.store.guard import Across
from hub.store.key_use import KeyUse
from hub.vault.border import Answer, Failure, Handle, Outcome, Request
from hub.vault.budgets import WAIT, Budgets, OverBudget
from hub.vault.keycalls import Connected
from tests.vault.conftest import NOW, Reply, Server, Vault


def allow(vault: Vault, account: Budget | None = None, together: Budget | None = None) -> None:
    vault.plugins._provider = replace(vault.plugins.provider("dav"), account_budget=account, budget=together)


def process(vault: Vault) -> Budgets:
    """Return what one broker process counts with."""
    return Budgets(vault.plugins.provider, vault.database, vault.clock)


def passes(vault: Vault, budgets: Budgets, connection: str, hook: str = "hub_changes", business: str = "") -> bool:
    handle = Handle(business or vault.business, connection, 1, Purpose.CHECK_AVAILABILITY, hook)
    try:
        with vault.database.writing() as conn:
            budgets.admit(conn, handle, "dav")
    except OverBudget:
        return False
    return True


def test_in_no_span_are_there_more_calls_than_the_budget_over_two_processes(vault: Vault, server: Server) -> None:
    budget = Budget(12, 60)
    allow(vault, account=budget)
    connection, processes = vault.connect(server.origin), (process(vault), process(vault))
    pick, let = random.Random(7), Counter[int]()
    for _ in range(150):
        vault.now += pick.choice((0, 0, 1, 3, 9))
        let[vault.now] += passes(vault, pick.choice(processes), connection, "hub_free_busy")
    assert sum(let.values()) > 30
    for start in list(let):
        assert sum(many for at, many in let.items() if start <= at < start + budget.seconds) <= budget.calls


def test_a_poll_waits_while_a_live_check_finds_room(vault: Vault, server: Server) -> None:
    budget = Budget(20, 60)
    allow(vault, account=budget)
    connection, budgets = vault.connect(server.origin), process(vault)
    polls = [passes(vault, budgets, connection) for _ in range(30)]
    assert sum(polls) == room_of(budget, "hub_changes") == 16
    assert [passes(vault, budgets, connection, "hub_free_busy") for _ in range(5)] == [True] * 4 + [False]
    vault.now += budget.seconds + SLOT
    assert passes(vault, budgets, connection)


def test_one_business_cannot_use_up_what_all_have_together(vault: Vault, server: Server) -> None:
    """A104. Also not from several processes, and what it leaves is not refused to it before half of all is used."""
    allow(vault, together=Budget(50, 60))
    mine = vault.connect(server.origin)
    theirs = vault.broker.connect(vault.other, "dav", "full", {})
    assert isinstance(theirs, Connected)
    greedy = process(vault), process(vault)
    assert sum(passes(vault, greedy[n % 2], mine) for n in range(60)) == 20  # half of 40
    got = sum(passes(vault, process(vault), theirs.connection, business=vault.other) for _ in range(60))
    assert got == 20
    assert passes(vault, process(vault), theirs.connection, "hub_free_busy", business=vault.other)


def test_whoever_is_alone_may_use_all_of_it(vault: Vault, server: Server) -> None:
    allow(vault, together=Budget(50, 60))
    connection, budgets = vault.connect(server.origin), process(vault)
    assert sum(passes(vault, budgets, connection) for _ in range(60)) == 40
    assert sum(passes(vault, budgets, connection, "hub_create_event") for _ in range(60)) == 10


def get(vault: Vault, connection: str, url: str, hook: str = "hub_changes") -> Any:
    handle = Handle(vault.business, connection, 1, Purpose.CHECK_AVAILABILITY, hook)
    return vault.broker.send(handle, Request("GET", url))


def test_what_waits_reaches_nobody_and_uses_no_key(vault: Vault, server: Server) -> None:
    allow(vault, account=Budget(5, 60))
    connection = vault.connect(server.origin)
    answers = [get(vault, connection, f"{server.origin}/a") for _ in range(6)]
    assert [isinstance(one, Answer) for one in answers] == [True] * 4 + [False] * 2
    assert answers[-1] == Failure(Outcome.REFUSED, "quota", after=WAIT)
    with vault.database.reading() as conn:
        uses = conn.execute(select(KeyUse.uses).where(KeyUse.business_id == vault.business)).scalars()
        assert (sum(uses), len(server.seen)) == (4, 4)


def test_a_hook_whose_call_waits_is_told_to_come_again(vault: Vault, server: Server) -> None:
    allow(vault, account=Budget(1, 60))
    opened = vault.open(vault.connect(server.origin))
    opened.account.http.get(f"{server.origin}/a")
    with pytest.raises(Retry) as told:
        opened.call(lambda account: account.http.get(f"{server.origin}/a"))
    assert (told.value.code, told.value.after, told.value.sent) == ("quota", WAIT, False)


def test_an_account_rests_for_as_long_as_its_provider_asks_and_no_other_does(vault: Vault, server: Server) -> None:
    """Without any declared budget, in every process, and whatever is waited for: the provider would refuse it too."""
    connection, other = vault.connect(server.origin), vault.connect(server.origin)
    server.answer = lambda seen: Reply(429, [("Retry-After", "90")])
    assert get(vault, connection, f"{server.origin}/a").status == 429
    server.answer = lambda seen: Reply()
    vault.now += 30
    assert get(vault, connection, f"{server.origin}/a", "hub_free_busy") == Failure(Outcome.REFUSED, "quota", after=60)
    assert not passes(vault, process(vault), connection)
    assert len(server.seen) == 1
    assert get(vault, other, f"{server.origin}/a").status == 200
    vault.now += 60
    assert get(vault, connection, f"{server.origin}/a").status == 200


def test_without_the_header_or_with_nonsense_nothing_rests(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    for headers in ([], [("Retry-After", "soon")]):
        server.answer = lambda seen, headers=headers: Reply(429, headers)  # type: ignore[misc]
        assert get(vault, connection, f"{server.origin}/a").status == 429
    server.answer = lambda seen: Reply(429, [("Retry-After", "99999999")])
    get(vault, connection, f"{server.origin}/a")
    with vault.database.reading() as conn:
        until = conn.execute(select(CallPause.until).where(CallPause.business_id == vault.business)).scalar_one()
    assert until == NOW + 3600


def test_a_provider_without_budgets_is_not_counted_and_old_counts_are_forgotten(vault: Vault, server: Server) -> None:
    connection, budgets = vault.connect(server.origin), process(vault)
    assert passes(vault, budgets, connection)
    assert counts(vault) == 0
    allow(vault, account=Budget(5, 60))
    assert passes(vault, budgets, connection)
    assert counts(vault) == 1
    vault.now += KEPT + SLOT
    forget_old_calls(vault)  # type: ignore[arg-type]  # it has what this needs
    assert counts(vault) == 0


def counts(vault: Vault) -> int:
    with vault.database.reading() as conn:
        return len(conn.execute(select(CallCount.slot).execution_options(across=Across.OPERATOR)).all())
