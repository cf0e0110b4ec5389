from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self) -> None:
        from audit import names
        from pages import emails, receivers, samples

        emails.register_kinds()
        samples.register_samples()
        receivers.connect()
        names.register("pages.contactmessage", "number", say=names.Name)
        names.register("notifications.notification", "kind", "recipient", say=names.Name)
        names.register("notifications.bounce", "address", say=names.Name)
        names.register("notifications.letterbatch", "pk", say=lambda pk: names.Name(f"letters {pk}"))
        for label in ("notifications.textconsent", "notifications.textreceived"):
            names.register(label, "phone", say=names.Name)
