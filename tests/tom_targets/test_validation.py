"""Numbers that nothing in the sky has are refused, the same by form, service and REST; zero is a value."""

import pytest

from tom_common.errors import InvalidInputError
from tom_targets.forms import NonSiderealTargetCreateForm, SiderealTargetCreateForm
from tom_targets.models import BaseTarget
from tom_targets.rows import TargetRow
from tom_targets.services import create_target

pytestmark = pytest.mark.django_db

FIXED = {"name": "x", "type": "SIDEREAL", "ra": 10.0, "dec": 20.0, "permissions": "PRIVATE"}
ORBIT = {
    "name": "x", "type": "NON_SIDEREAL", "permissions": "PRIVATE", "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": 60000.0, "inclination": 10.0,
    "lng_asc_node": 80.0, "arg_of_perihelion": 73.0, "eccentricity": 0.08, "mean_anomaly": 20.0, "semimajor_axis": 2.77,
}  # fmt: skip
COMET = {**ORBIT, "scheme": "MPC_COMET", "semimajor_axis": None, "mean_anomaly": None, "perihdist": 0.9, "epoch_of_perihelion": 60100.0}

WRONG = [
    (FIXED, {"ra": 360.5}, "ra"), (FIXED, {"ra": -1}, "ra"), (FIXED, {"dec": 90.1}, "dec"), (FIXED, {"dec": -91}, "dec"),
    (FIXED, {"ra": "nan"}, "ra"), (FIXED, {"epoch": 2200}, "epoch"), (FIXED, {"distance": -1}, "distance"),
    (FIXED, {"distance_err": -0.1}, "distance_err"), (FIXED, {"galactic_lat": 95}, "galactic_lat"), (FIXED, {"galactic_lng": 400}, "galactic_lng"),
    (ORBIT, {"eccentricity": -0.1}, "eccentricity"), (ORBIT, {"inclination": 181}, "inclination"), (ORBIT, {"lng_asc_node": 361}, "lng_asc_node"),
    (ORBIT, {"arg_of_perihelion": -400}, "arg_of_perihelion"), (ORBIT, {"epoch_of_elements": 2460000.5}, "epoch_of_elements"),
    (ORBIT, {"semimajor_axis": -2.0}, "semimajor_axis"), (ORBIT, {"semimajor_axis": None}, "semimajor_axis"), (ORBIT, {"scheme": ""}, "scheme"),
    (ORBIT, {"eccentricity": 0.95}, "scheme"), (ORBIT, {"ephemeris_period_err": -1}, "ephemeris_period_err"),
    (ORBIT, {"ephemeris_epoch_err": -1}, "ephemeris_epoch_err"), (ORBIT, {"scheme": "JPL_MAJOR_PLANET"}, "mean_daily_motion"),
    (COMET, {"perihdist": -0.1}, "perihdist"), (COMET, {"epoch_of_perihelion": None}, "epoch_of_perihelion"),
    (COMET, {"eccentricity": 1.2, "semimajor_axis": 4.0}, "semimajor_axis"), (COMET, {"eccentricity": 1.0, "semimajor_axis": 4.0}, "semimajor_axis"),
]  # fmt: skip

RIGHT = [
    (FIXED, {"ra": 0, "dec": 0}), (FIXED, {"dec": -90}), (FIXED, {"parallax": -0.3}), (FIXED, {"distance": 0}), (FIXED, {"pm_ra": -3775.4}),
    (ORBIT, {"inclination": 0, "lng_asc_node": 0, "arg_of_perihelion": 0, "eccentricity": 0, "mean_anomaly": 0, "epoch_of_elements": 0}),
    (ORBIT, {"inclination": 172.0}), (COMET, {}), (COMET, {"eccentricity": 1.0}), (COMET, {"eccentricity": 3.36, "semimajor_axis": -1.27}),
    (COMET, {"eccentricity": 0.967}),
]  # fmt: skip


def form_of(values):
    kind = SiderealTargetCreateForm if values["type"] == "SIDEREAL" else NonSiderealTargetCreateForm
    return kind({key: "" if value is None else value for key, value in values.items()})


@pytest.mark.parametrize(("base", "change", "column"), WRONG)
def test_what_cannot_be_is_refused(base, change, column):
    values = {**base, **change}
    form = form_of(values)
    assert not form.is_valid()
    assert column in form.errors, form.errors
    fields = {key: value for key, value in values.items() if key not in ("name", "type")}
    with pytest.raises(InvalidInputError) as caught:
        create_target(actor=None, row=TargetRow(name="x", type=values["type"], fields=fields))
    assert column in {error.column for error in caught.value.errors}
    assert not BaseTarget.objects.exists()


@pytest.mark.parametrize(("base", "change"), RIGHT)
def test_what_can_be_is_taken(base, change):
    form = form_of({**base, **change})
    assert form.is_valid(), form.errors
    made = form.save()
    for name, value in change.items():
        assert getattr(made, name) == value


def test_units_are_told():
    unitless = {"name", "type", "scheme", "eccentricity", "permissions", "shared_by", "shared_from", "abs_mag", "slope"}
    words = ("degree", "milliarcsec", "parsec", "day", "julian", "mjd", "au", "utc")
    for field in BaseTarget._meta.concrete_fields:
        if field.editable and field.name not in unitless and not field.auto_created:
            assert any(word in str(field.help_text).lower() for word in words), field.name
