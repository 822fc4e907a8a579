from __future__ import annotations

import pytest
from flask import Flask

from hub.web.assets import _FILES, asset, icon

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("name", sorted(_FILES))
def test_a_file_is_sent_under_its_own_type_and_kept_for_a_year(app: Flask, name: str) -> None:
    with app.test_request_context():
        address = asset(name)
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.mimetype == _FILES[name][2]
    assert len(answer.data) > 100
    assert "max-age=31536000, immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["setup.cfg", "../app.py", "%2e%2e/app.py", "hub.css/", ".", "hub.css%00"])
def test_nothing_else_is_sent(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/assets/1/{name}").status_code in (308, 404)
    assert app.test_client().get(f"/assets/1/{name}", follow_redirects=True).status_code == 404


def test_no_file_of_ours_asks_for_anything_elsewhere(app: Flask) -> None:
    for name in ("hub.css", "pages.css", "hub.js", "passkey.js", "icon.svg"):
        text = app.test_client().get(f"/assets/1/{name}").text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, name
        assert "https://" not in text, name


def test_a_picture_is_hidden_from_readers_unless_it_says_something(app: Flask) -> None:
    assert 'aria-hidden="true"' in icon("check-circle")
    named = icon("check-circle", 'all "well" <b>')
    assert 'aria-label="all &#34;well&#34; &lt;b&gt;"' in named
    assert "aria-hidden" not in named
