"""The text that a person reads on a page."""

import re
from html import unescape


def words_of(response):
    """Return the text of the page on one line."""
    body = response.content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split()).replace(" .", ".").replace(" ,", ",")


def title_of(response):
    return unescape(re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1])
