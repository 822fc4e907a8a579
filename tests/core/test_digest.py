import re
from hashlib import md5

import pytest
from requests.auth import HTTPDigestAuth

from hub.core.digest import DigestChallenge, find_digest_challenge, offers_scheme

RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def challenge(header: str) -> DigestChallenge:
    found = find_digest_challenge([header])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616_gives_its_response(algorithm: str, response: str) -> None:
    value = challenge(RFC7616.format(algorithm)).authorization(
        "GET", "/dir/index.html", "Mufasa", "Circle of Life", CNONCE
    )
    assert f'response="{response}"' in value
    assert f"algorithm={algorithm}" in value
    assert "nc=00000001" in value


def test_without_qop_the_response_is_that_of_rfc_2069() -> None:
    value = challenge('Digest realm="r", nonce="n"').authorization("GET", "/x", "ada", "pw")
    ha1, ha2 = md5(b"ada:r:pw").hexdigest(), md5(b"GET:/x").hexdigest()
    assert f'response="{md5(f"{ha1}:n:{ha2}".encode()).hexdigest()}"' in value
    assert "cnonce" not in value
    assert "algorithm" not in value


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-SESS", "SHA-256"])
def test_our_response_is_the_one_that_requests_builds(algorithm: str) -> None:
    theirs = HTTPDigestAuth("ada", "secret word")
    theirs.init_per_thread_state()
    theirs._thread_local.chal = {"realm": "r", "nonce": "abc", "qop": "auth", "algorithm": algorithm, "opaque": "o"}
    built = theirs.build_digest_header("PROPFIND", "https://x.test/cal/?a=1") or ""
    cnonce = re.search(r'cnonce="([^"]+)"', built)
    assert cnonce is not None
    ours = challenge(f'Digest realm="r", nonce="abc", qop="auth", algorithm={algorithm}, opaque="o"').authorization(
        "PROPFIND", "/cal/?a=1", "ada", "secret word", cnonce[1]
    )
    assert re.search(r'response="(\w+)"', ours)[1] == re.search(r'response="(\w+)"', built)[1]  # type: ignore[index]


def test_a_session_variant_of_sha_256_hashes_the_session_in() -> None:
    session = challenge('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess')
    plain = challenge('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256')
    one, two = (each.authorization("GET", "/", "ada", "pw", "c") for each in (session, plain))
    assert "algorithm=SHA-256-sess" in one
    assert re.findall(r'response="\w+"', one) != re.findall(r'response="\w+"', two)


def test_each_use_of_a_nonce_has_its_own_count() -> None:
    known = challenge('Digest realm="r", nonce="n", qop="auth"')
    counts = [re.findall(r"nc=(\w+)", known.authorization("GET", "/", "a", "b"))[0] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


def test_the_strongest_of_several_challenges_is_answered() -> None:
    several = (
        'Basic realm="a, b", Digest realm="r", nonce="1", algorithm=MD5, Digest realm="r", nonce="2", algorithm=SHA-256'
    )
    assert challenge(several).nonce == "2"
    assert offers_scheme([several], "basic")
    assert offers_scheme([several], "Digest")
    assert not offers_scheme([several], "negotiate")


@pytest.mark.parametrize(
    "header",
    [
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest realm="x", nonce="n", qop="auth-int"',
        'Digest realm="x", nonce="n", algorithm=SHA-512-256',
        "",
        'Bearer realm="Digest nonce"',
    ],
)
def test_a_challenge_that_cannot_be_answered_is_none(header: str) -> None:
    assert find_digest_challenge([header]) is None


def test_names_with_quotes_and_umlauts_are_written_so_that_they_can_be_read() -> None:
    known = challenge(r'Digest realm="the \"best\"", nonce="n"')
    assert known.realm == 'the "best"'
    assert r'username="a\"b"' in known.authorization("GET", "/", 'a"b', "p")
    assert r'realm="the \"best\""' in known.authorization("GET", "/", "a", "p")
    assert "username*=UTF-8''J%C3%A4" in known.authorization("GET", "/", "Jä", "p")
