"""The short way of flat rows gives what the rules give."""

import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.normalising import CONTENT_COLUMNS, fingerprint_of, normalise
from tom_dataproducts.rows import DatumRow, ValueRow
from tom_dataproducts.services import add_reduced_data, preparing
from tom_targets.models import BaseTarget

WHEN = st.datetimes(min_value=dt.datetime(1900, 1, 1), timezones=st.just(dt.UTC))
KEYS = st.sampled_from(
    ["magnitude", "mag", "brightness", "error", "limit", "filter", "band", "f", "telescope", "unit", "exposure_time", "note", 'é"x', "mjd"]
)
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=120), st.just({"a": 1.0}), st.lists(st.floats(), max_size=2)
)


def by_the_rules(row, given):
    value, clean = normalise(row.data_type, row.value, given, given=set(given))
    contents = {**preparing._EMPTY, **given, **clean}
    plain = SimpleNamespace(
        **contents, data_type=row.data_type, source_name=row.source_name, source_id=row.source_id, timestamp=row.timestamp, value=value
    )
    return value, contents, fingerprint_of(plain)


@given(WHEN, st.dictionaries(KEYS, CELLS, max_size=8), st.text(max_size=20), st.text(max_size=20))
def test_values(when, value, source, identifier):
    row = ValueRow("photometry", when, value, source, "", identifier)
    (datum,) = preparing.prepare(1, [row])
    value, contents, fingerprint = by_the_rules(row, {})
    assert datum.value == value
    assert datum.fingerprint == fingerprint
    assert {name: getattr(datum, name) for name in CONTENT_COLUMNS} == {name: contents[name] for name in CONTENT_COLUMNS}


@given(
    WHEN,
    st.fixed_dictionaries(
        {},
        optional={
            "brightness": st.floats(),
            "brightness_error": st.floats(allow_nan=False),
            "bandpass": st.text(max_size=100),
            "limit": st.integers(),
            "telescope": st.text(max_size=20),
            "ra": st.floats(0, 360),
            "unit": st.text(max_size=5),
        },
    ),
)
def test_typed_columns(when, columns):
    row = DatumRow("photometry", when, **columns)
    (datum,) = preparing.prepare(1, [row])
    given = {name: content for name, content in columns.items() if not preparing._is_default(content)}
    value, contents, fingerprint = by_the_rules(row, given)
    assert (datum.value, datum.fingerprint) == (value, fingerprint)
    assert {name: getattr(datum, name) for name in CONTENT_COLUMNS} == {name: contents[name] for name in CONTENT_COLUMNS}


@pytest.mark.django_db
@pytest.mark.database
def test_keys_are_those_of_the_rows():
    target = BaseTarget.objects.create(name="t", type="SIDEREAL", ra=1, dec=2)
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    rows = [ValueRow("photometry", start + dt.timedelta(hours=i), {"magnitude": 10 + i / 1000}) for i in range(1500)]
    first = add_reduced_data(target=target, rows=rows[:700]).created
    ReducedDatum.objects.filter(pk=first[-1]).delete()
    added = add_reduced_data(target=target, rows=rows)
    assert (len(added.created), len(added.unchanged)) == (801, 699)
    stored = ReducedDatum.objects.in_bulk([*added.created])
    assert [stored[pk].brightness for pk in added.created] == [10 + i / 1000 for i in range(699, 1500)]
    add_reduced_data(target=target, rows=[r._replace(value={"magnitude": 5.0}) for r in rows])
    assert len(add_reduced_data(target=target, rows=rows).unchanged) == 1500


def test_times_that_are_none():
    from tom_common.errors import InvalidInputError

    for when in ("2020-13-45", "soon", 5, None):
        with pytest.raises(InvalidInputError, match="row 1, timestamp"):
            preparing.prepare(1, [ValueRow("photometry", when, {"magnitude": 1.0})])
