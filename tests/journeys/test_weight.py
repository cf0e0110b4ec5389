"""The number of bytes that a first visit loads."""

import pytest

pytestmark = pytest.mark.journey
BUDGET = 110_000  # bytes over the network, headers included


@pytest.mark.parametrize("address", ["/", "/physicians/", "/faq/", "/delivery-info/", "/contact/", "/accounts/login/"])
def test_a_first_load_is_light(portal, new_context, address):
    page = new_context(base_url=portal).new_page()
    sizes = []
    network = page.context.new_cdp_session(page)
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    assert len(sizes) >= 5  # the page, styles, script, two fonts
    assert sum(sizes) <= BUDGET
