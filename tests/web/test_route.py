from __future__ import annotations

from flask import Blueprint, Flask

from hub.core.role import Right
from hub.web.door import Proof, Rate, Who
from hub.web.route import doors_of, room_of, route


def shelf(number: str) -> str:
    return f"shelf {number}"


ROUTES = (
    route("store", "/shelves/<number>", shelf, "GET POST", Who.USER, Right.SET_UP),
    route("store", "/shelf", shelf, "GET", Who.ANYONE, rate=Rate.BOOK, proof=Proof.FORM, framed=True),
)


def test_a_door_is_named_after_its_view_and_has_what_such_visitors_usually_have() -> None:
    first, second = doors_of(ROUTES)
    assert (first.endpoint, first.methods, first.right) == ("store.shelf", {"GET", "POST"}, Right.SET_UP)
    assert (first.rate, first.proof) == (Rate.PAGE, Proof.FORM)
    assert (second.rate, second.proof, second.framed) == (Rate.BOOK, Proof.FORM, True)


def test_a_room_answers_its_methods_and_no_others() -> None:
    app = Flask("store", static_folder=None)
    app.register_blueprint(room_of("store", ROUTES[:1]))
    client = app.test_client()
    assert client.get("/shelves/5").text == "shelf 5"
    assert client.post("/shelves/5").text == "shelf 5"
    assert client.put("/shelves/5").status_code == 405
    assert client.options("/shelves/5").status_code == 405


def test_a_room_may_bring_its_own_blueprint() -> None:
    given = Blueprint("store", __name__, url_prefix="/hall")
    app = Flask("store", static_folder=None)
    app.register_blueprint(room_of("store", ROUTES[:1], given))
    assert app.test_client().get("/hall/shelves/5").status_code == 200
