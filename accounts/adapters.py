from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from ui.encryption import decrypt, encrypt


class AccountAdapter(DefaultAccountAdapter):
    def clean_email(self, email):
        return super().clean_email(email).lower()


class MFAAdapter(DefaultMFAAdapter):
    """TOTP seeds and recovery codes are encrypted at rest."""

    def encrypt(self, text):
        return encrypt(text, context="mfa_authenticator.data")

    def decrypt(self, encrypted_text):
        return decrypt(encrypted_text, context="mfa_authenticator.data")
