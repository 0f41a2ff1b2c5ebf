import pytest
from django.contrib.auth.models import AnonymousUser
from guardian.shortcuts import assign_perm

from tom_observations.models import ObservationGroup, ObservationRecord
from tom_observations.policy import can, groups_visible_to, visible_to
from tom_observations.tests.factories import ObservingRecordFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

EXPECTED = {
    "anonymous": set(),
    "stranger": set(),
    "member": {"view"},
    "owner": {"view", "change", "delete"},
    "superuser": {"view", "change", "delete"},
}


def actions(user, record):
    return {action for action in ("view", "change", "delete") if can(user, action, record)}


@pytest.mark.parametrize("who", EXPECTED)
def test_rights_follow_the_target(who, record, people):
    assert actions(people[who] or AnonymousUser(), record) == EXPECTED[who]


def test_rights_follow_the_record_when_targets_do_not_decide(record, people, settings):
    settings.TARGET_PERMISSIONS_ONLY = False
    assert actions(people["member"], record) == set()
    assert actions(people["superuser"], record) == {"view", "change", "delete"}
    assign_perm("tom_observations.view_observationrecord", people["group"], record)
    assert actions(people["member"], record) == {"view"}
    assign_perm("tom_observations.change_observationrecord", people["member"], record)
    assert actions(people["member"], record) == {"view", "change"}
    assert actions(people["stranger"], record) == set()
    assert actions(AnonymousUser(), record) == set()


@pytest.mark.parametrize("only_targets", [True, False])
def test_a_record_of_nobody_is_not_everybodys(record, people, settings, only_targets):
    settings.TARGET_PERMISSIONS_ONLY = only_targets
    assert record.user is None
    for user in (None, AnonymousUser(), people["stranger"]):
        assert not visible_to(user).exists()


@pytest.mark.parametrize("only_targets", [True, False])
def test_one_sees_and_changes_what_one_requested(target, people, settings, only_targets, fakes):
    settings.TARGET_PERMISSIONS_ONLY = only_targets
    mine = ObservingRecordFactory.create(target_id=target.pk, user=people["stranger"])
    assert actions(people["stranger"], mine) == {"view", "change", "delete"}
    people["stranger"].is_active = False
    people["stranger"].save()
    assert actions(people["stranger"], mine) == set()


def test_a_right_given_to_the_anonymous_account_opens_a_record(record, settings):
    from guardian.utils import get_anonymous_user

    settings.TARGET_PERMISSIONS_ONLY = False
    assign_perm("tom_observations.view_observationrecord", get_anonymous_user(), record)
    assign_perm("tom_observations.change_observationrecord", get_anonymous_user(), record)
    assert actions(AnonymousUser(), record) == {"view"}


def test_groups_go_by_rights_on_them(people):
    group = ObservationGroup.objects.create(name="g")
    assert not groups_visible_to(people["member"]).exists()
    assert not groups_visible_to(None).exists()
    assert groups_visible_to(people["superuser"]).exists()
    assign_perm("tom_observations.view_observationgroup", people["group"], group)
    assert list(groups_visible_to(people["member"])) == [group]
    assert not groups_visible_to(people["member"], "delete").exists()


def test_asking_costs_one_query(record, people, django_assert_max_num_queries):
    user = type(people["member"]).objects.get(pk=people["member"].pk)
    with django_assert_max_num_queries(7):
        assert list(visible_to(user, "view", ObservationRecord.objects.all())) == [record]
