"""Who was given which right on a target, and the index by which lists ask who may see it."""

from django.db import models, transaction
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tom_targets.base_models import BaseTarget
from tom_targets.querysets import TargetPermissionQuerySet


class _FollowedByGrants(models.Model):
    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        from tom_targets.services.grants import follow_pairs, holder_of, pairs_of

        before = pairs_of(type(self)._base_manager.filter(pk=self.pk)) if self.pk else set()
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            follow_pairs(before | {(holder_of(self), self.content_object_id)}, using=self._state.db)

    save.alters_data = True

    def delete(self, *args, **kwargs):
        from tom_targets.services.grants import follow_pairs, holder_of

        pairs, using = {(holder_of(self), self.content_object_id)}, kwargs.get("using") or self._state.db
        with transaction.atomic(using=using):
            result = super().delete(*args, **kwargs)
            follow_pairs(pairs, using=using)
        return result

    delete.alters_data = True


class TargetUserObjectPermission(_FollowedByGrants, UserObjectPermissionBase):
    """A right that a user has on one target (guardian's direct table)."""

    content_object = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)

    objects = UserObjectPermissionManager.from_queryset(TargetPermissionQuerySet, class_name="TargetUserPermissionManager")()

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class TargetGroupObjectPermission(_FollowedByGrants, GroupObjectPermissionBase):
    """A right that a group has on one target (guardian's direct table)."""

    content_object = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)

    objects = GroupObjectPermissionManager.from_queryset(TargetPermissionQuerySet, class_name="TargetGroupPermissionManager")()

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class Grant(models.Model):
    """`holder` may view `target`. Derived: written by `services.grants` alone, proved and mended by `repairgrants`.

    A holder is an auth group's key, minus a user's key, or one of the two in `tom_targets.constants`.
    """

    holder = models.BigIntegerField()
    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, db_index=False, related_name="+")

    class Meta:
        db_table = "tom_targets_grant"
        constraints = [models.UniqueConstraint(fields=["target", "holder"], name="tom_grant_target_holder")]
        indexes = [models.Index(fields=["holder", "target"], name="tom_grant_holder_target")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.holder} sees {self.target_id}"
