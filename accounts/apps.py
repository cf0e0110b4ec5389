from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.account import signals as account
        from allauth.mfa import signals as mfa
        from allauth.socialaccount import signals as socialaccount
        from django.contrib.auth import signals as auth

        from accounts import audit_names, emails, receivers, samples

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        # Django makes the permissions of one app after the other, as INSTALLED_APPS has them: auth comes after ours.
        post_migrate.connect(receivers.on_migrated, sender=apps.get_app_config("auth"))
        auth.user_logged_in.connect(receivers.on_signed_in)
        auth.user_logged_out.connect(receivers.on_signed_out)
        auth.user_login_failed.connect(receivers.on_sign_in_failed)
        mfa.authentication_failed.connect(receivers.on_second_factor_failed)
        mfa.authenticator_added.connect(receivers.on_second_factor_added)
        mfa.authenticator_removed.connect(receivers.on_second_factor_removed)
        mfa.authenticator_reset.connect(receivers.on_second_factor_reset)
        socialaccount.social_account_added.connect(receivers.on_sign_on_connected)
        socialaccount.social_account_removed.connect(receivers.on_sign_on_disconnected)
        account.user_logged_in.connect(receivers.on_account_signed_in)
        account.password_changed.connect(receivers.on_password_changed)
        account.password_reset.connect(receivers.on_password_reset)
        account.email_changed.connect(receivers.on_email_changed)
        account.user_signed_up.connect(receivers.on_signed_up)
        account.email_confirmed.connect(receivers.on_email_confirmed)
        account.email_added.connect(receivers.on_email_added)
        account.email_removed.connect(receivers.on_email_removed)
