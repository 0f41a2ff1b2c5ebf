"""A TOM with one of each thing and everybody who may look at it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from tests.projects.walk import one_of_each

# one grey pixel
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)

# Never to be met on a page, in an address or in a log.
SECRETS = {
    "lco": "fake-lco-key-7d1f0e",
    "gem": "fake-gemini-key-51c2aa",
    "tns": "fake-tns-key-c0ffee",
    "lasair": "fake-lasair-key-99ab12",
    "hermes": "fake-hermes-key-31fe77",
    "tom": "fake-tom-password-4e5f61",
    "fink": "fake-service-key-8d8d8d",
}

KINDS_OF_FILES = {
    "photometry": ("photometry", "Photometry"),
    "fits_file": ("fits_file", "FITS File"),
    "spectroscopy": ("spectroscopy", "Spectroscopy"),
    "image_file": ("image_file", "Image File"),
}


@pytest.fixture(autouse=True)
def _as_a_project_has_it(settings):
    settings.TOM_FACILITY_CLASSES = [
        "tom_observations.facilities.manual.ExampleManualFacility",
        "tom_observations.facilities.lco.LCOFacility",
    ]
    settings.FACILITIES = {
        "LCO": {"portal_url": "http://127.0.0.1:9", "api_key": SECRETS["lco"]},
        "GEM": {
            "portal_url": {"GS": "http://127.0.0.1:9", "GN": "http://127.0.0.1:9"},
            "api_key": {"GS": SECRETS["gem"], "GN": SECRETS["gem"]},
        },
    }
    settings.BROKERS = {"TNS": {"api_key": SECRETS["tns"]}, "LASAIR": {"api_key": SECRETS["lasair"]}}
    settings.HARVESTERS = {"TNS": {"api_key": SECRETS["tns"]}}
    settings.DATA_SERVICES = {"TNS": {"api_key": SECRETS["tns"]}, "Fink": {"api_key": SECRETS["fink"]}}
    settings.DATA_SHARING = {
        "hermes": {
            "DISPLAY_NAME": "Hermes", "BASE_URL": "http://127.0.0.1:9/", "HERMES_API_KEY": SECRETS["hermes"], "USER_TOPICS": ["hermes.test"],
        },
        "other": {"DISPLAY_NAME": "Other TOM", "BASE_URL": "http://127.0.0.1:9/", "USERNAME": "us", "PASSWORD": SECRETS["tom"]},
    }  # fmt: skip
    settings.FINDER_CATALOG_URL = ""  # no catalogue is asked from here
    settings.DATA_PRODUCT_TYPES = KINDS_OF_FILES


def make_world(permissions: str) -> SimpleNamespace:
    """One of each thing on a target of these `permissions`; `people` by name, and whose rights they have."""
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sites.models import Site
    from django.core.files.base import ContentFile
    from django_comments.models import Comment
    from guardian.shortcuts import assign_perm

    from tom_common.models import CommentAttachment
    from tom_dataproducts.models import DataProduct, ReducedDatum
    from tom_targets.models import PersistentShare, Target, TargetExtra, TargetList, TargetName

    arguments = one_of_each()
    target = Target.objects.get(name="Crawled 1")
    other = Target.objects.get(name="Crawled 2")
    Target.objects.filter(name="Crawled 3").update(permissions="PUBLIC")
    users = get_user_model().objects
    owner = users.get(username="owner")  # one of each thing is theirs
    owner.is_superuser = owner.is_staff = False
    owner.save()
    people = {"anonymous": None, "stranger": users.create_user("stranger"), "owner": owner, "superuser": users.create_superuser("boss")}
    targets_list = TargetList.objects.get(name="A list")
    rights = {"viewer": ["view"], "changer": ["view", "change"], "deleter": ["view", "delete"]}
    for name, actions in rights.items():
        people[name] = users.create_user(name)
        group = Group.objects.create(name=f"group of {name}")
        people[name].groups.add(group)
        _give(assign_perm, group, actions, (target, other), targets_list)
    _give(assign_perm, owner, ["view", "change", "delete"], (target, other), targets_list)
    for one in (target, other):
        one.permissions = permissions
        one.save()
    alias = TargetName.objects.create(target=target, name="Crawled alias")
    extra = TargetExtra.objects.create(target=target, key="kind", value="nova")
    datum = ReducedDatum.objects.get(target=target)
    product = DataProduct.objects.get(product_id="p1")
    product.data.save("crawled.csv", ContentFile(b"time,filter,magnitude,error\n60000.1,r,17.5,0.02\n"))
    image = DataProduct.objects.create(product_id="p2", target=target, data_product_type=product.data_product_type)
    image.data.save("crawled.png", ContentFile(PNG))
    share = PersistentShare.objects.create(target=target, destination="other", user=owner)
    comment = Comment.objects.create(
        content_type=ContentType.objects.get_for_model(Target), object_pk=str(target.pk), site=Site.objects.get_current(),
        user=owner, user_name="owner", comment="Crawled comment", submit_date=datetime(2024, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    attachment = CommentAttachment(comment_id=comment.pk, name="crawled.txt", mime_type="text/plain", size_bytes=7)
    attachment.file.save("crawled.txt", ContentFile(b"crawled"))
    of_target = {"app_label": Target._meta.app_label, "model_name": Target._meta.model_name, "object_pk": target.pk}
    arguments |= {
        "comment-thread": of_target,
        "comment-people": of_target,
        "comment-edit": {"pk": comment.pk},
        "comment-attachment": {"pk": attachment.pk},
        "api:targetname-detail": {"pk": alias.pk},
        "api:targetextra-detail": {"pk": extra.pk},
        "api:targetlist-detail": {"pk": targets_list.pk},
        "api:reduceddatums-detail": {"pk": datum.pk},
        "targets:persistent-share-detail": {"pk": share.pk},
        "comment-delete": {"pk": comment.pk},
        "api:comments-detail": {"pk": comment.pk},
        "data-file": {"path": product.data.name},
        **{f"dataproducts:{name}": {"pk": image.pk} for name in ("view", "image", "image-info", "preview")},
    }
    return SimpleNamespace(arguments=arguments, people=people, target=target, rights=rights, product=product)


def _give(assign_perm, holder, actions, targets, targets_list):
    for action in actions:
        for target in targets:
            assign_perm(f"tom_targets.{action}_target", holder, target)
        assign_perm(f"tom_targets.{action}_targetlist", holder, targets_list)


@pytest.fixture
def world(db, request):
    return make_world(getattr(request, "param", "PRIVATE"))


def client_for(user, **headers) -> Client:
    client = Client(raise_request_exception=False, headers=headers or None)
    if user is not None:
        client.force_login(user, backend=project.AUTHENTICATION_BACKENDS[0])
    return client


def ask(client, url, method="get", data=None):
    """The answer with its body read: streamed ones too."""
    answer = getattr(client, method)(url, data) if data is not None else getattr(client, method)(url)
    if answer.streaming:
        answer.body = b"".join(answer.streaming_content)  # read to its end it is closed; closed again, it takes the connection along
    else:
        answer.body = answer.content
    return answer


CHANGING = [
    rb'(csrfmiddlewaretoken" value="|X-CSRFToken[^:]*: ?[^A-Za-z0-9]*|csrf-token" content="|nonce="|nonce-)[A-Za-z0-9+/=_-]+',
    rb'"csrf_token": ?"[^"]*"()',
    rb'(name="(?:timestamp|security_hash|submission_key)" value=")[^"]*',
    rb'(data-clock="utc" datetime=")[^<]*',
]


def scrubbed(body: bytes) -> bytes:
    """Without what differs from one answer to the next: CSRF tokens, nonces, the clock at the foot of each page."""
    for pattern in CHANGING:
        body = re.sub(pattern, rb"\1", body)
    return body
