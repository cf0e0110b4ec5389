"""Answers for the fields of a form: nonsense from hypothesis, or what a person would probably type."""

import re
import string
from urllib.parse import quote, unquote_to_bytes

from hypothesis import strategies as st

from tests.factories import PASSWORD
from tests.test_nonsense import NONSENSE

BOUNDARY = "----boundary-of-the-fuzz"
# All values are percent-encoded, because some of them are no text at all.
texts = st.text(max_size=40).map(lambda text: quote(text, errors="surrogatepass"))
numbers = st.integers(-(10**20), 10**20).map(str) | st.floats().map(str)
digits_elsewhere = st.text(st.sampled_from("²٣⑦７9"), min_size=1, max_size=6).map(quote)
markup = st.text(st.sampled_from("<>\"'&;%{}()\\/=" + string.ascii_letters), max_size=20).map(quote)
nonsense = st.one_of(st.sampled_from(sorted(NONSENSE.values(), key=len)), texts, numbers, digits_elsewhere, markup)


def answers_to(field):
    """Return a strategy for the values of a field: its own value, nonsense, a choice, none or two values."""
    as_it_was = st.just([quote(field.value)])
    choices = [st.sampled_from([quote(choice) for choice in field.choices])] if field.choices else []
    return st.one_of(
        as_it_was, st.one_of(nonsense, *choices).map(lambda answer: [answer]), st.lists(nonsense, max_size=2)
    )


def filled(form):
    """Return a strategy for the (name, value, kind) triples of a form that somebody sends."""
    fields = {f"{number} {field.name}": answers_to(field) for number, field in enumerate(form.fields)}
    return st.fixed_dictionaries(fields).map(
        lambda answers: [
            (field.name, value, field.kind)
            for field, values in zip(form.fields, answers.values(), strict=True)
            for value in values
        ]
    )


def body_of(form, sent):
    if form.method == "GET" or not form.is_multipart:
        return "&".join(f"{quote(name)}={value}" for name, value, _kind in sent).encode()
    parts = b""
    for name, value, kind in sent:
        file_name = '; filename="file.pdf"' if kind == "file" else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file_name}\r\n\r\n'
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
    """Return what a person would leave or type in the field."""
    if field.value or field.kind == "submit":
        return field.value
    if field.choices:
        return field.choices[-1]
    return next((value for pattern, value in LIKELY.items() if re.search(pattern, field.name)), "Orange")


def likely_answers(form):
    """Return (name, value, kind) of every field but files. Boxes are ticked; the first radio and button are chosen."""
    taken, sent = set(), []
    for field in form.fields:
        if field.kind == "file" or (field.kind in ("submit", "radio", "unchecked") and field.name in taken):
            continue
        taken.add(field.name)
        sent.append((field.name, quote(likely(field)), field.kind))
    return sent
