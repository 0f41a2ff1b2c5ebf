"""Aliases, extras and lists as resources of their own: serializers."""

from __future__ import annotations

from rest_framework import serializers

from tom_common.errors import NotAllowedError
from tom_targets.api.fields import ExtraValueField, SeenTargetField
from tom_targets.api.serializers import TargetListSerializer, save_attached, told
from tom_targets.models import BaseTarget, TargetExtra, TargetName
from tom_targets.policy import can
from tom_targets.services import create_list, rename_list, update_target

PLAIN_COLUMNS = {field.name for field in BaseTarget._meta.concrete_fields}


class _OfTargetSerializer(serializers.ModelSerializer):
    """A row that hangs on a target: `target` is said once, when it is made."""

    target = SeenTargetField(queryset=BaseTarget.objects.all())

    def get_fields(self):
        fields = super().get_fields()
        if isinstance(self.instance, self.Meta.model):
            fields["target"].required = False
        return fields

    def _actor(self):
        return self.context["request"].user

    def validate_target(self, target):
        if isinstance(self.instance, self.Meta.model) and self.instance.target_id != target.pk:
            raise serializers.ValidationError("It stays with its target: delete it here, and make it anew there.")
        if not can(self._actor(), "change", target):
            raise NotAllowedError("You may see this target, but not change it.")
        return target

    def update(self, instance, validated_data):
        changed = {name: value for name, value in validated_data.items() if name != "target" and getattr(instance, name) != value}
        for name, value in changed.items():
            setattr(instance, name, value)
        save_attached(actor=self._actor(), target=instance.target, rows=[instance] if changed else [])
        return instance


class AliasSerializer(_OfTargetSerializer):
    name = serializers.CharField(max_length=100)

    class Meta:
        model = TargetName
        fields = ("id", "name", "target")

    def create(self, validated_data):
        target, name = validated_data["target"], validated_data["name"]
        if target.aliases.filter(name=name).exists():
            raise serializers.ValidationError({"name": ["The target has this alias already."]})
        told(update_target, actor=self._actor(), target=target, aliases=[name])
        return TargetName.objects.get(target_id=target.pk, name=name)


class ExtraSerializer(_OfTargetSerializer):
    value = ExtraValueField(allow_blank=True, required=False, default="")

    class Meta:
        model = TargetExtra
        fields = ("id", "key", "value", "target")
        validators: list = []  # that a key is there already is told below, of targets that the requester may change

    def validate_key(self, key):
        if key in PLAIN_COLUMNS:
            raise serializers.ValidationError("This is a column of a target: give it there.")
        return key

    def validate(self, data):
        target = data.get("target") or self.instance.target
        key = data.get("key", getattr(self.instance, "key", None))
        if target.targetextra_set.filter(key=key).exclude(pk=getattr(self.instance, "pk", None)).exists():
            raise serializers.ValidationError({"key": ["The target has an extra of this key already."]})
        return data

    def create(self, validated_data):
        target, key = validated_data["target"], validated_data["key"]
        told(update_target, actor=self._actor(), target=target, extras={key: validated_data.get("value", "")})
        return TargetExtra.objects.get(target_id=target.pk, key=key)


class OwnListSerializer(TargetListSerializer):
    """A list of targets; which targets are in it: `/api/targets/?targetlist__name=<id>`."""

    id = serializers.IntegerField(read_only=True)

    class Meta(TargetListSerializer.Meta):
        fields = ("id", "name")

    def create(self, validated_data):
        return told(create_list, actor=self.context["request"].user, name=validated_data["name"])

    def update(self, instance, validated_data):
        if validated_data.get("name", instance.name) == instance.name:
            return instance
        return told(rename_list, actor=self.context["request"].user, grouping=instance, name=validated_data["name"])


class ListMembersSerializer(serializers.Serializer):
    """Which targets: by their keys, or all that match filters as `/api/targets/` takes them."""

    targets = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=100_000)
    matching = serializers.DictField(child=serializers.CharField(), required=False)

    def validate(self, data):
        if ("targets" in data) == ("matching" in data):
            raise serializers.ValidationError("Give `targets`, a list of keys, or `matching`, filters by name; one of the two.")
        return data


class ListChangeSerializer(serializers.Serializer):
    """What was done; targets that the requester does not see are not counted."""

    done = serializers.IntegerField(min_value=0)
    already = serializers.IntegerField(min_value=0, help_text="So many were so before.")
    already_names = serializers.ListField(child=serializers.CharField(), help_text="The first of these.")
    not_found = serializers.ListField(child=serializers.IntegerField(), help_text="Of the keys given, those of no target that you see.")


class TargetMergeSerializer(serializers.Serializer):
    """Which target goes into this one, and of which of the two a column or tag is taken where both have one."""

    secondary = SeenTargetField(queryset=BaseTarget.objects.all())
    choices = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text='Column, or "tag <key>", to the key of the target whose value stays.'
    )


class TargetMergeQuestionSerializer(serializers.Serializer):
    """Which target would go."""

    secondary = SeenTargetField(queryset=BaseTarget.objects.all(), help_text="The target that would go into this one.")


class TargetMergeColumnSerializer(serializers.Serializer):
    """A column or tag of which one of the two has a value."""

    name = serializers.CharField(help_text='As `choices` of the merge takes it: a column, or "tag <key>".')
    label = serializers.CharField()
    primary = serializers.JSONField(source="first", allow_null=True)
    secondary = serializers.JSONField(source="second", allow_null=True)
    result = serializers.JSONField(allow_null=True, help_text="The value after a merge without choices.")
    differs = serializers.BooleanField()
    kept_as = serializers.CharField(help_text="The key under which the other value of a tag is kept as well; empty where it is not.")


class TargetMergeRelationSerializer(serializers.Serializer):
    """Rows of one kind that hang on the target that goes, as far as the requester may know of them."""

    label = serializers.CharField()
    moved = serializers.CharField(help_text="How many move, in words where they are very many.")
    dropped = serializers.CharField(help_text="How many go, because the target that stays has the like.")


class TargetMergePlanSerializer(serializers.Serializer):
    """What a merge would give."""

    undoable = serializers.BooleanField(
        help_text="False when more hangs on the target that goes than history keeps: such a merge is final."
    )
    columns = TargetMergeColumnSerializer(many=True)
    relations = TargetMergeRelationSerializer(many=True)


class TargetHolderSerializer(serializers.Serializer):
    """Somebody with what they may do, and why: action to reasons."""

    kind = serializers.ChoiceField(choices=["visitors", "everyone", "group", "user"])
    id = serializers.IntegerField(source="key", allow_null=True)
    label = serializers.CharField()
    may = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class TargetAccessSerializer(serializers.Serializer):
    """Who may view, change and delete the target, and why."""

    sets = TargetHolderSerializer(many=True)
    groups = TargetHolderSerializer(many=True)
    people = TargetHolderSerializer(many=True)
    unnamed = serializers.IntegerField(help_text="People beside these whom you may not know of.")
    more = serializers.BooleanField(help_text="There are further people.")
