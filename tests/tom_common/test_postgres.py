"""What connections to PostgreSQL are told."""

import pytest
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_statements_are_not_compiled():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone compiles statements")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_the_options_of_a_connection_have_the_last_word():
    from tom_common.postgres import without_jit

    class Asked:
        vendor, settings_dict = "postgresql", {"OPTIONS": {"options": "-c jit=on"}}

    without_jit(None, Asked())  # it has no connection that could be told anything
