from django.conf import settings


def dispensary(request):
    """Who stands behind the portal and how to reach them, on every page."""
    names = ("name", "phone", "email", "hours", "address", "permit")
    return {"dispensary": {name: getattr(settings, f"DISPENSARY_{name.upper()}") for name in names}}
