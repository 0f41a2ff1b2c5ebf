"""Looking changes nothing: every address by GET and HEAD, for everybody, and the database is as it was."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection

from tests.projects.walk import addresses
from tests.safety.conftest import ask, client_for

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE")
# Sessions and the time of the last login are kept by Django for every visit; a query's own page is its run, whose time it keeps.
KEPT_BY_LOOKING = {
    "django_session": "*",
    "auth_user": {"last_login"},
    "tom_alerts_brokerquery": {"last_run"},
    "tom_dataservices_dataservicequery": {"last_run"},
}


def fingerprint() -> dict[str, tuple[int, str]]:
    """Number of rows and a hash of all rows, by table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            kept = KEPT_BY_LOOKING.get(table, set())
            if kept == "*":
                continue
            columns = [c.name for c in connection.introspection.get_table_description(cursor, table) if c.name not in kept]
            quoted = ", ".join(connection.ops.quote_name(name) for name in columns)
            cursor.execute(f"SELECT {quoted} FROM {connection.ops.quote_name(table)}")  # noqa: S608  (names of our own tables)
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


class Writes:
    """Collects statements that write, so that what changed something can be named."""

    def __init__(self):
        self.found = []

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(WRITES) and '"django_session"' not in sql:
            self.found.append(sql[:120])
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("world", "who"),
    [("PRIVATE", "anonymous"), ("OPEN", "anonymous"), ("PRIVATE", "stranger"), ("PUBLIC", "stranger"), ("PRIVATE", "viewer"), ("PRIVATE", "owner"),
     ("PRIVATE", "superuser")],
    indirect=["world"],
)  # fmt: skip
def test_looking_changes_nothing(world, who):
    client = client_for(world.people[who])
    before = fingerprint()
    writers, broken, logged_out = {}, [], []
    urls = list(addresses(world.arguments))
    assert len(urls) > 100
    for address in urls:
        for method in ("get", "head"):
            writes = Writes()
            with connection.execute_wrapper(writes):
                status = ask(client, address.url, method).status_code
            if status >= 500:
                broken.append((address.name, method, status))
            if writes.found:
                writers.setdefault(address.name, writes.found)
        if who != "anonymous" and client.get("/api/groups/").status_code != 200:
            logged_out.append(address.name)
            client = client_for(world.people[who])
    assert not broken
    assert not logged_out
    changed = {table for table, state in fingerprint().items() if before.get(table) != state}
    assert not changed, (changed, writers)
