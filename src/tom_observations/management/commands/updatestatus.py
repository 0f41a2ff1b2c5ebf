"""Ask every facility for the states of its unfinished observations."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from tom_observations.services.sweep import update_statuses
from tom_targets.models import BaseTarget


class Command(BaseCommand):
    help = "Updates the status of each unfinished observation at each facility"

    def add_arguments(self, parser):
        parser.add_argument("--target_id", type=int, help="Update only the observations of this target")
        parser.add_argument("--username", help="Use the credentials of this user")

    def handle(self, *args, **options):
        user_id = None
        if options["username"]:
            try:
                user_id = get_user_model().objects.get_by_natural_key(options["username"]).pk
            except get_user_model().DoesNotExist:
                raise CommandError(f"There is no user named {options['username']}.") from None
        try:
            failed = update_statuses(target_id=options["target_id"], user_id=user_id)
        except BaseTarget.DoesNotExist:
            raise CommandError(f"There is no target {options['target_id']}.") from None
        if failed:
            return f"Update completed with errors: {failed}"
        return "Update completed successfully"
