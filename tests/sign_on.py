"""A state's sign-on, switched on as settings.py does it."""


def switch_on(settings, url):
    app = {"provider_id": "state", "name": "State ID", "client_id": "portal", "secret": "a secret"}
    settings.OIDC_SERVER_URL = url
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{**app, "settings": {"server_url": url}}]}}
