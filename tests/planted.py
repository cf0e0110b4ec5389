"""Pages with one planted fault each, for the controls of the fuzz test and `make scan`; the portal has none."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

from mmp_portal import urls

PAGE = '<!doctype html><html lang="en"><head><title>Planted</title></head><body><main>{}</main></body></html>'
FORM = '<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{}"><input name="amount"></form>'


@login_not_required
def counts_digits(request):
    """Fail for digits that are no number: "²".isdigit() is true, but int("²") raises."""
    if request.method == "POST" and request.POST.get("amount", "").isdigit():
        int(request.POST["amount"])
    return HttpResponse(PAGE.format(FORM.format(get_token(request))))


@login_not_required
def turns_pages(request):
    """Fail for a page that is no number."""
    page = int(request.GET.get("planted_page") or 1)
    return HttpResponse(PAGE.format(f'<a href="?planted_page={page + 1}">Next</a>'))


def reflects(request):
    """Show a parameter of the address as markup, to everybody who is signed in."""
    return HttpResponse(PAGE.format(f'<form><input name="words"></form><p>{request.GET.get("words", "")}</p>'))


def looks_up(request):
    """Find a word by SQL that is built from a parameter of the address, for everybody who is signed in."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT 1 WHERE 'planted' = '{request.GET.get('word', '')}'")
            found = cursor.fetchone()
        except DatabaseError:
            found = None
    words = "It is there." if found else "Nothing is there."
    return HttpResponse(PAGE.format(f'<form><input name="word" value="planted"></form><p>{words}</p>'))


@login_not_required
def sleeps(request):
    """Run a query on PostgreSQL that takes three seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    return HttpResponse(PAGE.format("Slow"))


@login_not_required
def is_no_html(request):
    """Show a page with wrong HTML."""
    return HttpResponse(PAGE.format("<p><div>A paragraph holds no block</p>"))


@login_not_required
def shows_an_unnamed_picture(request):
    """Show a picture without `alt`, and another one in a part that is closed."""
    picture = '<img src="/static/none.png">'
    closed = f"<details><summary>More</summary>{picture}</details>"
    return HttpResponse(PAGE.format(f"<h1>Picture</h1>{picture}{closed}"))


planted = [
    path("planted/digits/", counts_digits, name="planted-digits"),
    path("planted/pages/", turns_pages, name="planted-pages"),
    path("planted/reflects/", reflects, name="planted-reflects"),
    path("planted/looks-up/", looks_up, name="planted-looks-up"),
    path("planted/sleeps/", sleeps, name="planted-sleeps"),
    path("planted/no-html/", is_no_html, name="planted-no-html"),
    path("planted/picture/", shows_an_unnamed_picture, name="planted-picture"),
]
urlpatterns = [*planted, *urls.urlpatterns]
handler400 = urls.handler400
