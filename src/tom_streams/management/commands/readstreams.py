"""`manage.py readstreams`: read the streams of ALERT_STREAMS, one process for each."""

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from tom_streams.alertstream import configured_streams
from tom_streams.consume import consume, replay_failures


class Command(BaseCommand):
    help = "Reads a stream that the setting ALERT_STREAMS names. With several of them, name one: a process reads one stream."

    def add_arguments(self, parser):
        parser.add_argument("stream", nargs="?", help="its LABEL, or the last part of its NAME")
        parser.add_argument("--list", action="store_true", help="show the streams and their topics")
        parser.add_argument("--max-messages", type=int)
        parser.add_argument("--idle-seconds", type=float, help="stop when nothing came for so long")
        parser.add_argument("--replay", action="store_true", help="only try the messages again that failed")

    def handle(self, *args, **options):
        try:
            streams = {stream.name: stream for stream in configured_streams()}
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if options["list"]:
            for name, stream in streams.items():
                self.stdout.write(f"{name}: {', '.join(stream.handlers)}")
            return
        if not streams:
            raise CommandError("The setting ALERT_STREAMS names no active stream.")
        if options["stream"] is None and len(streams) > 1:
            raise CommandError(f"Name one of the streams: {', '.join(streams)}.")
        name = options["stream"] or next(iter(streams))
        if name not in streams:
            raise CommandError(f"There is no stream {name}; there are {', '.join(streams)}.")
        if options["replay"]:
            done = replay_failures(stream=streams[name])
        else:
            done = consume(stream=streams[name], most=options["max_messages"], idle_s=options["idle_seconds"])
        self.stdout.write(f"{name}: {done.handled} handled, {done.known} known before, {done.failed} failed")
