"""The line in a target's header that says how bright it was last, to those who may know."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from tom_common.panels import get_panel, render_panel
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN 2024abc", type="SIDEREAL", ra=10, dec=20, permissions="OPEN")


def line(user, target):
    request = RequestFactory().get("/")
    request.user = user
    panel = get_panel("target_header", "brightness", request, target)
    return " ".join(render_panel(panel, request, target).split())


def test_nothing_without_data(target):
    assert line(AnonymousUser(), target) == ""


def test_newest_magnitude_and_limit(target):
    add_reduced_data(target=target, rows=[DatumRow("photometry", T0, brightness=17.123, brightness_error=0.045, bandpass="r", telescope="ZTF")])
    found = line(AnonymousUser(), target)
    assert all(part in found for part in ("Newest brightness", "ZTF r = 17.12 ± 0.04", "2024-03-01 00:00", "UTC", "ago, ZTF")), found
    add_reduced_data(target=target, rows=[DatumRow("photometry", T0 + dt.timedelta(days=1), limit=20.5, bandpass="g", telescope="ZTF")])
    found = line(AnonymousUser(), target)
    assert all(part in found for part in ("Newest limit", "&gt; 20.50", "2024-03-02")), found


def test_a_closed_product_is_told_to_its_group_alone_and_in_two_queries(target):
    inside, outside = User.objects.create_user("inside"), User.objects.create_user("outside")
    team = Group.objects.create(name="team")
    team.user_set.add(inside)
    closed = DataProductGroup.objects.create(name="closed")
    closed.user_groups.add(team)
    product = DataProduct.objects.create(target=target, product_id="p1")
    product.group.add(closed)
    add_reduced_data(target=target, rows=[DatumRow("photometry", T0, brightness=17.0, bandpass="r")])
    add_reduced_data(target=target, rows=[DatumRow("photometry", T0 + dt.timedelta(days=1), brightness=16.0, bandpass="r")], data_product=product)
    assert "16.00" in line(inside, target)
    assert "17.00" in line(outside, target)
    assert "17.00" in line(AnonymousUser(), target)
    outside.has_perm("tom_dataproducts.view_reduceddatum")
    with CaptureQueriesContext(connection) as caught:
        line(outside, target)
    assert len(caught) == 2  # the newest point is of a product, so the question is put again with who may see it
    ReducedDatum.objects.filter(data_product=product).delete()
    with CaptureQueriesContext(connection) as caught:
        assert "17.00" in line(outside, target)
    assert len(caught) == 1
