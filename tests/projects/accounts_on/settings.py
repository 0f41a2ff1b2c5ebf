"""A TOM with every way of logging in switched on: e-mail, passkeys, OpenID Connect, ORCID."""

from tests.settings import *
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.orcid",
]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # the test server speaks http
TOM_PASSWORD_RESET_ENABLED = True
ACCOUNT_RATE_LIMITS = {}
SOCIALACCOUNT_PROVIDERS = {"orcid": {"APP": {"client_id": "tom", "secret": "not-a-secret"}}}
