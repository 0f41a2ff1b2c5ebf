"""A rule that keeps a group of observations going."""

from django.db import models

from .group import ObservationGroup


class DynamicCadence(models.Model):
    """``cadence_strategy`` is the class name of the strategy; ``cadence_parameters`` the values of its form's cadence fields."""

    observation_group = models.ForeignKey(ObservationGroup, on_delete=models.CASCADE)
    cadence_strategy = models.CharField(max_length=100, verbose_name="Cadence strategy used for this DynamicCadence")
    cadence_parameters = models.JSONField(verbose_name="Cadence-specific parameters")
    active = models.BooleanField(
        verbose_name="Active", help_text="Whether this cadence should be running: it is skipped by runcadencestrategies otherwise."
    )
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    def __str__(self):
        return f"{self.cadence_strategy} with parameters {self.cadence_parameters}"
