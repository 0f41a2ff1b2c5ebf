from django.conf import settings
from django.db import models
from django.utils import timezone


class SecurityEvent(models.Model):
    """What happened to an account: who came in, who was refused, what was changed, from which address.

    Rows are only ever added (`tom_common.accounts.security_log`), and pruned by age. No row holds a password, a token or a code.
    """

    class Kind(models.TextChoices):
        LOGIN = "login", "Logged in"
        LOGIN_FAILED = "login failed", "Login refused"
        LOGOUT = "logout", "Logged out"
        PASSWORD_CHANGED = "password changed", "Password changed"  # noqa: S105  (the name of an event)
        PASSWORD_RESET = "password reset", "Password reset by e-mail"  # noqa: S105
        FACTOR_ADDED = "authenticator added", "Second factor added"
        FACTOR_REMOVED = "authenticator removed", "Second factor removed"
        FACTOR_RESET = "authenticator reset", "Recovery codes made anew"
        TOKEN_REVEALED = "token revealed", "API token shown"  # noqa: S105
        TOKEN_REGENERATED = "token regenerated", "API token made anew"  # noqa: S105
        REGISTERED = "registered", "Registered"
        APPROVED = "approved", "Registration approved"
        ACCOUNT_MADE = "account made", "Account made"
        ACCOUNT_DELETED = "account deleted", "Account deleted"
        RIGHTS_CHANGED = "rights changed", "Rights changed"
        TERMS_ACCEPTED = "terms accepted", "Terms accepted"
        LOGIN_LINKED = "login linked", "Outside login linked"
        LOGIN_UNLINKED = "login unlinked", "Outside login removed"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Whose account it is about."
    )
    user_name = models.CharField(
        max_length=150, blank=True, help_text="Stays when the account is deleted; shortened when there is no such account."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who did it, when it was not the user.",
    )
    actor_name = models.CharField(max_length=150, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="tom_security_of_user"),
            models.Index(fields=["kind", "-id"], name="tom_security_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.user_name or '-'} at {self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def kind_label(self) -> str:
        return str(self.Kind(self.kind).label) if self.kind in self.Kind.values else self.kind
