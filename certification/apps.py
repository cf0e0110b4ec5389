from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from certification import audit_names, emails, receivers, samples, search
        from certification.writes import messages
        from notifications import recipients, ways

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        recipients.register(search.addresses_called)
        ways.register_other(messages.other_way_of)
        receivers.connect()
        post_migrate.connect(receivers.on_migrated, sender=self)
        post_migrate.connect(receivers.on_migrated_give_new_ids, sender=self)
