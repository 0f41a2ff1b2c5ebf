"""Factories for tests of projects and plugins."""

import factory

from tom_observations.models import ObservationRecord, ObservationTemplate
from tom_targets.tests.factories import (  # noqa: F401
    NonSiderealTargetFactory,
    SiderealTargetFactory,
    TargetExtraFactory,
    TargetNameFactory,
)


class ObservingRecordFactory(factory.django.DjangoModelFactory):
    """A pending imaging request at LCO. ``target_id`` must be given."""

    class Meta:
        model = ObservationRecord

    facility = "LCO"
    observation_id = factory.Sequence(lambda n: str(1000000 + n))
    status = "PENDING"
    scheduled_start = None
    scheduled_end = None
    parameters = factory.LazyAttribute(
        lambda record: {
            "facility": record.facility,
            "target_id": record.target_id,
            "observation_type": "IMAGING",
            "name": "Test observation",
            "proposal": "TEST-PROPOSAL",
            "ipp_value": 1.05,
            "start": "2026-01-01T00:00:00",
            "end": "2026-01-02T00:00:00",
            "observation_mode": "NORMAL",
            "optimization_type": "TIME",
            "configuration_repeats": 1,
            "c_1_instrument_type": "1M0-SCICAM-SINISTRO",
            "c_1_configuration_type": "EXPOSE",
            "c_1_max_airmass": 1.6,
            "c_1_ic_1_exposure_count": 2,
            "c_1_ic_1_exposure_time": 30.0,
            "c_1_ic_1_filter": "rp",
        }
    )


class ObservationTemplateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ObservationTemplate

    name = factory.Sequence(lambda n: f"Template {n}")
    facility = "LCO"
    parameters = factory.LazyFunction(
        lambda: {
            "proposal": "TEST-PROPOSAL",
            "ipp_value": 1.05,
            "filter": "rp",
            "instrument_type": "1M0-SCICAM-SINISTRO",
            "exposure_count": 2,
            "exposure_time": 30.0,
            "max_airmass": 1.6,
        }
    )
