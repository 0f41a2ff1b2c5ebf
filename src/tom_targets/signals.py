"""Signal handlers: fixtures, and holders who disappear. The services are met with the first signal, not at start."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import post_delete, post_migrate, post_save, pre_save
from django.dispatch import receiver

from tom_targets.base_models import BaseTarget
from tom_targets.models import TargetGroupObjectPermission, TargetName, TargetUserObjectPermission


@receiver(pre_save, sender=BaseTarget)
@receiver(pre_save, sender=TargetName)
def _fill_on_raw_save(sender, instance, raw, **kwargs):
    # loaddata writes columns as the file has them; files of other toolkits have no derived ones.
    if raw:
        for column in sender.objects.all().derived:
            setattr(instance, column, sender._meta.get_field(column).compute(instance))


@receiver(post_save, sender=BaseTarget)
def _grant_on_raw_save(sender, instance, raw, using, **kwargs):
    from tom_targets.services import grants

    if raw:
        grants.follow_permissions([instance.pk], using=using)


@receiver(post_save, sender=TargetUserObjectPermission)
@receiver(post_save, sender=TargetGroupObjectPermission)
def _follow_on_raw_save(sender, instance, raw, using, **kwargs):
    from tom_targets.services import grants

    if raw:
        grants.follow_pairs({(grants.holder_of(instance), instance.content_object_id)}, using=using)


@receiver(post_delete, sender=get_user_model())
def _forget_user(sender, instance, using, **kwargs):
    from tom_targets.services import grants

    grants.forget_holder(-instance.pk, using=using)


@receiver(post_delete, sender=Group)
def _forget_group(sender, instance, using, **kwargs):
    from tom_targets.services import grants

    grants.forget_holder(instance.pk, using=using)


@receiver(post_delete, sender=Permission)
def _permission_gone(sender, instance, using, **kwargs):
    from tom_targets.services import grants

    if instance.codename == grants.VIEW:
        grants.repair(using=using)


@receiver(post_migrate)
def _find_parts_of_names(sender, using, **kwargs):
    if sender.name == "tom_targets":
        from tom_targets.name_parts import keep_triggers

        keep_triggers(using)
