"""Looking under a grant: only the named object, only in time, only who asked; written down first, and told."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hub.actions.access_decide import approve_access, refuse_access
from hub.actions.access_view import view_object
from hub.core.access import Named
from hub.core.errors import StateError, Unavailable, UnknownId
from hub.core.ledger import EntryKind
from hub.core.security import Visit
from hub.store.guard import Across
from tests.accounts import join
from tests.actions.looking import Scene, scene, stuck_mail
from tests.actions.test_calendars import account
from tests.post import settle, text, with_post
from tests.tables import nothing_changed
from tests.world import HOUR, World


def granted(here: Scene, reason: str = "support", **rules: object) -> str:
    grant = here.ask(reason, **rules)  # type: ignore[arg-type]
    visit = here.staff if reason == "support" else here.by(here.ada)
    approve_access(here.world.hub, visit, here.world.business, grant)
    return grant


def look(here: Scene, grant: str, wanted: Named | None = None, visit: Visit | None = None) -> dict[str, str]:
    where = here.world.hub, visit or here.by(here.ben), here.world.business, grant
    return dict(view_object(*where, wanted or here.object).facts)


@pytest.mark.parametrize("reason", ["support", "security", "legal"])
def test_the_named_object_is_shown_written_down_and_told(world: World, reason: str) -> None:
    post, here = with_post(world), scene(world)
    grant = granted(here, reason)
    shown = look(here, grant)
    assert shown["Account"] == "grace@gmail.com"
    assert {shown["Calendar 1"], shown["Calendar 2"]} == {"Choir", "grace@gmail.com"}
    (entry,) = here.entries(EntryKind.ACCESS_VIEWED)
    assert (entry.user_id, entry.holder_id, entry.connection_id) == (here.ben, here.grace, here.connection)
    assert "gmail" not in repr(entry)
    settle(world)
    mail = post.to("grace@example.com")[-1]
    assert "Ben Barnes looked at" in str(mail["Subject"])
    assert reason in text(mail) or "law" in text(mail)
    assert "gmail" not in text(mail)


def test_other_objects_other_people_and_other_times_are_refused(world: World, strangers: dict[str, str]) -> None:
    here = scene(world)
    other = Named(here.object.kind, account(world, "x@gmail.com", owner=here.grace))
    asked, grant = here.ask(), granted(here)
    refused = here.ask()
    refuse_access(world.hub, here.staff, world.business, refused)
    agnes = join(world.hub, "agnes@example.com", "agent", name="Agnes")
    for code, given in (
        ("not_approved", {"grant": asked}),
        ("not_approved", {"grant": refused}),
        ("not_named", {"wanted": other}),
        ("not_yours", {"visit": here.by(agnes)}),
        ("not_yours", {"visit": here.by(here.ada)}),
        ("not_allowed", {"visit": Visit("key", "k" * 26)}),
        ("not_allowed", {"visit": here.staff}),
    ):
        with nothing_changed(world.hub, but=("security_event",)), pytest.raises(StateError) as caught:
            look(here, **{"grant": grant, **given})  # type: ignore[arg-type]
        assert caught.value.code == code
    with nothing_changed(world.hub), pytest.raises(UnknownId):
        view_object(world.hub, here.by(here.ben), strangers["ben"], grant, here.object)
    world.clock.now += HOUR
    with pytest.raises(StateError) as caught:
        look(here, grant)
    assert caught.value.code == "expired"
    assert here.entries(EntryKind.ACCESS_VIEWED) == []


def test_two_looks_in_a_minute_are_one_entry_and_the_next_minute_is_another(world: World) -> None:
    here = scene(world)
    grant = granted(here)
    for _ in range(3):
        look(here, grant)
    assert len(here.entries(EntryKind.ACCESS_VIEWED)) == 1
    world.clock.now += 60
    look(here, grant)
    assert len(here.entries(EntryKind.ACCESS_VIEWED)) == 2


def test_what_cannot_be_written_down_is_not_shown(world: World) -> None:
    here = scene(world)
    grant = granted(here)
    engine = world.hub.database.engine
    table = "ledger_content"

    def broken(conn: sa.Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise sa.exc.OperationalError("the disk is full", None, Exception("full"))

    sa.event.listen(engine, "before_cursor_execute", broken)
    try:
        with nothing_changed(world.hub), pytest.raises((Unavailable, sa.exc.OperationalError)):
            look(here, grant)
    finally:
        sa.event.remove(engine, "before_cursor_execute", broken)
    assert look(here, grant)["Account"] == "grace@gmail.com"


def test_a_mail_that_was_sent_meanwhile_is_not_there_any_more(world: World) -> None:
    post, here = with_post(world), scene(world)
    mail = stuck_mail(world, post)
    grant = here.ask("legal", mail)
    approve_access(world.hub, here.by(here.ada), world.business, grant)
    revealed = view_object(world.hub, here.by(here.ben), world.business, grant, mail)
    assert "Ada" in revealed.text
    assert "Ada" not in repr(revealed)
    settle(world)
    assert "read a mail about you" in str(post.to("ada@example.com")[-1]["Subject"])
    from hub.store.mail import change_mail

    with world.hub.database.writing() as conn:
        change_mail(conn, world.business, mail.id, message=None)
    with pytest.raises(StateError, match="not kept any more"):
        view_object(world.hub, here.by(here.ben), world.business, grant, mail)


def test_nothing_in_the_database_says_what_was_seen(world: World) -> None:
    here = scene(world)
    look(here, granted(here))
    with world.hub.database.reading() as conn:
        for name in ("access_grant", "access_object", "access_view", "ledger_content", "security_event"):
            table = sa.table(name)
            rows = conn.execute(sa.select(sa.text("*")).select_from(table).execution_options(across=Across.OPERATOR))
            assert "gmail" not in repr(rows.all())
