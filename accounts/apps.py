from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        from accounts import emails, receivers

        emails.register_kinds()
        # Django makes the permissions of one app after the other, in the order of INSTALLED_APPS: auth comes after ours.
        post_migrate.connect(receivers.on_migrated, sender=apps.get_app_config("auth"))
        user_logged_in.connect(receivers.on_signed_in)
        user_login_failed.connect(receivers.on_sign_in_failed)
