"""The pages of the admin that show every kind of message. Who may open them stands in tests/access.py."""

import re
from html import unescape

import pytest
from django.urls import reverse

from notifications import kinds
from notifications.previews import style_hashes
from tests import factories
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
KINDS = "/admin/notifications/notification/kinds/"


@shared
def client():
    return factories.client_for(factories.staff("Manager"))


def test_the_list_leads_to_every_kind(client):
    page = client.get(KINDS).content.decode()
    assert set(re.findall(rf'href="{KINDS}(\w+)/"', page)) == {about.name for about in kinds.abouts()}
    assert f'href="{KINDS}"' in client.get(reverse("admin:notifications_notification_changelist")).content.decode()


def test_a_kind_is_shown_in_each_language_and_sample(client):
    asked = {"sample": "debit", "language": "es"}
    page = unescape(client.get(f"{KINDS}order_tomorrow/", asked).content.decode())
    assert "Su pedido 7K4M-29 llega mañana" in page and "su tarjeta de débito, para $83.50" in page
    assert f'src="{KINDS}order_tomorrow/html/?sample=debit&language=es"' in page
    first = client.get(f"{KINDS}order_tomorrow/", {"sample": "unknown", "language": "fr"}).content.decode()
    assert "Your order 7K4M-29 comes tomorrow" in first


def test_the_usual_sample_has_a_name_among_others(client):
    page = client.get(f"{KINDS}order_short/").content.decode()
    assert re.findall(r'aria-current="true">([^<]*)<', page)[-2:] == ["Usual", "English"]


def test_a_mail_in_plain_text_has_no_frame(client):
    assert "<iframe" not in client.get(f"{KINDS}account_password_changed/").content.decode()
    assert client.get(f"{KINDS}account_password_changed/html/").status_code == 404
    assert client.get(f"{KINDS}no_such_kind/").status_code == 404


def test_the_frame_runs_nothing_and_applies_its_one_style(client):
    response = client.get(f"{KINDS}order_placed/html/")
    policy, (style,) = response.headers["Content-Security-Policy"], style_hashes(response.content.decode())
    assert f"default-src 'none'; style-src {style};" in policy and policy.endswith("; sandbox")
    assert "frame-ancestors 'self'" in policy and "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response.headers["Cache-Control"]


def test_nothing_is_written_and_nobody_is_read(client, django_assert_max_num_queries):
    client.get(KINDS)
    with django_assert_max_num_queries(12) as asked:
        client.get(f"{KINDS}renewal_reminder/")
    # The bar counts what waits, and reads no row.
    read = " ".join(query["sql"] for query in asked.captured_queries if "UNION ALL" not in query["sql"])
    assert not re.search(r"certification_certification|delivery_order|INSERT|notifications_notification", read)
