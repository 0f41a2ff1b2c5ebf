"""Questions to the data: the same rows by a faster way."""

import datetime as dt
import random

import pytest

from tom_dataproducts import queries
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def target_with(**counts):
    """A target with so many rows of each kind, several at the same moment."""
    target = BaseTarget.objects.create(name="+".join(counts) or "nothing", type="SIDEREAL", ra=1.0, dec=2.0)
    draw = random.Random(5)
    for kind, count in counts.items():
        rows = [DatumRow(kind, T0 + dt.timedelta(hours=draw.randrange(20)), {"magnitude": 17.0, "number": n}) for n in range(count)]
        add_reduced_data(target=target, rows=rows)
    return target


@pytest.mark.database
@pytest.mark.parametrize(
    "counts",
    [{}, {"photometry": 40}, {"photometry": 30, "radio": 3}, {"photometry": 5, "radio": 25, "x": 12}, dict.fromkeys("abcdefg", 3)],
)
def test_a_page_by_time_has_the_rows_that_it_has_without_the_index(counts):
    target_with(photometry=7, other=9)
    target = target_with(**counts)
    kinds = queries.kinds_of(target.pk)
    assert kinds == sorted(counts)
    for order in (("-timestamp", "-pk"), ("timestamp", "pk")):
        rows = ReducedDatum.objects.filter(target=target).exclude(value__number=2).order_by(*order)
        whole = list(rows.values_list("pk", flat=True))
        for start, stop in ((0, 5), (3, 14), (20, 31), (35, 200), (0, 20_000)):
            found = queries.rows_by_time(queries.of_kinds(rows, kinds), kinds, start, stop)
            assert [row.pk for row in found] == whole[start:stop], (order, start, stop)


def test_the_kinds_of_a_target_take_one_statement(django_assert_num_queries):
    target = target_with(photometry=2, radio=2)
    with django_assert_num_queries(1):
        assert queries.kinds_of(target.pk) == ["photometry", "radio"]


@pytest.mark.parametrize("order", ["", "-timestamp", "timestamp", "id"])
def test_rest_pages_of_a_target_are_the_whole(client_of, boss, member, members, order):
    from guardian.shortcuts import assign_perm

    target = target_with(photometry=20, radio=5)
    target_with(photometry=3, other=1)
    assign_perm("tom_targets.view_target", members, target)
    expected = ReducedDatum.objects.filter(target=target).order_by(*{"": ("-timestamp", "-pk"), "id": ("pk",)}.get(order, (order, order.replace("timestamp", "pk"))))
    for who in (boss, member):
        found, url = [], f"/api/reduceddatums/?target={target.pk}&limit=7&ordering={order}"
        while url:
            answer = client_of(who).get(url).json()
            assert answer["count"] == 25
            found += [row["id"] for row in answer["results"]]
            url = answer["next"]
        assert found == list(expected.values_list("pk", flat=True))


def test_rest_of_a_hidden_target_is_empty(client_of, stranger):
    target = target_with(photometry=3)
    for key in (target.pk, 987654321, "0", "1.0", "x"):
        answer = client_of(stranger).get(f"/api/reduceddatums/?target={key}")
        assert answer.status_code in (200, 400)
        assert not answer.json().get("results")
