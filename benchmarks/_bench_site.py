"""The TOM that is measured: every app and middleware of OpenTOM, one database; and its data set, deterministic and kept between runs.

40 % of the targets OPEN, 10 % PUBLIC, 50 % PRIVATE with grants spread over 20 groups (the member is in 3 of them); two aliases a target;
lists; 100 targets with 1,000 points, one with 10,000, one with 100,000; 5,000 observations; 2,000 products. Databases lie in
benchmarks/_data/ (SQLite) or are named opentom_bench_<targets> (PostgreSQL, on the server that DATABASE_URL names, else the local one).
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "benchmarks" / "_data"
MEMBER, BOSS = "member", "boss"
NEEDLE = "needle"  # part of an alias of ten targets, however many there are
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


def server() -> dict[str, str]:
    """Connection parameters of the PostgreSQL server, without a database."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        return {"user": os.environ.get("PGUSER", "root")}
    found = {
        "host": url.hostname,
        "port": url.port and str(url.port),
        "user": url.username,
        "password": url.password and unquote(url.password),
    }
    return {key: value for key, value in found.items() if value}


def configure(database: str, targets: int) -> None:
    from django.conf import settings

    from tom_common import default_settings as ours

    if database == "sqlite":
        DATA.mkdir(exist_ok=True)
        engine = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA / f"targets-{targets}.sqlite3"),
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
        }
    else:
        # no parallel workers: their CPU would be counted nowhere
        engine = {"ENGINE": "django.db.backends.postgresql", "NAME": f"opentom_bench_{targets}", "CONN_MAX_AGE": None,
                  "OPTIONS": {"options": "-c max_parallel_workers_per_gather=0"}}  # fmt: skip
        engine |= {key.upper(): value for key, value in server().items()}
    names = ("request", "auth", "messages")
    places = {"request": "django.template", "auth": "django.contrib.auth", "messages": "django.contrib.messages"}
    templates = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [f"{places[name]}.context_processors.{name}" for name in names]},
    }
    settings.configure(
        **{key: value for key, value in vars(ours).items() if key.isupper()}
        | {
            "SECRET_KEY": "benchmark",
            "DEBUG": False,
            "ALLOWED_HOSTS": ["*"],
            "USE_TZ": True,
            "SITE_ID": 1,
            "ROOT_URLCONF": "_bench_site",
            "DATABASES": {"default": engine},
            "INSTALLED_APPS": list(ours.TOMTOOLKIT_INSTALLED_APPS),
            "MIDDLEWARE": list(ours.TOMTOOLKIT_MIDDLEWARE),
            "STATIC_URL": "/static/",
            "MEDIA_ROOT": str(DATA / "media"),
            "TEMPLATES": [templates],
        }
    )
    import django

    django.setup()


def empty(request):
    """What every page of a logged-in user costs: all middleware, session, user."""
    from django.http import HttpResponse

    return HttpResponse(f"<!doctype html><title>{request.user.pk}</title>")


def __getattr__(name):
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import include, path
    from django.views.decorators.csrf import csrf_exempt

    return [path("empty/", csrf_exempt(empty)), path("", include("tom_common.urls"))]


def _write(model, columns: tuple[str, ...], rows: list[tuple]) -> None:
    """Rows by plain SQL; columns that are not given get the model's defaults."""
    from django.db import connection, transaction

    fields = {field.attname: field for field in model._meta.concrete_fields}
    rest = [f for name, f in fields.items() if name not in columns and not f.primary_key]
    rest = [f for f in rest if f.has_default() or not f.null]
    defaults = tuple(f.get_db_prep_save(EPOCH if f.get_internal_type() == "DateTimeField" else f.get_default(), connection) for f in rest)
    names = ", ".join(connection.ops.quote_name(c) for c in (*(fields[c].column for c in columns), *(f.column for f in rest)))
    prepare = [fields[c] for c in columns]
    table = model._meta.db_table
    moments = [i for i, f in enumerate(prepare) if f.get_internal_type() == "DateTimeField"]
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(rows), 50_000):
            some = rows[start : start + 50_000]
            if connection.vendor == "postgresql":
                with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in some:
                        copy.write_row((*row, *defaults))
                continue
            if moments:
                some = [
                    tuple(connection.ops.adapt_datetimefield_value(v) if i in moments else v for i, v in enumerate(row)) for row in some
                ]
            marks = ", ".join(["%s"] * (len(columns) + len(defaults)))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [(*row, *defaults) for row in some])  # noqa: S608


def _people() -> None:
    from django.contrib.auth.models import Group, User

    Group.objects.bulk_create([Group(pk=i, name=f"group {i}") for i in range(1001, 1021)])
    User.objects.create_superuser(BOSS)
    User.objects.create_user(MEMBER).groups.add(1001, 1002, 1003)


def _targets(count: int) -> None:
    import numpy as np
    from django.contrib.auth.models import Permission

    from tom_astro.healpix import healpix29
    from tom_targets.constants import HOLDERS_OF_PERMISSION
    from tom_targets.matching import simplify
    from tom_targets.models import BaseTarget, Grant, TargetGroupObjectPermission, TargetName

    rng = np.random.default_rng(1)
    view = Permission.objects.get(codename="view_target", content_type__app_label="tom_targets").pk
    for start in range(0, count, 100_000):
        n = min(100_000, count - start)
        ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
        draw, words, groups = rng.uniform(0, 1, n), rng.integers(0, 10**9, n), rng.integers(1001, 1021, n)
        pixels = healpix29(ra, dec)
        targets, grants, rights, names = [], [], [], []
        for i in range(n):
            pk, kind = start + i + 1, "OPEN" if draw[i] < 0.4 else "PUBLIC" if draw[i] < 0.5 else "PRIVATE"
            name, when, group = f"T{words[i]:09d}-{pk}", EPOCH + timedelta(seconds=pk * 7 % 86_400_000), int(groups[i])
            targets.append((pk, name, simplify(name), "SIDEREAL", float(ra[i]), float(dec[i]), int(pixels[i]), kind, when, when))
            grants += [(holder, pk) for holder in HOLDERS_OF_PERMISSION[kind] or (group,)]
            if kind == "PRIVATE":
                rights.append((view, group, pk))
            first = f"{NEEDLE} {pk}" if pk <= 10 else f"Survey {words[i] % 1000:03d}a-{pk}"
            names += [(pk, alias, simplify(alias), when, when) for alias in (first, f"2MASS J{words[i]:09d}+{pk}")]
        _write(BaseTarget, ("id", "name", "simplified_name", "type", "ra", "dec", "healpix", "permissions", "created", "modified"), targets)
        _write(Grant, ("holder", "target_id"), grants)
        _write(TargetGroupObjectPermission, ("permission_id", "group_id", "content_object_id"), rights)
        _write(TargetName, ("target_id", "name", "simplified_name", "created", "modified"), names)


def _hanging_on(count: int) -> None:
    """Lists, observations, products and points. Target 1 has 100,000 points, target 2 10,000, a hundred others 1,000 each; target 5 none."""
    from django.contrib.auth.models import User
    from guardian.shortcuts import assign_perm

    from tom_dataproducts.models import DataProduct
    from tom_dataproducts.rows import DatumRow
    from tom_dataproducts.services import add_reduced_data
    from tom_observations.models import ObservationRecord
    from tom_targets.models import BaseTarget, TargetList

    member = User.objects.get(username=MEMBER)
    for number in range(1, 11):
        grouping = TargetList.objects.create(name=f"List {number}")
        grouping.targets.add(*range(number * 50, number * 50 + 50))
        if number <= 3:
            for action in ("view", "change", "delete"):
                assign_perm(f"tom_targets.{action}_targetlist", member, grouping)
    keys = range(101, min(count, 901) + 1)
    observations = [(keys[i % len(keys)], "LCO", "{}", f"o{i}", "COMPLETED" if i % 2 else "PENDING", EPOCH, EPOCH) for i in range(5000)]
    _write(ObservationRecord, ("target_id", "facility", "parameters", "observation_id", "status", "created", "modified"), observations)
    products = [(f"p{i}", keys[i % len(keys)], f"none/p{i}.csv", EPOCH, EPOCH) for i in range(2000)]
    _write(DataProduct, ("product_id", "target_id", "data", "created", "modified"), products)
    for key, points in [(1, 100_000), (2, 10_000), *((key, 1000) for key in (3, *range(101, 200)))]:
        rows = [
            DatumRow("photometry", EPOCH + timedelta(minutes=30 * i), brightness=17 + i % 500 / 100, brightness_error=0.02,
                     bandpass="gri"[i % 3], telescope="ZTF", source_name="ZTF", source_id=f"{key}-{i}")
            for i in range(points)
        ]  # fmt: skip
        for start in range(0, points, 20_000):
            add_reduced_data(target=BaseTarget(pk=key), rows=rows[start : start + 20_000])
    BaseTarget.objects.filter(pk__in=(1, 2, 3, 5)).update(permissions="OPEN")


def build(targets: int) -> None:
    """Make the data set, or bring a kept one up to the newest migration."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.core.management.color import no_style
    from django.db import connection

    if connection.vendor == "postgresql":
        import psycopg

        name = connection.settings_dict["NAME"]
        with psycopg.connect(dbname="postgres", autocommit=True, **server()) as server_connection:
            if not server_connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                server_connection.execute(f"CREATE DATABASE {name}")
    call_command("migrate", verbosity=0, skip_checks=True)
    if User.objects.filter(username="complete").exists():
        return
    if User.objects.filter(username=BOSS).exists():
        sys.exit(f"The data set of {targets} was left half made: remove its database ({connection.settings_dict['NAME']}) and try again.")
    print(f"making the data set of {targets:,} ...", file=sys.stderr, flush=True)
    _people()
    _targets(targets)
    if connection.vendor == "postgresql":
        from django.apps import apps

        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_app_config("tom_targets").get_models()):
                cursor.execute(sql)
    _hanging_on(targets)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    User.objects.create_user("complete")
