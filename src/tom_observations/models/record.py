"""One request made to, or one observation known at, a facility."""

from __future__ import annotations

from django.conf import settings
from django.db import models, router, transaction
from django.urls import reverse

from tom_common.fields import ExactCharField
from tom_common.hooks import run_hook
from tom_targets.models import BaseTarget

from ..events import observation_changed


class ObservationRecord(models.Model):
    """An observation of one target at one facility, under the id by which that facility knows it.

    ``parameters`` holds the cleaned values of the form by which it was requested, so that it can be requested again.
    """

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, default=None, on_delete=models.SET_NULL)
    facility = ExactCharField(max_length=50)
    parameters = models.JSONField()
    observation_id = ExactCharField(max_length=255)
    status = ExactCharField(max_length=200)
    scheduled_start = models.DateTimeField(null=True)
    scheduled_end = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created",)
        indexes = [
            models.Index(fields=["-created", "-id"], name="obsrecord_created_idx"),
            models.Index(fields=["target", "-created"], name="obsrecord_target_created_idx"),
            models.Index(fields=["status", "-created"], name="obsrecord_status_idx"),
            models.Index(fields=["facility", "status"], name="obsrecord_facility_status_idx"),
            models.Index(fields=["observation_id"], name="obsrecord_observation_id_idx"),
        ]

    def __str__(self):
        return f"{self.target} @ {self.facility}"

    def get_absolute_url(self):
        return reverse("tom_observations:detail", kwargs={"pk": self.pk})

    def save(self, *args, **kwargs):
        """Save; where the row is new or its status is another, tell the event ``observation_changed`` and run the project's hook.

        The hook runs at once, as code written for it expects, also inside a transaction that is still open.
        """
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            stored = None
            if self.pk is not None:
                stored = ObservationRecord._base_manager.using(using).filter(pk=self.pk).values_list("status", flat=True).first()
            super().save(*args, **kwargs)
            changed = stored is None or stored != self.status
            if changed:
                observation_changed.send(using=using, observation=self, previous_state=stored)
        if changed:
            run_hook("observation_change_state", self, stored)

    def get_facility(self):
        """The facility's class, instantiated, with this record's user set. ``ImportError`` when it is not installed."""
        from ..facility import get_service_class

        facility = get_service_class(self.facility)()
        if hasattr(facility, "set_user"):
            facility.set_user(self.user)
        return facility

    @property
    def terminal(self) -> bool:
        return self.status in self.get_facility().get_terminal_observing_states()

    @property
    def failed(self) -> bool:
        return self.status in self.get_facility().get_failed_observing_states()

    @property
    def url(self) -> str:
        return self.get_facility().get_observation_url(self.observation_id)

    def update_status(self):
        self.get_facility().update_observation_status(self.observation_id)

    def save_data(self):
        self.get_facility().save_data_products(self)
