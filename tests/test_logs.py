import pytest

from mmp_portal.logs import scrub, without_tokens


@pytest.mark.parametrize(
    ("logged", "kept"),
    [
        ("GET /invitation/9mex8sHi6tqkCMbgh7kG-oBw/", "GET /invitation/…/"),
        ("GET /accounts/confirm-email/Mw:1xVKW6:O85d-utTJ7/", "GET /accounts/confirm-email/…/"),
        ("GET /accounts/password/reset/key/3-d0q1ab-8c7f/", "GET /accounts/password/reset/key/…/"),
        ("Not Found: /verify/abcdef123456/", "Not Found: /verify/…/"),
        ("POST /accounts/login/?next=/invitation/abcdefgh/", "POST /accounts/login/"),
        ("GET /delivery/orders/D-7KQ4-M2XP/", "GET /delivery/orders/D-7KQ4-M2XP/"),
    ],
)
def test_without_tokens_keeps_the_address_alone(logged, kept):
    assert without_tokens(logged) == kept


def test_scrub_cleans_djangos_own_lines():
    event = {"event": "Not Found: /invitation/abcdefghijkl/", "request": "GET /invitation/abcdefghijkl/", "code": 404}
    assert scrub(None, "warning", event) == {
        "event": "Not Found: /invitation/…/",
        "request": "GET /invitation/…/",
        "code": 404,
    }
