"""`manage.py ingestalerts`: alert packets from files into targets and reduced data."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from tom_alerts.services import IngestReport, ingest_source, replay_dead_letters
from tom_clients.alert_packets import SchemaStore
from tom_common.conf import tom_settings


class Command(BaseCommand):
    help = (
        "Ingest ZTF and Rubin (LSST) alert packets: Avro files with one or many records, tars of such, messages in the Kafka wire format. "
        "Targets are matched by name and position, or created; a second run of the same files changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "paths", nargs="*", metavar="PATH", help="files, or folders, which are searched for .avro, .tar.gz and .bin files"
        )
        parser.add_argument("--survey", choices=["ztf", "lsst"], help="found from the packets when not given")
        parser.add_argument("--radius-arcsec", type=float, help="how near a target must be to be the alert's")
        parser.add_argument("--solar-system-radius-arcsec", type=float, help="how near a known solar-system object must be to be the alert")
        access = parser.add_mutually_exclusive_group()
        access.add_argument("--public", action="store_true", help="targets that are created can be seen by everybody who is logged in")
        access.add_argument("--permissions", choices=["PRIVATE", "PUBLIC", "OPEN"], help="of targets that are created")
        parser.add_argument(
            "--group", action="append", default=[], help="a user group that may see and change the targets created; may repeat"
        )
        parser.add_argument("--user", help="the name of the user in whose name this is done")
        parser.add_argument("--schemas", action="append", default=[], metavar="FOLDER", help="a folder with .avsc files; may repeat")
        parser.add_argument("--replay", action="store_true", help="try the packets again that failed before")

    def handle(self, *args, **options):
        if find_spec("fastavro") is None:
            raise CommandError("Alert packets are Avro files, for which the package fastavro is needed: pip install 'opentom[streams]'.")
        if not options["paths"] and not options["replay"]:
            raise CommandError("Name at least one file or folder, or use --replay.")
        arguments = {
            "actor": self._user(options["user"]),
            "groups": self._groups(options["group"]),
            "permissions": "PUBLIC" if options["public"] else options["permissions"],
            "radius_arcsec": options["radius_arcsec"],
            "solar_system_radius_arcsec": options["solar_system_radius_arcsec"],
        }
        total = IngestReport()
        if options["replay"]:
            total.add(replay_dead_letters(**arguments))
        schemas = SchemaStore([*options["schemas"], *tom_settings.ALERT_SCHEMA_FOLDERS])
        for path in self._files(options["paths"]):
            total.add(
                ingest_source(
                    source=path, survey=options["survey"], schemas=schemas, on_batch=self._progress(path, options["verbosity"]), **arguments
                )
            )
        for line in total.lines():
            self.stdout.write(line)
        for failure in total.failed[:20]:
            self.stderr.write(failure)
        if total.failed and not (total.targets_created or total.targets_matched or total.skipped):
            raise CommandError("No packet could be ingested.")

    def _progress(self, path: Path, verbosity: int):
        def show(report: IngestReport) -> None:
            if verbosity >= 2 or self.stdout.isatty():
                self.stdout.write(f"{path.name}: {report.packets} packets, {len(report.data_created)} new measurements")

        return show

    def _files(self, paths: list[str]) -> list[Path]:
        files: list[Path] = []
        for path in map(Path, paths):
            if path.is_dir():
                found = sorted(
                    file for pattern in ("*.avro", "*.avro.gz", "*.tar", "*.tar.gz", "*.tgz", "*.bin") for file in path.rglob(pattern)
                )
                if not found:
                    raise CommandError(f"There are no alert packets in {path}.")
                files += found
            elif path.is_file():
                files.append(path)
            else:
                raise CommandError(f"There is no file {path}.")
        return files

    def _user(self, username: str | None):
        if not username:
            return None
        try:
            return get_user_model().objects.get(username=username)
        except get_user_model().DoesNotExist as error:
            raise CommandError(f"There is no user {username}.") from error

    def _groups(self, names: list[str]) -> list[Group]:
        groups = list(Group.objects.filter(name__in=names))
        missing = set(names) - {group.name for group in groups}
        if missing:
            raise CommandError(f"There is no group {', '.join(sorted(missing))}.")
        return groups
