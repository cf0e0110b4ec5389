"""Answers to the fields of a form: nonsense from hypothesis, and what a person would likely type."""

import re
import string
from urllib.parse import quote, unquote_to_bytes

from hypothesis import strategies as st

from tests.factories import PASSWORD
from tests.test_nonsense import NONSENSE

BOUNDARY = "----boundary-of-the-fuzz"
# All values stand as in an address, percent-encoded: some are no text at all.
texts = st.text(max_size=40).map(lambda text: quote(text, errors="surrogatepass"))
numbers = st.integers(-(10**20), 10**20).map(str) | st.floats().map(str)
digits_elsewhere = st.text(st.sampled_from("²٣⑦７9"), min_size=1, max_size=6).map(quote)
markup = st.text(st.sampled_from("<>\"'&;%{}()\\/=" + string.ascii_letters), max_size=20).map(quote)
nonsense = st.one_of(st.sampled_from(sorted(NONSENSE.values(), key=len)), texts, numbers, digits_elsewhere, markup)


def answers_to(field):
    """Values for a field: as it was, nonsense, one of its choices, missing or twice."""
    as_it_was = st.just([quote(field.value)])
    choices = [st.sampled_from([quote(one) for one in field.choices])] if field.choices else []
    return st.one_of(as_it_was, st.one_of(nonsense, *choices).map(lambda one: [one]), st.lists(nonsense, max_size=2))


def filled(form):
    fields = {f"{number} {one.name}": answers_to(one) for number, one in enumerate(form.fields)}
    return st.fixed_dictionaries(fields).map(
        lambda answers: [
            (one.name, value, one.kind)
            for one, values in zip(form.fields, answers.values(), strict=True)
            for value in values
        ]
    )


def body_of(form, sent):
    if form.method == "GET" or not form.is_multipart:
        return "&".join(f"{quote(name)}={value}" for name, value, _kind in sent).encode()
    parts = b""
    for name, value, kind in sent:
        of_a_file = '; filename="file.pdf"' if kind == "file" else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{of_a_file}\r\n\r\n'
        parts += head.encode() + unquote_to_bytes(value) + b"\r\n"
    return parts + f"--{BOUNDARY}--\r\n".encode()


def content_type_of(form):
    return f"multipart/form-data; boundary={BOUNDARY}" if form.is_multipart else "application/x-www-form-urlencoded"


LIKELY = {
    "email|login": "lee@example.org",
    "password": PASSWORD,
    "phone|called_number": "(203) 555-0142",
    "zip": "06510",
    "_month": "5",
    "_day": "6",
    "_year": "1980",
    "birth": "1980-05-06",
    "date|through|until|day$": "2027-05-06",
    "city": "New Haven",
    "street|address": "40 Orange Street",
    "oz|price|amount|quantity|capacity|number|code|lot|mg": "2",
}


def likely(field):
    """What a person would leave or type there."""
    if field.value or field.kind == "submit":
        return field.value
    if field.choices:
        return field.choices[-1]
    return next((value for pattern, value in LIKELY.items() if re.search(pattern, field.name)), "Orange")


def likely_answers(form):
    """(name, value, kind) of every field but files; boxes are ticked, the first of the radios and buttons is taken."""
    taken, sent = set(), []
    for one in form.fields:
        if one.kind == "file" or (one.kind in ("submit", "radio", "unchecked") and one.name in taken):
            continue
        taken.add(one.name)
        sent.append((one.name, quote(likely(one)), one.kind))
    return sent
