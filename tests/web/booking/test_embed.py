from __future__ import annotations

from hub.actions.public_page import find_page, page_of, service_of
from hub.web.booking.embed import embed_snippet
from tests.front import Front
from tests.web.booking.conftest import Customer


def test_a_snippet_leads_to_a_page_that_is_there(customer: Customer, front: Front) -> None:
    hub = front.world.hub
    page = find_page(hub, "adas-practice")
    for snippet in (embed_snippet(hub, page), embed_snippet(hub, page, page.services[0])):
        assert snippet is not None
        assert snippet.address.startswith(hub.settings.base_url)
        assert customer.look(snippet.address.removeprefix(hub.settings.base_url)).status_code == 200
        assert f'src="{snippet.address}?embed=1"' in snippet.frame
        assert f'href="{snippet.address}"' in snippet.link


def test_a_name_cannot_break_out_of_the_snippet(front: Front) -> None:
    front.change(name="Ada's \u201cnew\u201d Practice & Sons")
    front.change_service(name='Check-up "quick" <b>')
    page = find_page(front.world.hub, "adas-practice")
    snippet = embed_snippet(front.world.hub, page, page.services[0])
    assert snippet is not None
    for text in (snippet.frame, snippet.link):
        assert "<b>" not in text
        assert "&#34;quick&#34; &lt;b&gt;" in text


def test_without_a_page_there_is_nothing_to_copy(front: Front) -> None:
    page = find_page(front.world.hub, "adas-practice")
    service = page.services[0]
    front.change_service(slug=None)
    front.change(slug=None)
    world = front.world
    assert embed_snippet(world.hub, page_of(world.hub, world.business)) is None
    assert embed_snippet(world.hub, page, service_of(world.hub, world.business, service.id)) is None
