"""The `opentom` command: make a TOM, serve it, show the demo."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

# Django and the rest are imported by the command that needs them: `opentom --help` answers at once.


def main(arguments: list[str] | None = None) -> int:
    """Entry point; the exit code is 0 when all went well, 1 when not, 2 when the command line was wrong."""
    options = _parser().parse_args(arguments)
    from tom_setup.django_calls import ManageError
    from tom_setup.project import ProjectError
    from tom_setup.server import ServerError

    try:
        code: int = options.run(options)
        return code
    except (ManageError, ProjectError, ServerError) as error:
        print(f"opentom: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opentom", description="Make and serve a Target and Observation Manager.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="make a new TOM", description="Make a new TOM and its database.")
    new.add_argument("name", help="name of the project, such as my_tom")
    new.add_argument("--directory", type=Path, help="folder to hold manage.py (default: ./NAME)")
    new.add_argument(
        "--database", default="sqlite", help="sqlite (default), postgres, mariadb, or an address: postgres://user:password@host:5432/name"
    )
    new.add_argument("--target-type", choices=["SIDEREAL", "NON_SIDEREAL"], default="SIDEREAL", help="what most targets are")
    new.add_argument("--app", default="custom_code", help="name of the app for your own code (default: custom_code)")
    new.add_argument("--hints", action="store_true", help="show hints on the pages while you build")
    new.add_argument(
        "--superuser",
        metavar="USERNAME",
        default=os.environ.get("DJANGO_SUPERUSER_USERNAME", ""),
        help="make this superuser; the password is DJANGO_SUPERUSER_PASSWORD, or asked for at a terminal",
    )
    new.add_argument("--no-migrate", action="store_true", help="write files only, touch no database")
    new.add_argument("--force", action="store_true", help="replace files that are there (a copy is kept as NAME.orig)")
    new.set_defaults(run=_new)

    run = commands.add_parser("run", help="serve a TOM", description="Web server, task worker and scheduler together, until Ctrl-C.")
    run.add_argument("--directory", type=Path, default=Path(), help="folder that holds manage.py (default: here)")
    _serving(run)
    run.add_argument("--no-tasks", action="store_true", help="the web server alone; worker and scheduler run elsewhere")
    run.set_defaults(run=_run)

    demo = commands.add_parser("demo", help="make and serve the demonstration TOM", description="A TOM with real objects, on SQLite.")
    demo.add_argument("--directory", type=Path, default=Path("demo"), help="where the demo is kept (default: ./demo)")
    _serving(demo)
    demo.add_argument("--no-serve", action="store_true", help="make it, and end")
    demo.set_defaults(run=_demo)
    return parser


def _serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default: 8000)")
    parser.add_argument("--workers", type=int, default=2, help="processes of the web server (default: 2)")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to 65535")
    return int(text)


def _new(options: argparse.Namespace) -> int:
    from tom_setup.django_calls import create_superuser, manage
    from tom_setup.project import ProjectOptions, create_project

    project = ProjectOptions(
        name=options.name,
        directory=(options.directory or Path(options.name)).resolve(),
        app=options.app,
        target_type=options.target_type,
        hints=options.hints,
        database=options.database,
    )
    made = create_project(project, may_overwrite=overwrite_policy(force=options.force))
    for path in made.written:
        print(f"  wrote {path}")
    for path in made.kept:
        print(f"  kept  {path}")
    if not options.no_migrate:
        manage(project.directory, "migrate", "--verbosity", "0")
        if options.superuser:
            password = os.environ.get("DJANGO_SUPERUSER_PASSWORD") or _ask_password(options.superuser)
            email = os.environ.get("DJANGO_SUPERUSER_EMAIL", "")
            made_one = create_superuser(project.directory, username=options.superuser, email=email, password=password)
            print(f"Superuser {options.superuser}" + ("" if made_one else " is there already"))
    print(f"\n{options.name} is ready in {project.directory}. What next:")
    print(f"  cd {os.path.relpath(project.directory)}")
    if options.no_migrate:
        print("  ./manage.py migrate")
    if options.no_migrate or not options.superuser:
        print("  ./manage.py createsuperuser")
    print("  opentom run")
    return 0


def overwrite_policy(*, force: bool, ask: bool | None = None) -> Callable[[Path], bool]:
    """Who decides on a file that is there: --force, else the person at the terminal, else it is kept."""
    asking = sys.stdin.isatty() if ask is None else ask

    def may_overwrite(path: Path) -> bool:
        if force:
            return True
        return asking and input(f"{path} exists. Replace it (a copy is kept)? [y/N] ").strip().lower() in {"y", "yes"}

    return may_overwrite


def _ask_password(username: str) -> str:
    from tom_setup.project import ProjectError

    if not sys.stdin.isatty():
        raise ProjectError(f"no password for {username}: set DJANGO_SUPERUSER_PASSWORD, or run `manage.py createsuperuser` later")
    while True:
        password = getpass.getpass(f"Password for {username}: ")
        if password and password == getpass.getpass("The same again: "):
            return password
        print("They differ, or nothing was typed. Once more.")


def _run(options: argparse.Namespace) -> int:
    from tom_setup.server import serve

    return serve(options.directory.resolve(), host=options.host, port=options.port, workers=options.workers, tasks=not options.no_tasks)


def _demo(options: argparse.Namespace) -> int:
    from tom_setup.demonstration import prepare_demo
    from tom_setup.server import check_port, serve

    directory = options.directory.resolve()
    if not options.no_serve:
        check_port(options.host, options.port)
    logins = prepare_demo(directory)
    for login in logins:
        print(f"Log in as {login.username} with the password {login.password}   ({login.role})")
    if options.no_serve:
        return 0
    return serve(directory, host=options.host, port=options.port, workers=options.workers)


if __name__ == "__main__":
    sys.exit(main())
