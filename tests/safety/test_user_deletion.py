"""Deleting a user, by the page or the model, deletes no science data and no history."""

import pytest
from django.apps import apps
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationGroup, ObservationRecord
from tom_targets.models import PersistentShare, Target, TargetImport, TargetList

pytestmark = [pytest.mark.database, pytest.mark.django_db]

# What is the user's own and goes with them.
THEIRS = {
    *("tom_common.Profile", "tom_common.TermsOfServiceAcceptance", "tom_targets.TargetUserObjectPermission", "tom_targets.Grant"),
    *("tom_common.CommentMention", "tom_common.HomeLayout"),
}


@pytest.mark.parametrize("way", ["model", "queryset", "page"])
def test_science_outlives_its_user(client, django_user_model, way):
    user = django_user_model.objects.create_user("leaving", password="pw")
    target = Target.objects.create(name="Kept", type="SIDEREAL", ra=1.0, dec=2.0)
    target.give_user_access(user)
    record = ObservationRecord.objects.create(
        target=target, user=user, facility="Example", observation_id="1", status="PENDING", parameters={}
    )
    group = ObservationGroup.objects.create(name="Group")
    group.observation_records.add(record)
    assign_perm("tom_observations.view_observationgroup", user, group)
    product = DataProduct.objects.create(target=target, observation_record=record, product_id="p", data_product_type="fits_file")
    assign_perm("tom_dataproducts.view_dataproduct", user, product)
    ReducedDatum.objects.create(target=target, data_product=product, data_type="photometry", value={"magnitude": 17.0, "filter": "r"})
    PersistentShare.objects.create(target=target, user=user, destination="elsewhere")
    TargetList.objects.create(name="List").targets.add(target)
    TargetImport.objects.create(user=user, file_name="targets.csv", state="done", made=[[target.pk, target.pk]])
    every = apps.get_models(include_auto_created=True)
    models = [m for m in every if m._meta.app_label.startswith("tom_") and m._meta.managed and not m._meta.proxy]
    before = {m._meta.label: m._base_manager.count() for m in models}

    if way == "model":
        user.delete()
    elif way == "queryset":
        django_user_model.objects.filter(pk=user.pk).delete()
    else:
        client.force_login(
            django_user_model.objects.create_superuser("boss", password="pw"), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        before["tom_common.Profile"] += 1
        assert client.post(reverse("user-delete", args=[user.pk])).status_code == 302
    assert not django_user_model.objects.filter(username="leaving").exists()

    after = {m._meta.label: m._base_manager.count() for m in models}
    lost = {label: (before[label], after[label]) for label in before if after[label] < before[label]}
    assert lost.keys() <= THEIRS, lost
    record.refresh_from_db()
    assert record.user is None
    assert PersistentShare.objects.get().user is None
