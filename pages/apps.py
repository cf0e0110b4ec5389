from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self):
        from pages import emails, receivers

        emails.register_kinds()
        receivers.connect()
