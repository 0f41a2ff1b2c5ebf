"""`manage.py rundataquery <query_id>`: make targets of everything that a saved query finds."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tom_dataservices.dataservices import get_data_service_class, make_service
from tom_dataservices.models import DataServiceQuery
from tom_dataservices.services import mark_run, save_target


class Command(BaseCommand):
    help = "Runs a saved query of a data service and creates a target of each result, with its aliases and data."

    def add_arguments(self, parser):
        parser.add_argument("query_id", type=int, help="see listqueries")

    def handle(self, *args, **options):
        query = DataServiceQuery.objects.filter(pk=options["query_id"]).first()
        if query is None:
            raise CommandError(f"There is no query {options['query_id']}; listqueries shows those that are there.")
        try:
            service = make_service(get_data_service_class(query.data_service))
        except ImportError as error:
            raise CommandError(str(error)) from error
        created = known = 0
        for result in service.query_targets(service.build_query_parameters(query.parameters)) or []:
            try:
                target, new = self._target(service, result)
            except (ValidationError, NotImplementedError) as error:
                self.stderr.write(f"left out: {error}")
                continue
            created, known = created + new, known + (not new)
            if result.get("aliases"):
                service.to_aliases(target, result["aliases"])
            if result.get("reduced_datums"):
                service.to_reduced_datums(target, result["reduced_datums"])
        mark_run(query=query)
        self.stdout.write(f"Finished: {created} targets created, {known} known before.")

    def _target(self, service, result):
        made = service.create_target_from_query(result)
        if isinstance(made, tuple):
            target, extras, aliases = (*made, None, None)[:3]
        else:
            target, extras, aliases = made, service.create_target_extras_from_query(result), []
        return save_target(actor=None, target=target, extras=extras or {}, aliases=list(aliases or []))
