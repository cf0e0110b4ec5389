"""The crawler reads the fields of a form and follows the right links."""

import pytest

from tests import crawl

pytestmark = pytest.mark.once
HOME = "http://portal.example/contact/"
PAGE = """
<a href="/faq/#top">Questions</a> <a href="https://elsewhere.example/">Elsewhere</a>
<form method="post" id="main">
  <input name="name" value="Lee"><input type="checkbox" name="copy"><input type="checkbox" name="terms" checked>
  <input name="gone" disabled><textarea name="message">When do you open?</textarea>
  <select name="how"><option value="mail">Mail</option><option value="phone" selected>Phone</option></select>
  <button name="send" value="now">Send</button>
</form>
<input name="outside" form="main" value="counts"><input name="nowhere" value="does not">
<form action="/accounts/logout/" method="post"><button>Sign out</button></form>
"""


def page(text=PAGE, address=HOME):
    return crawl.read(address, crawl.Answer(200, text))


def test_a_form_has_its_own_fields_and_those_that_name_it():
    [form, _sign_out] = page().forms
    assert (form.address, form.method) == (HOME, "POST")
    assert {field.name: (field.kind, field.value) for field in form.fields} == {
        "name": ("text", "Lee"),
        "copy": ("unchecked", "on"),
        "terms": ("checkbox", "on"),
        "message": ("textarea", "When do you open?"),
        "how": ("select", "phone"),
        "send": ("submit", "now"),
        "outside": ("text", "counts"),
    }


def test_no_form_signs_out_or_leads_elsewhere():
    search = page('<form action="https://elsewhere.example/contact/"><input name="q"></form>')
    assert [form.address for form in crawl.forms_of([page(), search])] == [HOME]


def test_the_queries_of_a_route_are_one_form_with_all_their_names():
    links = page('<a href="/delivery-info/?zip=06510">New Haven</a><a href="/delivery-info/?page=2&zip=">Next</a>')
    [form] = crawl.forms_of([links])
    assert (form.method, [field.name for field in form.fields]) == ("GET", ["zip", "page"])


def test_a_crawl_opens_each_address_once_and_stays_on_this_host():
    asked = []

    def ask(address):
        asked.append(address)
        return crawl.Answer(200, PAGE)

    assert len(list(crawl.crawl(ask, [HOME]))) == 2
    assert asked == [HOME, "http://portal.example/faq/"]


def test_a_crawl_follows_no_query_from_a_page_with_a_query():
    def ask(address):
        return crawl.Answer(200, '<a href="/faq/?a=1">A</a><a href="/faq/?b=1">B</a><a href="/faq/?a=1&b=1">Both</a>')

    pages = crawl.crawl(ask, ["http://portal.example/faq/?a=1"])
    assert [found.address for found in pages] == ["http://portal.example/faq/?a=1"]
