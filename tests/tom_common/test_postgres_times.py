"""Times of PostgreSQL are read as the driver reads them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

psycopg = pytest.importorskip("psycopg")

SENT = (
    b"2024-02-29 23:59:59.999999+00", b"2024-02-29 23:59:59.5+00", b"2024-02-29 23:59:59+00", b"0001-01-01 00:00:00+00",
    b"9999-12-31 23:59:59.999999+00", b"2024-06-01 12:00:00+05:30", b"2024-06-01 12:00:00-03", b"1890-01-01 00:00:00+00:53:28",
)  # fmt: skip


def loaders():
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader

    from tom_common.postgres_times import _quick

    known = type("Known", (BaseTzLoader,), {"timezone": UTC})
    return known(0, None), _quick(known)(0, None)


@pytest.mark.parametrize("sent", SENT)
def test_a_time_is_read_as_by_the_driver(sent):
    known, quick = loaders()
    for data in (sent, memoryview(sent)):
        found = quick.load(data)
        assert (found, found.tzinfo) == (known.load(data), UTC)


@pytest.mark.parametrize("sent", [b"infinity", b"0044-03-15 00:00:00+00 BC", b"12024-01-01 00:00:00+00"])
def test_what_is_no_time_of_python_is_the_drivers_error(sent):
    for loader in loaders():
        with pytest.raises(psycopg.DataError):
            loader.load(sent)


@pytest.mark.database
@pytest.mark.django_db
def test_the_connection_reads_so():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone")
    from psycopg.postgres import types
    from psycopg.pq import Format

    moment = datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz, ARRAY[%s::timestamptz]", [moment, moment + timedelta(days=1)])
        assert cursor.fetchone() == (moment, None, [moment + timedelta(days=1)])
    assert connection.connection.adapters.get_loader(types["timestamptz"].oid, Format.TEXT).is_quick
