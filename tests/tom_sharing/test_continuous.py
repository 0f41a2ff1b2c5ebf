"""New data of a shared target are sent by themselves, once, and what fails is told."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from tom_common.http import ServiceUnavailableError
from tom_common.models import OutboxItem
from tom_common.tasks import periodic_jobs
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import add_reduced_data
from tom_sharing.services import continuous
from tom_targets.models import PersistentShare, Target

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def target():
    return Target.objects.create(name="Shared", type="SIDEREAL", ra=1.0, dec=2.0)


@pytest.fixture
def share(target):
    return PersistentShare.objects.create(target=target, destination="other-tom")


@pytest.fixture
def sent(monkeypatch):
    calls = []

    def share_data_with_tom(destination, form_data, product_id=None, target_id=None, selected_data=None):
        calls.append((destination, sorted(selected_data)))
        if isinstance(answers[-1], Exception):
            raise answers[-1]
        return answers[-1]

    answers = [{"message": "1 of 1 datums successfully saved."}]
    monkeypatch.setattr("tom_dataproducts.sharing.share_data_with_tom", share_data_with_tom)
    calls_and_answers = type("Sent", (), {"calls": calls, "answers": answers})
    return calls_and_answers


def row(magnitude):
    return DatumRow(
        data_type="photometry", timestamp=datetime(2026, 1, 1, tzinfo=UTC), brightness=magnitude, bandpass="r", source_name="me"
    )


def test_it_is_a_periodic_job():
    assert "tom_sharing.send_shared_data" in periodic_jobs()


def test_new_data_wait_in_the_outbox_and_are_sent_once(target, share, sent):
    added = add_reduced_data(target=target, rows=[row(17.0), row(18.0)])
    assert sent.calls == []
    (item,) = OutboxItem.objects.filter(kind=continuous.KIND)
    assert sorted(item.payload["data"]) == sorted(added.created)
    assert continuous.send_shared_data()["sent"] == 1
    assert sent.calls == [("other-tom", sorted(added.created))]
    assert continuous.send_shared_data() == {"sent": 0, "refused": 0, "to_send": 0, "unknown": 0}
    add_reduced_data(target=target, rows=[row(17.0)])
    assert OutboxItem.objects.filter(kind=continuous.KIND).count() == 1


def test_data_written_by_the_model_are_shared_too_and_other_targets_are_not(target, share, sent):
    other = Target.objects.create(name="Not shared", type="SIDEREAL", ra=9.0, dec=2.0)
    add_reduced_data(target=other, rows=[row(15.0)])
    datum = ReducedDatum.objects.create(target=target, data_type="photometry", value={"magnitude": 16.0, "filter": "g"})
    continuous.send_shared_data()
    assert sent.calls == [("other-tom", [datum.pk])]


def test_nothing_waits_when_the_data_are_rolled_back(target, share):
    with transaction.atomic():
        add_reduced_data(target=target, rows=[row(17.0)])
        transaction.set_rollback(True)
    assert not OutboxItem.objects.filter(kind=continuous.KIND).exists()


def test_what_the_other_refuses_is_told_and_what_never_left_is_tried_again(target, share, sent):
    add_reduced_data(target=target, rows=[row(17.0)])
    sent.answers.append(ServiceUnavailableError("no way there", certain_not_sent=True))
    assert continuous.send_shared_data()["to_send"] == 1
    OutboxItem.objects.update(not_before=datetime(2026, 1, 1, tzinfo=UTC))
    sent.answers.append({"message": "ERROR: No matching target found."})
    add_reduced_data(target=target, rows=[row(18.0)])
    assert continuous.send_shared_data()["refused"] == 2
    assert "No matching target" in " ".join(OutboxItem.objects.values_list("last_error", flat=True))


def test_a_share_that_ended_sends_nothing(target, share, sent):
    add_reduced_data(target=target, rows=[row(17.0)])
    share.delete()
    assert continuous.send_shared_data()["refused"] == 1
    assert sent.calls == []
