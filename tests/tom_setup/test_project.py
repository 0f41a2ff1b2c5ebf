"""The files of a new TOM."""

import os
import stat
import subprocess
import sys

import pytest

from tom_setup.project import ProjectError, ProjectOptions, create_project, render, template_context


@pytest.fixture
def options(tmp_path):
    return ProjectOptions(name="my_tom", directory=tmp_path / "my_tom")


def test_everything_is_there_and_compiles(options):
    made = create_project(options)
    root = options.directory
    for folder in ("data", "templates", "static", "tmp", "static/tom_common/css", "static/tom_common/img"):
        assert (root / folder).is_dir()
    for name in (
        "manage.py",
        "my_tom/settings.py",
        "my_tom/urls.py",
        "my_tom/wsgi.py",
        "custom_code/models.py",
        "custom_code/management/commands/__init__.py",
    ):
        assert (root / name).is_file(), name
    for path in root.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    assert os.access(root / "manage.py", os.X_OK)
    assert made.kept == []


def test_the_secret_is_in_a_file_of_its_own_that_only_the_owner_reads(options, tmp_path):
    create_project(options)
    secret = options.directory / ".secret_key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    key = secret.read_text().strip()
    assert len(key) >= 50
    assert key not in (options.directory / "my_tom" / "settings.py").read_text()
    assert ".secret_key" in (options.directory / ".gitignore").read_text().splitlines()
    other = ProjectOptions(name="other", directory=tmp_path / "other")
    create_project(other)
    assert (other.directory / ".secret_key").read_text().strip() != key


def test_a_password_of_the_database_is_kept_like_the_secret(tmp_path):
    project = ProjectOptions(name="my_tom", directory=tmp_path / "p", database="postgres://me:hunter22@db/tom")
    create_project(project)
    path = project.directory / ".database_url"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() == "postgres://me:hunter22@db/tom"
    assert "hunter22" not in (project.directory / "my_tom" / "settings.py").read_text()


def test_a_second_time_changes_nothing(options):
    create_project(options)
    before = {path: path.read_bytes() for path in options.directory.rglob("*") if path.is_file()}
    made = create_project(options)
    assert made.written == []
    assert {path: path.read_bytes() for path in options.directory.rglob("*") if path.is_file()} == before


def test_files_of_the_owner_are_kept_or_copied(options):
    create_project(options)
    css = options.directory / "static" / "tom_common" / "css" / "custom.css"
    css.write_text("mine")
    create_project(options)
    assert css.read_text() == "mine"
    create_project(options, may_overwrite=lambda path: True)
    assert css.read_text() != "mine"
    assert css.with_name("custom.css.orig").read_text() == "mine"


def test_a_refusal_of_what_is_needed_writes_nothing(options):
    (options.directory / "my_tom").mkdir(parents=True)
    (options.directory / "my_tom" / "settings.py").write_text("mine")
    with pytest.raises(ProjectError, match="--force"):
        create_project(options, refresh=frozenset({"my_tom/settings.py"}))
    assert [path.name for path in options.directory.rglob("*") if path.is_file()] == ["settings.py"]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "my-tom"},
        {"name": "class"},
        {"name": "1tom"},
        {"name": "tom_targets"},
        {"name": "json"},
        {"app": "my_tom"},
        {"app": "tom_common"},
        {"target_type": "STAR"},
        {"database": "access"},
    ],
)
def test_what_cannot_be_is_refused(tmp_path, values):
    with pytest.raises(ProjectError):
        ProjectOptions(**({"name": "my_tom", "directory": tmp_path} | values))


def test_templates_take_the_documented_keys(options):
    context = template_context(options, secret_key="a-key")
    assert context["SECRET_KEY"] == "a-key"
    assert {"SECRET_KEY", "PROJECT_NAME", "CUSTOM_CODE_APP_NAME", "TARGET_TYPE", "HINTS_ENABLED", "CREATE_DATE", "DJANGO_VERSION"} <= set(
        context
    )
    for template in ("css.tmpl", "models.tmpl", "settings.tmpl", "urls.tmpl"):
        assert "{{" not in render(template, context)


def test_the_sample_model_is_right_once_its_marks_are_taken_away(options):
    """Uncommented, the sample is a model that Django accepts."""
    create_project(options)
    models = options.directory / "custom_code" / "models.py"
    lines = models.read_text().split("\n\n", 1)[1].splitlines()
    models.write_text("\n".join(line.removeprefix("# ").removeprefix("#") for line in lines) + "\n")
    settings = options.directory / "my_tom" / "settings.py"
    text = settings.read_text()
    assert "# TARGET_MODEL_CLASS" in text
    settings.write_text(text.replace("# TARGET_MODEL_CLASS", "TARGET_MODEL_CLASS"))
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "custom_code", "--verbosity", "0"],
        cwd=options.directory,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "UserDefinedTarget" in (options.directory / "custom_code" / "migrations" / "0001_initial.py").read_text()
