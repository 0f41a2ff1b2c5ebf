"""The examples of docs/api_data.md do as they are printed."""

import datetime as dt
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from rest_framework.authtoken.models import Token

from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_targets.models import BaseTarget

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api_data.md").read_text()
HEAD, *EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
STRICT = 'set -e\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n'

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash"),
]


@pytest.fixture
def run(live_server, boss, settings, tmp_path):
    settings.DATA_PROCESSORS = {"photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor"}
    (tmp_path / "points.csv").write_text("mjd,mag,filter\n60001.5,17.1,r\n60002.5,17.2,r\n")
    target = BaseTarget.objects.create(pk=1, name="M 51", type="SIDEREAL", ra=202.47, dec=47.2)
    when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    ReducedDatum.objects.create(pk=5, target=target, data_type="photometry", timestamp=when, value={"magnitude": 17.0, "filter": "r"})
    token = Token.objects.get_or_create(user=boss)[0].key
    head = HEAD.replace("http://127.0.0.1:8000", live_server.url)
    assert head != HEAD

    def run(script):
        done = subprocess.run(
            ["bash", "-c", STRICT + head + script], cwd=tmp_path, env={**os.environ, "TOKEN": token}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout

    return run


def test_the_examples(run, tmp_path):
    assert len(EXAMPLES) == 7
    found, one, table, million, rows, change, upload = (text.replace("1_000_000", "2000") for text in EXAMPLES)
    assert '"id":5' in run(found)
    assert (tmp_path / "photometry.parquet").read_bytes()[:4] == b"PAR1"
    for script, first, again in (
        (one, "successfully uploaded", "already_exists"),
        (table, '"created":2,"updated":0,"unchanged":0', '"created":0,"updated":0,"unchanged":2'),
        (rows, '"created":0,"updated":0,"unchanged":2', '"created":0,"updated":0,"unchanged":2'),
        (million, '"created":2000', '"unchanged":2000'),
        (upload, "successfully uploaded", "already_exists"),
    ):
        assert first in run(script)
        stored = ReducedDatum.objects.count()
        assert again in run(script)
        assert ReducedDatum.objects.count() == stored
    assert DataProduct.objects.get().reduceddatum_set.count() == 2
    assert '"magnitude":17.2' in run(change)
    assert not ReducedDatum.objects.filter(pk=5).exists()
