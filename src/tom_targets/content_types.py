"""Which content type guardian reads rights under."""

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet


def get_content_type(obj):
    """The configured target class for every kind of target, a toolkit proxy model's own for a proxy, else the concrete one.

    So `<target app>.view_target` means the same through BaseTarget and through a project's own target model.
    """
    from tom_targets.base_models import BaseTarget

    if isinstance(obj, QuerySet):
        obj = obj.model
    model = obj if isinstance(obj, type) else type(obj)
    if issubclass(model, BaseTarget):
        from tom_targets.models import get_target_model_class

        return ContentType.objects.get_for_model(get_target_model_class())
    own = model._meta.proxy and not getattr(model, "_deferred", False) and model._meta.app_label.startswith("tom_")
    return ContentType.objects.get_for_model(model, for_concrete_model=not own)
