"""The end of a target."""

from __future__ import annotations

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from tom_common.errors import ConflictError
from tom_targets.events import target_deleted
from tom_targets.models import BaseTarget
from tom_targets.services.create import snapshot


def delete_target(*, actor, target: BaseTarget) -> None:
    """Delete a target and all that hangs on it: names, tags, rights, observations, data, comments.

    ConflictError when something that hangs on it keeps it (`on_delete=PROTECT` of a plugin); nothing is deleted then.
    """
    from tom_common.services.history import record_history

    key, name = target.pk, target.name
    with transaction.atomic():
        record_history(actor=actor, verb="deleted", obj=target, before=snapshot(target), summary=f"Target {name} deleted")
        if apps.is_installed("django_comments"):
            kinds = ContentType.objects.get_for_models(BaseTarget, type(target)).values()
            comments = apps.get_model("django_comments", "Comment")
            comments._base_manager.filter(content_type__in=kinds, object_pk=str(key)).delete()
        try:
            target.delete()
        except (ProtectedError, RestrictedError) as error:
            kept = next(iter(error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects), None)
            what = str(kept._meta.verbose_name_plural) if kept is not None else "something"
            raise ConflictError(f"{name} cannot be deleted while {what} hang on it.") from error
        target_deleted.send(target_id=key, name=name, actor=actor)
