"""Old faults of the pages of targets; `test_pitfalls.py` says which weakness each is."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.template import Context, Template
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tests.safety.conftest import ask, client_for
from tom_targets.models import TargetList


@pytest.mark.parametrize("label", ["tom_targets", "custom_code"])
def test_rights_on_persistent_shares_count_under_either_label(world, monkeypatch, label):
    """Of the toolkit's app, and of the app of a project's own target model."""
    from tom_targets.templatetags import targets_extras

    monkeypatch.setattr(targets_extras, "get_target_model_app_label", lambda: "custom_code")
    table = Template("{% load targets_extras %}{% persistent_share_table target %}")
    viewer = User.objects.get(pk=world.people["owner"].pk)
    without = table.render(Context({"user": viewer, "target": world.target}))
    assert "other" not in without.lower().split()
    kind = Permission.objects.get(codename="view_persistentshare", content_type__app_label="tom_targets")
    if label == "tom_targets":
        viewer.user_permissions.add(kind)
    else:
        monkeypatch.setattr(User, "has_perm", lambda self, name, obj=None: name == "custom_code.view_persistentshare")
    shown = table.render(Context({"user": User.objects.get(pk=viewer.pk), "target": world.target}))
    assert len(shown) > len(without)
    assert "Other TOM" in shown or "other" in shown


def test_a_list_is_shared_from_its_own_page(world):
    targets_list = TargetList.objects.get(name="A list")
    owner = client_for(world.people["owner"])
    share = reverse("targets:share-group", args=[targets_list.pk])
    page = owner.get(reverse("targets:group-detail", args=[targets_list.pk])).content.decode()
    assert f'href="{share}"' in page
    said = owner.get(share)
    assert said.status_code == 200
    assert "{%" not in said.content.decode()
    assert "{{" not in said.content.decode()
    viewer = client_for(world.people["viewer"])
    assert share not in viewer.get(reverse("targets:group-detail", args=[targets_list.pk])).content.decode()
    assert viewer.get(share).status_code == 403


@pytest.mark.parametrize("who", ["viewer", "changer", "deleter", "owner"])
def test_what_one_may_not_do_is_not_offered(world, who):
    """On the pages of a target no link and no form leads to what would be refused."""
    client = client_for(world.people[who])
    pk = world.target.pk
    pages = [f"/targets/{pk}/", f"/targets/{pk}/tab/manage-data/", f"/targets/{pk}/tab/observations/", "/targets/", "/dataproducts/data/",
             f"/dataproducts/data/{world.product.pk}/", "/observations/list/", f"/observations/{world.arguments['observations']['pk']}/"]  # fmt: skip
    refused = []
    for page in pages:
        said = ask(client, page)
        assert said.status_code == 200, page
        for link in set(re.findall(r'(?:href|hx-get)="(/(?:targets|observations|dataproducts)/[^"#]*)"', said.body.decode())):
            if ask(client, link.replace("&amp;", "&")).status_code in (403, 404):
                refused.append((page, link))
    assert refused == []


def test_a_right_given_to_a_group_is_seen_at_once(world):
    client = client_for(world.people["stranger"])
    assert client.get(f"/targets/{world.target.pk}/").status_code == 404
    group = world.people["stranger"].groups.create(name="new")
    assign_perm("tom_targets.view_target", group, world.target)
    assert client.get(f"/targets/{world.target.pk}/").status_code == 200
