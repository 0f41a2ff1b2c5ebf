"""Projects as their owners have them: they start, migrate an empty database and serve every page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = ["kind232", "kind31", "small", "two_databases"]
# Pages that a TOM with one of each thing does not have, and why.
NOT_THERE = {
    "mfa_deactivate_totp": "no second factor is set up",
    "mfa_view_recovery_codes": "no second factor is set up",
    "mfa_download_recovery_codes": "no second factor is set up",
    "targets:persistent-share-detail": "nothing is shared",
    "observations:template-create": "the facility has no templates",
    "observations:template-update": "the facility has no templates",
    "observations:template-detail": "the facility has no templates",
    "observations:callback": "no observation comes back",
    "observations:create": "the facility takes observations on its own pages, in the older project",
    "observations:redirect": "the facility takes observations on ours, in the newer projects",
    "dataproducts:single-target-data-service-query": "no such service is configured",
    **dict.fromkeys(
        ("dataproducts:file", "dataproducts:view", "dataproducts:image", "dataproducts:image-info", "dataproducts:preview"),
        "the product has no file",
    ),
    "dataproducts:periodogram": "the target has too few measurements",
    "data-file": "no such file",
    "dataproducts:download": "the target has no data",
    "home-panel": "no panel of that name",
    "observations:panel": "no panel of that name",
    "targets:tab": "no tab of that name",
    "comment-delete": "nobody has commented",
    "comment-edit": "nobody has commented",
    "comment-attachment": "nobody has commented",
    "api:comments-detail": "nobody has commented",
    "table-bulk-run": "nobody has begun an action on many rows",
    "styleguide": "only while debugging",
    "api:targets-merge-plan": "no other target is named",
    "api:targetextra-detail": "the target has no such row",
    "api:targetname-detail": "the target has no such row",
    "api:reduceddatums-detail": "the target has no such row",
}


def run(project, folder, *command, extra=None, check=True):
    """A command inside one of the projects, its files in `folder`."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"tests.projects.{project}.settings",
        "OPENTOM_PROJECT_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTHONWARNINGS": "default",
        **(extra or {}),
    }
    done = subprocess.run([sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if check and done.returncode:
        pytest.fail(f"{' '.join(command)} in {project} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
    return done


@pytest.fixture(scope="module", params=KINDS)
def project(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    run(request.param, folder, "-m", "django", "migrate", "--verbosity", "0")
    if request.param == "two_databases":
        run(request.param, folder, "-m", "django", "migrate", "--database", "archive", "--verbosity", "0")
    return request.param, folder


def test_checks_pass(project):
    name, folder = project
    run(name, folder, "-m", "django", "check", "--fail-level", "WARNING")


def test_models_and_migrations_agree_whatever_the_projects_auto_field(project):
    name, folder = project
    run(name, folder, "-m", "django", "makemigrations", "--check", "--dry-run")


def test_every_page_is_served(project):
    name, folder = project
    report = json.loads(run(name, folder, "-m", "tests.projects.crawl").stdout)
    broken = [row for row in report["opened"] if row["anonymous"] >= 500 or row["owner"] >= 500]
    assert not broken, broken
    assert len(report["opened"]) > 60, report["unfilled"]
    hidden = {row["name"] for row in report["opened"] if row["owner"] in (400, 401, 403, 404)}
    assert hidden <= NOT_THERE.keys(), {row["name"]: row["owner"] for row in report["opened"] if row["name"] in hidden - NOT_THERE.keys()}


def test_a_second_database_stays_empty_of_ours(tmp_path):
    import sqlite3

    run("two_databases", tmp_path, "-m", "django", "migrate", "--verbosity", "0")
    run("two_databases", tmp_path, "-m", "django", "migrate", "--database", "archive", "--verbosity", "0")
    with sqlite3.connect(tmp_path / "archive.sqlite3") as archive:
        tables = {name for (name,) in archive.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "django_session" in tables
    assert not {table for table in tables if table.startswith("tom_")}
