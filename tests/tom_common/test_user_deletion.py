"""Deleting an account takes what is the person's own and never the science."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import CASCADE

pytestmark = pytest.mark.database

# what belongs to the account itself, and goes with it
THE_PERSONS_OWN = {
    "tom_common.Profile",
    "tom_common.TermsOfServiceAcceptance",
    "tom_common.GroupManager",
    "tom_common.TablePreference",
    "tom_common.SavedFilter",
    "tom_common.HomeLayout",
    "tom_common.CommentMention",
    "tom_targets.TargetUserObjectPermission",
}


def cascading():
    user = get_user_model()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.app_label.startswith("tom_"):
            continue
        for field in model._meta.local_fields:
            relation = field.remote_field
            if relation and relation.model is user and getattr(relation, "on_delete", None) is CASCADE:
                yield model, field


def test_no_row_of_science_hangs_on_an_account():
    wrong = []
    for model, field in cascading():
        label = model._meta.label
        is_link = model._meta.auto_created or "ObjectPermission" in model.__name__
        if label not in THE_PERSONS_OWN and not is_link:
            wrong.append(f"{label}.{field.name}")
    assert wrong == [], "these rows would go with the account: use on_delete=SET_NULL"


@pytest.mark.django_db
def test_an_account_can_be_deleted(django_user_model):
    user = django_user_model.objects.create_user("ada")
    assert user.delete()[0] >= 2
    assert not django_user_model.objects.filter(username="ada").exists()
