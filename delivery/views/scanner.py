"""What the camera and the reader of barcodes need, on the pages of a run sheet alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF, WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.http.response import HttpResponseBase

CAMERA = "camera=(self), microphone=(), geolocation=()"


def with_scanner(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the page of this view use the camera and compile the WebAssembly of the reader; no other page may."""

    @csp_update({"script-src": [SELF, WASM_UNSAFE_EVAL]})
    @wraps(view)
    def page(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response["Permissions-Policy"] = CAMERA
        return response

    return page
