"""A forgotten password: which account gets a link to set a new one."""

from allauth.account.forms import ResetPasswordForm

from accounts.rules import account_of


class ForgottenPasswordForm(ResetPasswordForm):
    """allauth's form. Only the account of the address gets a link, not one that has merely added it."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        account = account_of(email)
        self.users = [account] if account and account.is_active else []
        return email
