import base64
from collections.abc import Callable

from hub.core.declared import parse_target
from hub.core.provider import AuthScheme, Grant
from hub.vault.authenticate import Authenticator, basic
from hub.vault.border import Answer, Failure, Outcome, Result

TARGET = parse_target("https://dav.example.test/cal/?a=1")


def grant(scheme: AuthScheme) -> Grant:
    return Grant(scheme, {"username": "ada", "password": "päss", "access_token": "tok"}, (), "ada")


class Provider:
    """Answers by a rule, and remembers the Authorization headers."""

    def __init__(self, rule: Callable[[str | None], str | None]) -> None:
        self.rule = rule
        self.seen: list[str | None] = []

    def __call__(self, authorization: str | None) -> Result:
        self.seen.append(authorization)
        asked = self.rule(authorization)
        headers = () if asked is None else (("WWW-Authenticate", asked),)
        return Answer(200 if asked is None else 401, "", 11, headers, b"")

    def words(self) -> list[str]:
        return [(value or "none").split()[0] for value in self.seen]


def digest(authorization: str | None, nonce: str = "n1") -> str | None:
    good = authorization is not None and f'nonce="{nonce}"' in authorization
    return None if good else f'Digest realm="r", nonce="{nonce}", qop="auth"'


def status(result: Result) -> int:
    assert isinstance(result, Answer)
    return result.status


def test_basic_is_sent_at_once_and_in_utf_8() -> None:
    provider = Provider(lambda value: None)
    assert status(Authenticator().send("c", grant(AuthScheme.BASIC), "GET", TARGET, provider)) == 200
    assert provider.seen == [basic("ada", "päss")]
    assert base64.b64decode((provider.seen[0] or "").split()[1]).decode() == "ada:päss"


def test_bearer_sends_the_token_and_leaves_a_401_alone() -> None:
    provider = Provider(lambda value: "Bearer")
    assert status(Authenticator().send("c", grant(AuthScheme.BEARER), "GET", TARGET, provider)) == 401
    assert provider.seen == ["Bearer tok"]


def test_three_calls_to_a_digest_server_take_four_requests() -> None:
    provider, sign = Provider(digest), Authenticator()
    for _ in range(3):
        assert status(sign.send("c", grant(AuthScheme.DIGEST), "GET", TARGET, provider)) == 200
    assert provider.words() == ["none", "Digest", "Digest", "Digest"]


def test_basic_answers_a_digest_challenge_and_remembers_it() -> None:
    provider, sign = Provider(digest), Authenticator()
    for _ in range(2):
        assert status(sign.send("c", grant(AuthScheme.BASIC), "GET", TARGET, provider)) == 200
    assert provider.words() == ["Basic", "Digest", "Digest"]


def test_a_digest_account_never_sends_its_password() -> None:
    provider = Provider(lambda value: 'Basic realm="phish"')
    assert status(Authenticator().send("c", grant(AuthScheme.DIGEST), "GET", TARGET, provider)) == 401
    assert provider.words() == ["none"]


def test_a_stale_nonce_is_replaced_within_the_call() -> None:
    sign = Authenticator()
    sign.send("c", grant(AuthScheme.DIGEST), "GET", TARGET, Provider(digest))
    renewed = Provider(lambda value: digest(value, "n2"))
    assert status(sign.send("c", grant(AuthScheme.DIGEST), "GET", TARGET, renewed)) == 200
    assert renewed.words() == ["Digest", "Digest"]


def test_a_wrong_password_is_tried_no_more_than_twice() -> None:
    provider = Provider(lambda value: 'Digest realm="r", nonce="n", qop="auth"')
    assert status(Authenticator().send("c", grant(AuthScheme.BASIC), "GET", TARGET, provider)) == 401
    assert provider.words() == ["Basic", "Digest"]


def test_a_server_that_went_back_to_basic_is_followed() -> None:
    sign = Authenticator()
    sign.send("c", grant(AuthScheme.BASIC), "GET", TARGET, Provider(digest))
    back = Provider(lambda value: None if (value or "").startswith("Basic") else 'Basic realm="r"')
    assert status(sign.send("c", grant(AuthScheme.BASIC), "GET", TARGET, back)) == 200
    assert status(sign.send("c", grant(AuthScheme.BASIC), "GET", TARGET, back)) == 200
    assert back.words() == ["Digest", "Basic", "Basic"]


def test_a_challenge_is_kept_apart_by_connection_and_origin_and_can_be_forgotten() -> None:
    sign = Authenticator()
    sign.send("c", grant(AuthScheme.DIGEST), "GET", TARGET, Provider(digest))
    other = Provider(digest)
    sign.send("d", grant(AuthScheme.DIGEST), "GET", TARGET, other)
    sign.send("c", grant(AuthScheme.DIGEST), "GET", parse_target("https://other.test/"), other)
    sign.forget("c")
    sign.send("c", grant(AuthScheme.DIGEST), "GET", TARGET, other)
    assert other.words() == ["none", "Digest"] * 3


def test_no_answer_is_handed_on() -> None:
    failure = Failure(Outcome.TIMEOUT, "deadline", sent=True)
    assert Authenticator().send("c", grant(AuthScheme.BASIC), "GET", TARGET, lambda value: failure) is failure
