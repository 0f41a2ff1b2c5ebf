"""Observatories that a TOM knows of without having a facility class for them: entered in the admin, used for planning."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def _between(low: float, high: float):
    return [MinValueValidator(low), MaxValueValidator(high)]


class Facility(models.Model):
    class Location(models.TextChoices):
        GROUND = "ground", "Ground-based"
        SPACE = "space", "Space-based"

    class Orbit(models.TextChoices):
        LEO = "leo", "Low Earth orbit"
        L2 = "l2", "Sun-Earth L2"
        EARTH_TRAILING = "earth-trailing", "Earth-trailing"
        GEOSYNC = "geosync", "Geosynchronous"
        POLAR = "polar", "Polar"
        ELLIPTICAL = "elliptical", "Elliptical"

    class DetectorType(models.TextChoices):
        GAMMARAY = "gammaray", "Gamma-ray"
        XRAY = "xray", "X-ray"
        UV = "uv", "Ultraviolet"
        OPTICAL = "optical", "Optical"
        NIR = "nir", "Near infrared"
        UVOIR = "uvoir", "Ultraviolet, optical and infrared"
        SUBMM = "submm", "Sub-millimetre"
        MICROWAVE = "microwave", "Microwave"
        RADIO = "radio", "Radio"
        GW = "gw", "Gravitational waves"
        NEUTRINO = "neutrino", "Neutrinos"
        CHERENKOV = "cherenkov", "Cherenkov light"
        MULTIBAND = "multiband", "Several bands"

    site_code = models.CharField(max_length=20, null=True, blank=True, help_text="Short code of the site")
    mpc_observatory_code = models.CharField(
        max_length=3,
        null=True,
        blank=True,
        verbose_name="MPC observatory code",
        help_text='Code in the <a href="https://www.minorplanetcenter.net/iau/lists/ObsCodesF.html">list of the Minor Planet Center</a>',
    )
    full_name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=50)
    location = models.CharField(max_length=15, choices=Location)
    latitude = models.FloatField(null=True, blank=True, validators=_between(-90, 90), help_text="Degrees, north positive")
    longitude = models.FloatField(null=True, blank=True, validators=_between(-180, 180), help_text="Degrees, east positive")
    elevation = models.FloatField(null=True, blank=True, validators=_between(-3000, 6000), help_text="Metres above sea level")
    orbit = models.CharField(max_length=20, null=True, blank=True, choices=Orbit)
    diameter = models.FloatField(null=True, blank=True, validators=_between(0, 600), help_text="Diameter of the primary in metres")
    typical_seeing = models.FloatField(null=True, blank=True, validators=_between(0, 15), help_text="Arcseconds")
    detector_type = models.CharField(max_length=30, choices=DetectorType)
    info_url = models.URLField(max_length=400, null=True, blank=True)
    api_url = models.URLField(max_length=200, null=True, blank=True)

    class Meta:
        verbose_name_plural = "facilities"

    def __str__(self):
        return self.short_name
