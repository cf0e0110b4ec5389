"""What a person reads."""

import re
from html import unescape


def words_of(response):
    """What a person reads on the page, on one line."""
    body = response.content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split()).replace(" .", ".").replace(" ,", ",")


def title_of(response):
    return unescape(re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1])
