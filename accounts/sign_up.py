"""Making an account."""

from allauth.account.forms import SignupForm

from accounts.adapters import CONFIRMING


class SignUpForm(SignupForm):
    """allauth's own; the next page names the address, whether or not it has an account already."""

    def try_save(self, request):
        user, response = super().try_save(request)
        if user is None:  # there is an account already, and its owner is told by mail
            request.session[CONFIRMING] = [self.cleaned_data["email"], None]
        return user, response
