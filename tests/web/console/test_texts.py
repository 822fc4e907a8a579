"""Texts in the console: new versions instead of changes, wordings tried before they are used, rules of notices."""

from __future__ import annotations

import re
from collections.abc import Callable

from hub.actions.mail_texts import get_text
from hub.actions.notice_rules import list_rules
from hub.actions.texts import current_texts, set_text, text_history
from hub.core.consent import TextPurpose
from hub.core.mail import MailKind
from tests.tables import nothing_changed
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)
OURS = "I agree that you use my details to arrange this."


def was(browser: Browser) -> dict[str, object]:
    found = re.search(r'name="was"[^>]*value="([^"]*)"', browser.page)
    assert found
    return {"was": found[1]}


def test_a_changed_text_is_a_new_version_and_the_old_one_stays(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts"
    assert "Ada&#39;s Practice uses the details" in ada.get(path).text
    ada.get(f"{path}/consent/booking")
    answer = ada.post(f"{path}/consent/booking", {**was(ada), "text": OURS, "language": "en"})
    page = ada.follow(answer).text
    assert OURS in page
    assert "Older texts" in page
    assert len(text_history(world.hub, world.business)) == 3
    assert ada.get(f"{path}/consent/booking").text.count("until now") == 1


def test_two_who_change_one_text_see_both(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts/consent/booking"
    ada.get(path)
    seen = was(ada)
    set_text(world.hub, world.business, TextPurpose.BOOKING, "What Adam wrote meanwhile.")
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**seen, "text": OURS, "language": "en"})
    assert answer.status_code == 422
    assert "What Adam wrote meanwhile." in answer.text
    assert OURS in answer.text
    assert ada.post(path, {**was(ada), "text": OURS, "language": "en"}).status_code == 303


def test_a_text_that_says_nothing_is_refused_beside_its_field(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts/consent/booking"
    ada.get(path)
    for field, typed in (("text", {"text": "short"}), ("language", {"language": "english!"})):
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(path, {**was(ada), "text": OURS, "language": "en", **typed})
        assert answer.status_code == 422
        assert f'id="{field}-fault"' in answer.text


def test_only_what_is_free_may_be_left_out(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts"
    page = ada.get(path).text
    assert "consent/messages/out" in page
    assert "consent/booking/out" not in page
    ada.follow(ada.post(f"{path}/consent/messages/out", was(ada)))
    assert [one.purpose for one in current_texts(world.hub, world.business)] == [TextPurpose.BOOKING]
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(f"{path}/consent/booking/out", {"was": ""}).status_code == 422


def test_a_wording_is_tried_on_invented_values_and_only_then_used(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts/mails/booking_reminder"
    assert "Grace Hopper" in ada.get(path).text
    body = "See you {when}.\r\nChange it: {manage_link}\r\n{{7*7}} ${7*7} {0.__class__} {% if %}"
    with nothing_changed(world.hub, but=SEEN):
        page = ada.post(path, {**was(ada), "subject": "Soon: {service_name}", "body": body, "more": "preview"}).text
    assert "Soon: Check-up" in page
    for literal in ("{{7*7}}", "${7*7}", "{0.__class__}", "{% if %}"):  # once typed, once in the preview
        assert page.count(literal) == 2, literal
    assert (
        "In the business&#39;s own words"
        in ada.follow(ada.post(path, {**was(ada), "subject": "Soon: {service_name}", "body": body})).text
    )
    assert ada.follow(ada.post(f"{path}/reset")).status_code == 200
    assert not get_text(world.hub, world.business, MailKind.BOOKING_REMINDER).own


def test_a_wording_without_what_its_reader_needs_is_refused(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts/mails/booking_confirmed"
    ada.get(path)
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**was(ada), "subject": "Hello", "body": "See you {when}."})
    assert answer.status_code == 422
    assert "{manage_link}" in answer.text
    assert 'id="body-fault"' in answer.text
    for kind in ("invitation", "nonsense"):
        assert ada.get(f"/console/{world.business}/texts/mails/{kind}").status_code in (404, 422)


def test_two_who_change_one_wording_see_both(world: World, signed_in: SignedIn) -> None:
    path = f"/console/{world.business}/texts/mails/booking_cancelled"
    ada, adam = signed_in("owner"), signed_in("admin")
    ada.get(path)
    adam.get(path)
    assert adam.post(path, {**was(adam), "subject": "Adam's", "body": "{when}"}).status_code == 303
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**was(ada), "subject": "Ada's", "body": "{when}"})
    assert answer.status_code == 422
    assert '<td class="lines">Adam&#39;s</td><td class="lines">Ada&#39;s</td>' in answer.text


def test_who_is_told_what_is_chosen_as_a_whole(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/texts"
    ada.get(path)
    seen = re.findall(r'name="was" value="([0-9a-f]{64})"', ada.page)[-1]
    assert ada.post(f"{path}/notices", {"was": seen, "rules": ["staff_booked staff"]}).status_code == 303
    assert list_rules(world.hub, world.business) == {(MailKind.STAFF_BOOKED, "staff")}
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(f"{path}/notices", {"was": seen, "rules": []}).status_code == 409


def test_who_may_not_set_up_sees_no_texts(world: World, signed_in: SignedIn) -> None:
    assert signed_in("agent").get(f"/console/{world.business}/texts").status_code == 403
