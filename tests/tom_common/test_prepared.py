"""Prepared statements say what the queryset would say, whatever the keys are."""

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Count, Q
from django.test import override_settings

from tom_common.prepared import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    groups = Group.objects.bulk_create([Group(name=f"g{i}") for i in range(3)])
    users = [User.objects.create_user(f"u{i}", first_name="same") for i in range(4)]
    for user in users:
        user.groups.set(groups[: users.index(user)])
    return users, groups


ALIKE = {
    "models": lambda key: User.objects.filter(pk=key),
    "a text": lambda name: User.objects.filter(username=name, first_name="same").order_by("-pk")[:1],
    "fewer columns": lambda key: User.objects.filter(pk=key).defer("password", "last_login"),
    "values": lambda key: User.objects.filter(pk__gte=key).order_by("pk").values_list("pk", "date_joined"),
    "flat": lambda key: User.objects.filter(pk__gte=key).order_by("pk").values_list("username", flat=True),
    "several": lambda keys: User.objects.filter(pk__in=keys).order_by("pk"),
    "a count": lambda key: User.groups.through.objects.filter(user_id=key).values("user_id").annotate(n=Count("pk")).values_list("n", flat=True),
    "a union": lambda key, keys: User.objects.filter(pk=key).values_list("pk", flat=True).union(
        User.objects.filter(groups__in=keys).values_list("pk", flat=True)).order_by("id"),
    "with a relation": lambda key: User.groups.through.objects.filter(user_id=key).select_related("group", "user").order_by("pk"),
    "twice": lambda key: User.objects.filter(Q(pk=key) | Q(groups__user=key)).order_by("pk").distinct(),
}  # fmt: skip


@pytest.mark.parametrize("kind", ALIKE)
def test_the_same_as_the_queryset(kind, people, django_assert_num_queries):
    users, groups = people
    make, asked = ALIKE[kind], Prepared(ALIKE[kind])
    for user in (*users, *users):
        keys = {"a text": (user.username,), "several": ((user.pk, users[0].pk),), "a union": (user.pk, tuple(g.pk for g in groups))}.get(
            kind, (user.pk,)
        )
        expected = list(make(*keys))
        with django_assert_num_queries(1):
            found = asked(*keys)
        assert found == expected
        if kind == "with a relation":
            with django_assert_num_queries(0):
                assert [(row.group.name, row.user.username) for row in found] == [(row.group.name, user.username) for row in expected]
        if kind == "fewer columns":
            assert found[0].get_deferred_fields() == {"password", "last_login"}
        if kind == "models":
            assert vars(found[0]).keys() == vars(expected[0]).keys()
            assert (found[0]._state.adding, found[0]._state.db) == (False, "default")


def test_the_query_is_put_together_once_for_each_shape(people):
    users, _ = people
    made = []

    def make(keys):
        made.append(keys)
        return User.objects.filter(pk__in=keys).order_by("pk")

    asked = Prepared(make)
    asked((users[0].pk,))
    first = len(made)
    for user in users:
        assert asked((user.pk,)) == [user]
    assert len(made) == first
    assert asked((users[1].pk, users[2].pk)) == users[1:3]
    assert len(made) == first + 1
    with override_settings(TOM_NAME="Another"):
        asked((users[0].pk,))
    assert len(made) == first + 2


def test_what_cannot_be_prepared_is_asked_as_it_is(people):
    users, _ = people
    several, one = Prepared(ALIKE["several"]), Prepared(ALIKE["models"])
    assert several(()) == []
    assert one(2**62) == []
    assert several((users[0].pk, 2**40)) == [users[0]]
    nobody = Prepared(lambda key: User.objects.filter(pk=key).none())
    assert nobody(users[0].pk) == []


def test_a_key_that_does_not_stand_in_the_statement_is_refused(people):
    with pytest.raises(ValueError, match="each key"):
        Prepared(lambda name: User.objects.filter(username__contains=name))("u1")
    with pytest.raises(ValueError, match="each key"):
        Prepared(lambda key: User.objects.all())(1)


def test_models_come_alone(people):
    with pytest.raises(TypeError):
        Prepared(lambda key: User.objects.filter(pk=key).annotate(n=Count("groups")))(1)
    with pytest.raises(TypeError):
        Prepared(lambda key: User.objects.filter(pk=key).prefetch_related("groups"))(1)
    with pytest.raises(TypeError):
        Prepared(lambda key: User.objects.filter(pk=key).values("pk"))(1)
