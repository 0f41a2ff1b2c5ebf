from django.db import models

from tom_targets.base_models import BaseTarget


class StarField(models.Model):
    """Stars of a catalogue around a target, kept for its finder chart. Fetched when somebody asks for it, never by looking.

    `stars` holds rows [identifier, ra, dec, pm_ra, pm_dec, magnitude], brightest first: degrees ICRS at `epoch`, mas/yr, null where not known.
    """

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, related_name="+")
    catalogue = models.CharField(max_length=50)
    ra = models.FloatField(help_text="Degrees, ICRS: the middle of the field.")
    dec = models.FloatField()
    radius_arcmin = models.FloatField()
    epoch = models.FloatField(help_text="Julian year of the positions.")
    limit = models.FloatField(null=True, help_text="Magnitude of the faintest star where not all fitted.")
    stars = models.JSONField(default=list)
    fetched = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{len(self.stars)} stars of {self.catalogue} around {self.target_id}"
