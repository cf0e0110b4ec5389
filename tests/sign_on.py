"""Turn the state's sign-on on, with the same settings as settings.py."""


def switch_on(settings, url):
    app = {"provider_id": "state", "name": "State ID", "client_id": "portal", "secret": "a secret"}
    settings.OIDC_SERVER_URL = url
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{**app, "settings": {"server_url": url}}]}}
