from django.core.exceptions import ValidationError
from django.db import models

from tom_common.fields import ExactCharField
from tom_targets.base_models import BaseTarget
from tom_targets.fields import SimplifiedNameField
from tom_targets.querysets import NameQuerySet


class TargetName(models.Model):
    """A further name of a target."""

    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, related_name="aliases")
    name = ExactCharField(max_length=100, unique=True, verbose_name="Alias")
    created = models.DateTimeField(auto_now_add=True, help_text="The time at which this target name was created.")
    modified = models.DateTimeField(
        auto_now=True, verbose_name="Last Modified", help_text="The time at which this target name was last changed."
    )
    simplified_name = SimplifiedNameField(db_index=True)

    objects = models.Manager.from_queryset(NameQuerySet, class_name="TargetNameManager")()

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        update_fields = kwargs.get("update_fields")
        if update_fields is not None and "name" in update_fields:
            kwargs["update_fields"] = {*update_fields, "simplified_name"}
        super().save(*args, **kwargs)

    def validate_unique(self, *args, **kwargs):
        """An alias is nobody's name or alias, its own target's included; one that did not change passes."""
        super().validate_unique(*args, **kwargs)
        if self.pk and TargetName.objects.filter(pk=self.pk, name=self.name).exists():
            return
        target = self.target if self.target_id else getattr(self, "target", None)
        if target is not None and self.name == target.name:
            raise ValidationError(
                {"name": ValidationError(f'Alias "{self.name}" is the name of its target already.', code="own_name")}
            )
        same = BaseTarget.matches.match_name(self.name)
        if target is not None and target.pk:
            simplified = self._meta.get_field("simplified_name").compute(self)
            own_other_alias = self._meta.model.objects.filter(target_id=target.pk, simplified_name=simplified).exclude(pk=self.pk)
            same = same.exclude(pk=target.pk)
            if own_other_alias.exists() or target.simplified_name == simplified:
                raise ValidationError(
                    {"name": ValidationError(f'Alias "{self.name}" is very like another name of this target.', code="own_name")}
                )
        if same.exists():
            # Which target has the name is for forms to say, to those who may see it.
            raise ValidationError(
                {"name": ValidationError("This name is not available: a target has it, or one very like it.", code="name_taken")}
            )
