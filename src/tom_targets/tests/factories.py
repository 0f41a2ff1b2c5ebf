"""Factories for tests of this toolkit and of what is built on it."""

import factory

from tom_targets.models import TargetExtra, TargetList, TargetName, get_target_model_class

_DAYS = {"min_value": 50000, "max_value": 60000}


class TargetExtraFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TargetExtra

    key = factory.Sequence(lambda n: f"key_{n}")
    value = factory.Faker("pystr")


class TargetNameFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TargetName

    name = factory.Sequence(lambda n: f"Alias of the factory {n}")


class _TargetFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        # The configured class is known when a target is made, not when this module is loaded.
        return super()._create(get_target_model_class(), *args, **kwargs)


class SiderealTargetFactory(_TargetFactory):
    class Meta:
        model = "tom_targets.BaseTarget"
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Sidereal target of the factory {n}")
    type = "SIDEREAL"
    ra = factory.Faker("pyfloat", min_value=0, max_value=359)
    dec = factory.Faker("pyfloat", min_value=-89, max_value=89)
    epoch = factory.Faker("pyfloat", min_value=2000, max_value=2100)
    pm_ra = factory.Faker("pyfloat", min_value=-1000, max_value=1000)
    pm_dec = factory.Faker("pyfloat", min_value=-1000, max_value=1000)

    targetextra_set = factory.RelatedFactoryList(TargetExtraFactory, factory_related_name="target", size=3)
    aliases = factory.RelatedFactoryList(TargetNameFactory, factory_related_name="target", size=2)


class NonSiderealTargetFactory(_TargetFactory):
    class Meta:
        model = "tom_targets.BaseTarget"
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Non-sidereal target of the factory {n}")
    type = "NON_SIDEREAL"
    scheme = "MPC_MINOR_PLANET"
    mean_anomaly = factory.Faker("pyfloat", min_value=0, max_value=359)
    arg_of_perihelion = factory.Faker("pyfloat", min_value=0, max_value=359)
    lng_asc_node = factory.Faker("pyfloat", min_value=0, max_value=359)
    inclination = factory.Faker("pyfloat", min_value=0, max_value=90)
    mean_daily_motion = factory.Faker("pyfloat", min_value=0.1, max_value=1)
    semimajor_axis = factory.Faker("pyfloat", min_value=1, max_value=5)
    eccentricity = factory.Faker("pyfloat", min_value=0, max_value=0.9)
    epoch_of_elements = factory.Faker("pyfloat", **_DAYS)
    epoch_of_perihelion = factory.Faker("pyfloat", **_DAYS)
    ephemeris_period = factory.Faker("pyfloat", min_value=0, max_value=100)
    ephemeris_period_err = factory.Faker("pyfloat", min_value=0, max_value=1)
    ephemeris_epoch = factory.Faker("pyfloat", **_DAYS)
    ephemeris_epoch_err = factory.Faker("pyfloat", min_value=0, max_value=1)
    perihdist = factory.Faker("pyfloat", min_value=0.1, max_value=5)
    abs_mag = factory.Faker("pyfloat", min_value=5, max_value=25)
    slope = factory.Faker("pyfloat", min_value=0, max_value=1)


class TargetGroupingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TargetList

    name = factory.Sequence(lambda n: f"Target list {n}")
