"""`manage.py runbrokerquery <name>`: make targets of everything that a saved query finds."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tom_alerts.alerts import get_service_class, split_answer
from tom_alerts.models import BrokerQuery
from tom_alerts.services.targets import create_target_from_alert, mark_run


class Command(BaseCommand):
    help = "Runs a saved broker query and creates a target of each alert that is not one yet, with its data."

    def add_arguments(self, parser):
        parser.add_argument("query_name", help="the name of the saved query")

    def handle(self, *args, **options):
        queries = list(BrokerQuery.objects.filter(name=options["query_name"]).order_by("-id")[:2])
        if not queries:
            raise CommandError(f"There is no query with the name {options['query_name']}.")
        if len(queries) > 1:
            self.stderr.write("Several queries have this name; the newest is run.")
        query = queries[0]
        try:
            broker = get_service_class(query.broker)()
        except ImportError as error:
            raise CommandError(str(error)) from error
        alerts, feedback = split_answer(broker.fetch_alerts(query.parameters))
        if feedback:
            self.stderr.write(feedback)
        created = known = 0
        for alert in alerts:
            try:
                target = create_target_from_alert(actor=None, broker=broker, alert=alert)
            except ValidationError as error:
                known += 1
                if options["verbosity"] > 1:
                    self.stdout.write(f"left out: {' '.join(error.messages)}")
                continue
            created += 1
            self.stdout.write(f"Created target {target.name}")
            try:
                broker.process_reduced_data(target, alert)
            except Exception as error:
                self.stderr.write(f"The data of {target.name} could not be had: {error}")
        mark_run(query=query)
        self.stdout.write(f"Finished: {created} targets created, {known} left out.")
