from __future__ import annotations

import pytest

from hub.core.errors import InputError
from hub.core.password import LONGEST, check_password, normal_password

ADA = ("ada.lovelace@analytical.example", "Ada Lovelace", "Engine Agency")

GOOD = [
    "correct horse battery staple",
    "vK8#pQz2!mRt",
    "835162940718",
    "übermütige Ziege im Moor",
    "密码是我家的猫名字和邮编呢",
    "frontdesk8f3k29x1",
    "my password is a blue giraffe",
    "x" + "kq7w!" * 39,
    "            o h m y g o d",
]
GUESSABLE = {
    "one character again and again": "aaaaaaaaaaaa",
    "two characters in turn": "abababababab",
    "a short piece again and again": "kw9kw9kw9kw9kw9",
    "four characters again and again": "P4xqP4xqP4xq",
    "digits in order": "123456789012",
    "digits backwards": "9876543210987",
    "letters in order": "abcdefghijklmn",
    "the keyboard": "qwertyuiop[]",
    "the keyboard of another country": "qwertzuiopasdfg",
    "a usual password and digits": "password123456",
    "a usual password and a year": "Summer2024!!!",
    "two usual words": "Winter2025summer2026",
    "a usual password in disguise": "P@ssw0rd1234",
    "the product": "Frontdesk2026!",
    "the product with a blank": "Front Desk 2026",
    "the address": "ada.lovelace2026",
    "the domain": "analytical1234",
    "the whole address": "ada.lovelace@analytical.example",
    "the name written together": "AdaLovelace!!1",
    "the agency": "EngineAgency#1",
    "wide letters for plain ones": "ｐａｓｓｗｏｒｄ１２３４",
}


@pytest.mark.parametrize("password", GOOD)
def test_long_and_unusual_is_enough_whatever_its_characters(password: str) -> None:
    check_password(password, ADA)


@pytest.mark.parametrize("password", GUESSABLE.values(), ids=GUESSABLE)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InputError) as caught:
        check_password(password, ADA)
    assert caught.value.field == "password"
    assert caught.value.code == "guessable"
    assert password not in caught.value.message


@pytest.mark.parametrize("password", ["", "vK8#pQz2!mR", "vK8#pQ" * 34, "é" * 1001, "vK8#pQz2!mR" + "x" * 1000])
def test_too_short_and_too_long_are_refused_with_the_bound(password: str) -> None:
    with pytest.raises(InputError, match=r"12|200"):
        check_password(password)


def test_the_bounds_themselves_are_allowed() -> None:
    check_password("vK8#pQz2!mRt")
    check_password(("vK8#pQz2!mR" * 19)[:LONGEST])


def test_one_password_has_one_form_however_it_was_typed() -> None:
    assert normal_password("Zu\u0308rich am See") == normal_password("Z\u00fcrich am See")
    assert normal_password("a") != normal_password("A")


def test_a_password_of_broken_characters_is_bytes_all_the_same() -> None:
    assert normal_password("\ud800abc")
