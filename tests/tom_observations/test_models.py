import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from tom_observations.models import DynamicCadence, Facility, ObservationGroup, ObservationRecord, ObservationTemplate
from tom_observations.tests.factories import ObservationTemplateFactory, ObservingRecordFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def hook(observation, previous_state):
    CALLS.append((observation.pk, previous_state, observation.status))


CALLS: list = []


@pytest.fixture
def hooked(settings):
    CALLS.clear()
    settings.HOOKS = {"observation_change_state": "tests.tom_observations.test_models.hook"}
    return CALLS


def test_deleting_a_user_deletes_no_record(record, people):
    record.user = people["member"]
    record.save()
    people["member"].delete()
    record.refresh_from_db()
    assert record.user is None


def test_the_hook_is_run_at_once_for_a_new_record_and_for_another_status_only(hooked, target, fakes):
    record = ObservingRecordFactory.create(target_id=target.pk, facility="FakeRoboticFacility", status="PENDING")
    record.save()
    record.status = "COMPLETED"
    record.save()
    assert hooked == [(record.pk, None, "PENDING"), (record.pk, "PENDING", "COMPLETED")]


def test_terminal_failed_url_and_text(record):
    assert not record.terminal
    record.status = "FAILED"
    assert record.terminal
    assert record.failed
    assert record.url == ""
    assert str(record) == f"{record.target} @ FakeRoboticFacility"
    assert record.get_absolute_url() == f"/observations/{record.pk}/"


def test_update_status_writes_every_record_of_that_id(record):
    twin = ObservingRecordFactory.create(target_id=record.target_id, facility="FakeRoboticFacility", observation_id="fakeid")
    other = ObservingRecordFactory.create(target_id=record.target_id, facility="FakeManualFacility", observation_id="fakeid")
    record.update_status()
    for row in (record, twin, other):
        row.refresh_from_db()
    assert (record.status, twin.status, other.status) == ("COMPLETED", "COMPLETED", "PENDING")


def test_status_of_an_unknown_id_is_an_error(record):
    with pytest.raises(ObservationRecord.DoesNotExist):
        record.get_facility().update_observation_status("nobody")


def test_keys_are_64_bits():
    for model in (ObservationRecord, ObservationGroup, ObservationTemplate, DynamicCadence, Facility):
        assert model._meta.pk.get_internal_type() == "BigAutoField"


def test_reverse_accessors_and_group(record):
    group = ObservationGroup.objects.create(name="g")
    group.observation_records.add(record)
    cadence = DynamicCadence.objects.create(observation_group=group, cadence_strategy="X", cadence_parameters={}, active=True)
    assert list(record.target.observationrecord_set.all()) == [record]
    assert list(record.observationgroup_set.all()) == [group]
    assert list(group.dynamiccadence_set.all()) == [cadence]


def test_templates_and_general_facilities_name_themselves():
    assert str(ObservationTemplateFactory.create(name="deep")) == "deep"
    facility = Facility(full_name="Very Large Telescope", short_name="VLT", location="ground", detector_type="optical", latitude=-91)
    assert str(facility) == "VLT"
    with pytest.raises(Exception, match="latitude"):
        facility.full_clean()
    assert Facility._meta.verbose_name_plural == "facilities"


def test_empty_parameters_are_kept(target):
    record = ObservationRecord.objects.create(target=target, facility="LCO", observation_id="1", parameters={}, status="")
    record.refresh_from_db()
    assert record.parameters == {}
    assert record.created
    assert record.user is None


def test_no_migration_is_missing():
    call_command("makemigrations", "tom_observations", check=True, dry_run=True, verbosity=0)


def test_user_model_is_the_projects():
    assert ObservationRecord._meta.get_field("user").related_model is get_user_model()


def test_the_link_tables_key_is_64_bits_in_the_database():
    from django.db import connection

    table = ObservationGroup.observation_records.through._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return
        here = "current_schema()" if connection.vendor == "postgresql" else "database()"  # other databases may hold tables of this name too
        question = f"SELECT data_type FROM information_schema.columns WHERE table_schema = {here} AND table_name = %s AND column_name LIKE %s"  # noqa: S608
        cursor.execute(question, [table, "%id"])
        assert {row[0] for row in cursor.fetchall()} == {"bigint"}
