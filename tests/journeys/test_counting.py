"""The pages and clicks of a journey are counted as a person would count them."""

import pytest

from tests.journeys.counting import Counted

pytestmark = pytest.mark.journey

FORM = """
<form action="/accounts/login/">
  <label for="name">Name</label><input id="name">
  <input type="checkbox" id="box"><label for="box">A box with a <em>label</em></label>
  <input type="radio" id="radio"><label for="radio">A radio</label>
  <select name="list"><option>one</option><option>two</option></select>
  <details><summary>More</summary>Words</details>
  <p>Running text</p>
  <button>Go on</button>
</form>
"""


@pytest.fixture
def counted(visitor):
    person = visitor()
    person.opens("/")
    return Counted(person)


def test_pages_count_once_however_many_redirects_lead_to_them(counted):
    counted.opens("/accounts/signup/")
    counted.opens("/certification/")  # leads to the page to sign in
    counted.page.reload()
    assert counted.pages == 3


def test_pages_leave_out_jumps_within_a_page(counted):
    counted.page.evaluate("location.hash = '#main'")
    assert counted.pages == 0


def test_clicks_count_boxes_radios_lists_and_buttons_once_each(counted):
    counted.page.set_content(FORM)
    counted.page.evaluate("delete window.clicksAreCounted")
    Counted(counted.visitor)
    for words in ("A box with a", "A radio"):
        counted.page.get_by_text(words).click()
    counted.page.locator("select").select_option("two")
    counted.page.get_by_text("More").click()
    with counted.page.expect_navigation():
        counted.page.get_by_role("button").click()
    assert counted.clicks == 5


def test_clicks_leave_out_typing_tabbing_and_text(counted):
    counted.opens("/accounts/login/")
    counted.page.locator("label[for=id_login]").click()
    counted.page.keyboard.type("amara osei")
    counted.page.keyboard.press("Tab")
    counted.page.locator("h1").click()
    assert counted.clicks == 0


def test_clicks_count_a_key_that_presses_a_link(counted):
    counted.opens("/accounts/login/")
    counted.page.locator("header a").first.focus()
    with counted.page.expect_navigation():
        counted.page.keyboard.press("Enter")
    assert counted.clicks == 1


def test_height_is_that_of_the_whole_page(counted):
    counted.page.evaluate("Object.assign(document.body.style, {margin: 0, height: '3000px', minHeight: 0})")
    assert counted.height() == 3000
