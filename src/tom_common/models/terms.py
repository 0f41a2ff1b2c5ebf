from django.conf import settings
from django.db import models


class TermsOfServiceAcceptance(models.Model):
    """That a user accepted one version of the terms of service."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="terms_acceptances")
    version = models.CharField(max_length=100)
    accepted_at = models.DateTimeField(auto_now_add=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="unique_terms_acceptance_per_version")]

    def __str__(self) -> str:
        return f"{self.user} accepted {self.version}"
