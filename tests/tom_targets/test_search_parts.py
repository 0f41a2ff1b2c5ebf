"""Parts of names and aliases: found by an index, with the answer of `icontains` whatever is looked for."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Q
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tom_targets import checks, name_parts, queries
from tom_targets.models import BaseTarget, TargetName
from tom_targets.policy import visible_to

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NAMES = [
    "SN 2024abc", "sn2024ABD", "100% sure", "a_b_c", "back\\slash", "O'Neill", 'say "so"', "Éta Carinae", "éta", "ÉTA", "ΑΛΦΑ Cen", "αλφα", "straße",
    "STRASSE", "x", "xy", "xyz", "  spaced  ", "tab\tbed", "AND OR NOT", "NEAR(a b)", "col:umn", "star*", "日本語の星", "İstanbul", "ﬁeld", "a-b-c", "^top",
]  # fmt: skip


def plainly(text):
    text = text.replace("\x00", "").strip()
    if not text:
        return set(BaseTarget.objects.values_list("pk", flat=True))
    owners = TargetName.objects.filter(name__icontains=text).values("target_id")
    return set(BaseTarget.objects.filter(Q(name__icontains=text) | Q(pk__in=owners)).values_list("pk", flat=True))


def found(text):
    return set(queries.search_text(BaseTarget.objects.all(), text).values_list("pk", flat=True))


@pytest.fixture
def sky(make):
    for number, name in enumerate(NAMES):
        make(name, names=[f"alias {number} {name}"[:100]] if number % 3 == 0 else [])


pieces = st.one_of(
    st.sampled_from(NAMES)
    .flatmap(lambda name: st.tuples(st.just(name), st.integers(0, 12), st.integers(0, 12)))
    .map(lambda t: t[0][t[1] : t[1] + t[2]]),
    st.sampled_from(NAMES).map(str.upper),
    st.sampled_from(NAMES).map(str.lower),
    st.text(alphabet="aA%_\\'\" éÉß*:()^-0123", max_size=6),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=4),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=pieces)
@example(text="%%%")
@example(text="___")
@example(text='"so')
@example(text="\\sl")
@example(text="O'N")
@example(text="ÉTA")
@example(text="\x00ab")
def test_the_answer_is_that_of_icontains(sky, text):
    assert found(text) == plainly(text)


@pytest.mark.parametrize(("few", "many"), [(500, 20_000), (1, 20_000), (0, 1)])
def test_every_way_of_asking_answers_alike(sky, monkeypatch, few, many):
    monkeypatch.setattr(name_parts, "FEW", few)
    monkeypatch.setattr(name_parts, "MANY", many)
    monkeypatch.setattr(name_parts, "MANY_IN_ARRAY", many)
    for text in ("abc", "ias", "2024", "éta", "nothing like it", "xyz"):
        assert found(text) == plainly(text)


def test_the_index_follows_every_write(make, members):
    target = make("Old name", names=["old alias"])
    BaseTarget.objects.filter(pk=target.pk).update(name="Fresh name")
    assert (found("old nam"), found("fresh"), found("old ali")) == (set(), {target.pk}, {target.pk})
    TargetName.objects.all().delete()
    assert found("old ali") == set()
    more = BaseTarget.objects.bulk_create([BaseTarget(name=f"Bulk {i}", type="SIDEREAL", ra=1, dec=1) for i in range(3)])
    assert len(found("bulk")) == 3
    with transaction.atomic():
        BaseTarget.objects.all().delete()
        assert found("bulk") == set()
        transaction.set_rollback(False)
    assert more


def test_a_change_that_is_taken_back_leaves_no_trace(make):
    make("Kept")
    try:
        with transaction.atomic():
            make("Undone")
            BaseTarget.objects.filter(name="Kept").update(name="Lost")
            raise ValueError
    except ValueError:
        pass
    assert (len(found("kept")), found("undone"), found("lost")) == (1, set(), set())


@pytest.mark.skipif(connection.vendor not in ("sqlite", "postgresql"), reason="this database has no index for parts of a text")
def test_the_index_is_there_and_is_used(make, member):
    assert [index.is_there(connection) for index in name_parts.indexes()] == [True, True]
    assert checks.check_name_parts(None, databases=["default"]) == []
    BaseTarget.objects.bulk_create([BaseTarget(name=f"T {i}", type="SIDEREAL", ra=1, dec=1) for i in range(600)])
    if connection.vendor == "sqlite":
        names, owners = name_parts._holding("abc", "default")
        for rows in (names, owners):
            assert "VIRTUAL TABLE INDEX" in rows.explain()
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tom_targets_basetarget")
        cursor.execute("SET enable_seqscan = off")
        names, _ = name_parts._holding("abc", "default")
        assert "tom_target_name_part" in names.explain()
        cursor.execute("SET enable_seqscan = on")


@pytest.mark.skipif(connection.vendor not in ("sqlite", "postgresql"), reason="this database has no index for parts of a text")
def test_without_the_index_the_answer_is_the_same_and_a_check_says_so(sky, capsys):
    connection.check_constraints()  # or PostgreSQL would not have the tables changed within the test's transaction
    for index in name_parts.indexes():
        with connection.cursor() as cursor:
            index.remove(connection, cursor.execute)
    assert found("éta") == plainly("éta")
    (problem,) = checks.check_name_parts(None, databases=["default"])
    assert problem.id == "tom_targets.W005"
    call_command("repairtargets")
    assert "Parts of names: indexed" in capsys.readouterr().out
    assert checks.check_name_parts(None, databases=["default"]) == []
    assert found("abc") == plainly("abc")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite keeps the index by triggers")
def test_triggers_lost_with_a_table_come_back_after_migrating(make):
    from django.apps import apps
    from django.db.models.signals import post_migrate

    target = make("Before")
    with connection.cursor() as cursor:
        for when in ("ai", "ad", "au"):
            cursor.execute(f'DROP TRIGGER "tom_targets_basetarget_name_part_{when}"')
    BaseTarget.objects.filter(pk=target.pk).update(name="Meanwhile")
    post_migrate.send(
        apps.get_app_config("tom_targets"), app_config=apps.get_app_config("tom_targets"), using="default", verbosity=0, interactive=False,
        plan=[], apps=apps,
    )  # fmt: skip
    assert (found("before"), found("meanwhile")) == (set(), {target.pk})


def test_a_rare_part_costs_a_member_few_statements(make, member, members, django_assert_num_queries):
    from guardian.shortcuts import assign_perm

    mine, _ = make("Rare bird"), make("Rare hidden bird")
    assign_perm("tom_targets.view_target", members, mine)
    visible = visible_to(member, "view")
    list(queries.search_text(visible, "bird"))  # whether the index is there is asked once in a process
    with django_assert_num_queries(2):
        assert list(queries.search_text(visible, "rare")) == [mine]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["polygon", "cone_search", "target_cone_search"])
def test_per_cent_signs_in_what_is_no_place_are_an_error_of_the_field(client, name):
    answer = client.get("/api/targets/", {name: "%Y-%m %d %"})
    assert answer.status_code == 400
    assert list(answer.json()) == [name]
    assert client.get("/targets/", {name: "100% %(x)s"}).status_code == 200
