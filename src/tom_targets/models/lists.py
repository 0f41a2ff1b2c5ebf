from django.db import models
from django.urls import reverse

from tom_targets.base_models import BaseTarget


class TargetList(models.Model):
    """A named grouping of targets. Names may be equal."""

    name = models.CharField(max_length=200, help_text="The name of the target list.")
    targets = models.ManyToManyField(BaseTarget)
    created = models.DateTimeField(auto_now_add=True, help_text="The time at which this target list was created.")
    modified = models.DateTimeField(
        auto_now=True, verbose_name="Last Modified", help_text="The time at which this target list was last changed."
    )

    class Meta:
        ordering = ("-created", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('targets:list')}?targetlist__name={self.pk}"

    @property
    def total_targets(self) -> int:
        """How many targets the list holds. What a viewer may see of them is `queries.lists_with_counts`."""
        return self.targets.count()
