"""Targets as files: readable elsewhere, harmless in a spreadsheet, only what may be seen."""

import csv
import io
import tracemalloc

import pytest
from django.urls import reverse

from tom_targets.models import BaseTarget
from tom_targets.rows import TargetRow
from tom_targets.services.create_many import NewTarget, check_targets, create_targets
from tom_targets.services.exporting import FORMATS, export_csv

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def content(response):
    return b"".join(response.streaming_content)


@pytest.fixture
def seen(make, member):
    target = make("Seen", ra=12.5, dec=-33.25, pm_ra=1.5, extras={"note": "=1+1", "ra": "tag"}, names=["@alias", "second"])
    target.give_user_access(member)
    return target


@pytest.mark.parametrize("format_name", FORMATS)
def test_hidden_targets_leave_no_trace(client_of, member, seen, make, format_name):
    make("Hidden", extras={"secret_key": "secret value"}, names=["h1", "h2", "h3", "h4"])
    response = client_of(member).get(reverse("targets:export"), {"format": format_name})
    body = content(response)
    assert response.status_code == 200
    assert f".{FORMATS[format_name].suffix}" in response["Content-Disposition"]
    assert b"Seen" in body
    for word in (b"Hidden", b"secret", b"h1", b"name4"):
        assert word not in body
    assert b"Seen" not in content(client_of(None).get(reverse("targets:export"), {"format": format_name}))


def test_filters_of_the_list_are_honoured_and_other_formats_are_not_there(client_of, member, seen, make):
    make("Other").give_user_access(member)
    client = client_of(member)
    rows = list(csv.DictReader(io.StringIO(content(client.get(reverse("targets:export"), {"name": "second"})).decode())))
    assert [row["name"] for row in rows] == ["Seen"]
    assert client.get(reverse("targets:export"), {"format": "xlsx"}).status_code == 404


def test_formulas_are_defused_and_numbers_are_not(make):
    make("-x", ra=1.0, dec=-5.5, extras={"a": "-1.5", "b": "+cmd", "=key": "\tx"}, names=["'=y"])
    (row,) = csv.DictReader(io.StringIO("".join(export_csv(queryset=BaseTarget.objects.all())), newline=""))
    assert row["name"] == "'-x"
    assert row["dec"] == "-5.5"
    assert row["a"] == "-1.5"
    assert row["b"] == "'+cmd"
    assert row["'=key"] == "'\tx"
    assert row["name2"] == "''=y"


@pytest.mark.parametrize("slug", ["ecsv", "votable", "fits"])
def test_astropy_reads_values_and_units(tmp_path, seen, slug):
    from astropy import units
    from astropy.table import Table

    path = tmp_path / f"targets.{FORMATS[slug].suffix}"
    pieces = FORMATS[slug].write(queryset=BaseTarget.objects.all())
    path.write_bytes(b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces))
    if slug == "votable":
        from astropy.io.votable import parse_single_table

        table = parse_single_table(str(path), verify="exception").to_table(use_names_over_ids=True)
    else:
        table = Table.read(path, format={"ecsv": "ascii.ecsv"}.get(slug, slug))
    assert table["ra"].unit == units.deg
    assert table["pm_ra"].unit == units.mas / units.yr
    assert (table["ra"][0], table["dec"][0], table["pm_ra"][0]) == (12.5, -33.25, 1.5)
    assert str(table["name"][0]).strip() == "Seen"


def test_a_target_that_a_filter_finds_twice_is_written_once(seen):
    twice = BaseTarget.objects.filter(aliases__name__contains="")
    assert twice.count() == 2
    assert len("".join(export_csv(queryset=twice)).splitlines()) == 2


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_long_file_takes_no_more_memory_than_a_short_one(format_name, member, monkeypatch):
    monkeypatch.setattr("tom_targets.services.exporting.rows.BATCH", 50)
    monkeypatch.setattr("tom_targets.services.exporting.fits.PIECE", 50)
    monkeypatch.setattr("tom_targets.services.exporting.text.AT_ONCE", 50)
    row = {"type": "SIDEREAL", "ra": 10.0, "dec": 20.0, "permissions": "PUBLIC"}
    new = [NewTarget(TargetRow(name=f"T{i}", aliases=(f"A{i}",), extras={"k": "v"}, fields=row)) for i in range(1200)]
    check_targets(actor=member, new=new)
    create_targets(actor=member, new=new)
    first, write = BaseTarget.objects.order_by("pk")[120].pk, FORMATS[format_name].write

    def peak(queryset):
        tracemalloc.start()
        try:
            size = sum(len(piece) for piece in write(queryset=queryset))
            return size, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    list(write(queryset=BaseTarget.objects.filter(pk__lt=first)))  # what is imported at the first use
    (short, few), (long, many) = peak(BaseTarget.objects.filter(pk__lt=first)), peak(BaseTarget.objects.all())
    assert long > 5 * short
    assert many < 1.5 * few, (few, many)


def test_number_of_queries_does_not_grow_with_rows(make, django_assert_max_num_queries):
    for i in range(30):
        make(f"T{i}", extras={"k": "v"}, names=[f"A{i}"])
    with django_assert_max_num_queries(6):
        assert len("".join(export_csv(queryset=BaseTarget.objects.all())).splitlines()) == 31
