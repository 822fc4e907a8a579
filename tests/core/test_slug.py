from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.slug import LONGEST, RESERVED, check_slug, nth_slug, propose_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ada's Practice", "adas-practice"),
        ("Łucja Müller & Söhne", "lucja-muller-sohne"),
        ("Straße 12", "strasse-12"),
        ("API", "api-page"),
        ("AB", "ab-page"),
        ("医院", "page"),
        (" -- ", "page"),
        ("\ufb01ne", "fine"),
        ("x" * 200, "x" * (LONGEST - 12)),
    ],
)
def test_a_slug_is_proposed_from_the_name(name: str, slug: str) -> None:
    assert propose_slug(name) == slug


@pytest.mark.parametrize(
    "slug",
    ["ab", "x" * (LONGEST + 1), "Ada", "ada_p", "-ada", "ada-", "a--b", "ada practice", "ada/..", "ünal",
     "ada\n", "", None, 5, "\u0661\u0662\u0663"],
)  # fmt: skip
def test_what_would_not_stand_in_an_address_is_refused(slug: object) -> None:
    with pytest.raises(InputError) as caught:
        check_slug("slug", slug)
    assert caught.value.field == "slug"


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_the_words_of_the_hub_itself_are_refused(slug: str) -> None:
    with pytest.raises(InputError):
        check_slug("slug", slug)


def test_what_the_doors_use_is_reserved() -> None:
    assert {"api", "console", "static", "embed", "manage", "staff", "health", "metrics", "sign-in"} <= RESERVED


@given(st.text(max_size=300), st.integers(1, 9999))
def test_every_proposal_may_be_taken_also_the_thousandth_of_its_name(name: str, number: int) -> None:
    slug = nth_slug(propose_slug(name), number)
    assert check_slug("slug", slug) == slug
