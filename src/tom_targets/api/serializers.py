"""Targets as JSON."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import get_groups_with_perms
from rest_framework import serializers

from tom_common.errors import TomError
from tom_common.serializers import GroupSerializer
from tom_targets.api.fields import TargetFilteredPrimaryKeyRelatedField
from tom_targets.base_models import (
    REQUIRED_NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME,
    REQUIRED_SIDEREAL_FIELDS,
)
from tom_targets.models import PersistentShare, TargetExtra, TargetList, TargetName, get_target_model_class
from tom_targets.rows import TargetRow
from tom_targets.services import create_target, list_named, set_groups, update_target
from tom_targets.validators import RequiredFieldsTogetherValidator

Target = get_target_model_class()


class TargetNameSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(required=False)
    name = serializers.CharField(max_length=100)  # whether it is free is the service's question

    class Meta:
        model = TargetName
        fields = ("id", "name")


class TargetExtraSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(required=False)
    value = serializers.CharField(allow_blank=True, required=False, default="")

    class Meta:
        model = TargetExtra
        fields = ("id", "key", "value")


class TargetListSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(required=False)

    class Meta:
        model = TargetList
        fields = ("id", "name")


def _columns(model):
    return [f.name for f in model._meta.concrete_fields if not getattr(f, "hidden", False) and f.name not in ("id", "basetarget_ptr")]


class TargetSerializer(serializers.ModelSerializer):
    """A target with its extras, aliases and groups. Override `create` and `update`, or `Meta.fields`, as of any model serializer."""

    targetextra_set = TargetExtraSerializer(many=True, required=False)
    aliases = TargetNameSerializer(many=True, required=False)
    groups = GroupSerializer(many=True, required=False)
    target_lists = TargetListSerializer(many=True, required=False, write_only=True)

    class Meta:
        model = Target
        fields = ["id", "targetextra_set", "aliases", *_columns(Target), "groups", "target_lists"]
        read_only_fields = ["created", "modified"]
        validators = [
            RequiredFieldsTogetherValidator("type", "SIDEREAL", *REQUIRED_SIDEREAL_FIELDS),
            RequiredFieldsTogetherValidator("type", "NON_SIDEREAL", *REQUIRED_NON_SIDEREAL_FIELDS),
            *(RequiredFieldsTogetherValidator("scheme", s, *f) for s, f in REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME.items()),
        ]

    def build_standard_field(self, field_name, model_field):
        cls, kwargs = super().build_standard_field(field_name, model_field)
        if field_name == "name":
            kwargs["validators"] = []  # a taken name is told by the service, without telling whose it is
        if field_name in ("ra", "dec"):
            cls = AngleField
            kwargs = {k: v for k, v in kwargs.items() if k in ("required", "allow_null", "help_text", "label")} | {"axis": field_name}
        return cls, kwargs

    def to_representation(self, instance):
        data = super().to_representation(instance)
        data["groups"] = self._groups_of(instance)
        return data

    def get_fields(self):
        fields = super().get_fields()
        if "groups" in fields:
            fields["groups"].source = None
        return fields

    def _groups_of(self, instance):
        known = self.context.get("groups_of")
        if known is not None and instance.pk in known:
            return known[instance.pk]
        return [{"id": g.pk, "name": g.name} for g in get_groups_with_perms(instance)]

    # PATCH makes what is nested partial as well: what each entry needs is asked for here

    def validate_target_lists(self, lists):
        if any("name" not in entry for entry in lists):
            raise serializers.ValidationError("Each list needs a name.")
        return lists

    def validate_aliases(self, aliases):
        if any("name" not in alias for alias in aliases):
            raise serializers.ValidationError("Each alias needs a name.")
        ids = [a["id"] for a in aliases if "id" in a]
        own = set(self.instance.aliases.values_list("pk", flat=True)) if self.instance else set()
        if not set(ids) <= own:
            raise serializers.ValidationError("An alias with this id does not belong to this target.")
        return aliases

    def validate_targetextra_set(self, extras):
        if any("key" not in extra for extra in extras):
            raise serializers.ValidationError("Each extra needs a key.")
        extras = [{"value": "", **extra} for extra in extras]
        ids = [e["id"] for e in extras if "id" in e]
        own = set(self.instance.targetextra_set.values_list("pk", flat=True)) if self.instance else set()
        if not set(ids) <= own:
            raise serializers.ValidationError("An extra with this id does not belong to this target.")
        clash = sorted({e["key"] for e in extras} & set(_columns(Target)))
        if clash:
            raise serializers.ValidationError(f"These keys are columns of a target, give them there: {', '.join(clash)}.")
        return extras

    def validate(self, data):
        data = super().validate(data)
        name = data.get("name", getattr(self.instance, "name", None))
        for alias in data.get("aliases", []):
            if alias["name"] == name:
                raise serializers.ValidationError(f"Alias '{alias['name']}' conflicts with Target name '{name}'.")
        return data

    def _actor(self):
        return getattr(self.context.get("request"), "user", None)

    def _groups(self, given):
        """Groups named in the request, among those that the requester is in (all for a superuser)."""
        actor = self._actor()
        mine = Group.objects.all() if actor is None or actor.is_superuser else actor.groups.all()
        found = []
        for entry in given:
            wanted = {k: v for k, v in (("pk", entry.get("id")), ("name", entry.get("name"))) if v is not None}
            group = mine.filter(**wanted).first() if wanted else None
            if group is None:
                raise serializers.ValidationError({"groups": [f"You are in no group {entry.get('name') or entry.get('id')}."]})
            found.append(group)
        return found

    @transaction.atomic
    def create(self, validated_data):
        extras = {e["key"]: e["value"] for e in validated_data.pop("targetextra_set", [])}
        aliases = tuple(a["name"] for a in validated_data.pop("aliases", []))
        groups, lists = validated_data.pop("groups", []), validated_data.pop("target_lists", [])
        row = TargetRow(name=validated_data.pop("name", ""), type=validated_data.pop("type", "SIDEREAL"), aliases=aliases, extras=extras, fields=validated_data)
        target = _told(create_target, actor=self._actor(), row=row, groups=self._groups(groups))
        self._put_in_lists(target, lists)
        return target

    @transaction.atomic
    def update(self, instance, validated_data):
        extras, new_extras = validated_data.pop("targetextra_set", None) or [], {}
        aliases, new_aliases = validated_data.pop("aliases", None) or [], []
        groups, lists = validated_data.pop("groups", None), validated_data.pop("target_lists", [])
        for extra in extras:
            if "id" in extra:
                row = instance.targetextra_set.get(pk=extra["id"])
                row.key, row.value = extra["key"], extra["value"]
                _told_model(row)
            else:
                new_extras[extra["key"]] = extra["value"]
        known = set(instance.aliases.values_list("name", flat=True))
        for alias in aliases:
            if "id" in alias:
                row = instance.aliases.get(pk=alias["id"])
                if row.name != alias["name"]:
                    row.name = alias["name"]
                    _told_model(row)
            elif alias["name"] not in known:
                new_aliases.append(alias["name"])
        target = _told(update_target, actor=self._actor(), target=instance, columns=validated_data, extras=new_extras, aliases=new_aliases)
        if groups is not None:
            chosen = self._groups(groups)
            actor = self._actor()
            mine = None if actor is None or actor.is_superuser else list(actor.groups.all())
            set_groups(target=target, groups=chosen, of_groups=mine, actor=actor)
        self._put_in_lists(target, lists)
        target._prefetched_objects_cache = {}
        return target

    def _put_in_lists(self, target, lists):
        for entry in lists:
            list_named(actor=self._actor(), name=entry["name"]).targets.add(target.pk)


class AngleField(serializers.FloatField):
    """Degrees; read from decimal degrees or sexagesimal text."""

    def __init__(self, *args, axis="ra", **kwargs):
        self.axis = axis
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data):
        from tom_targets.services.validation import angle

        if isinstance(data, bool):
            self.fail("invalid")
        try:
            return angle(self.axis, data)
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError(str(error)) from error


def _told(service, **kwargs):
    try:
        return service(**kwargs)
    except TomError as error:
        raise serializers.ValidationError(error.by_field() if getattr(error, "errors", None) else {"non_field_errors": [error.message]}) from error


def _told_model(row):
    from django.core.exceptions import ValidationError

    try:
        row.full_clean()
        row.save()
    except ValidationError as error:
        raise serializers.ValidationError(error.message_dict) from error


class PersistentShareSerializer(serializers.ModelSerializer):
    """Continuous sharing of a target that the requester may change."""

    target = TargetFilteredPrimaryKeyRelatedField(queryset=None, required=True)
    user = serializers.PrimaryKeyRelatedField(read_only=True)
    share_existing_data = serializers.BooleanField(default=False, required=False, write_only=True, allow_null=True)

    class Meta:
        model = PersistentShare
        fields = ("id", "target", "destination", "user", "created", "share_existing_data")

    def get_fields(self):
        from tom_targets.models import BaseTarget

        fields = super().get_fields()
        fields["target"].queryset = BaseTarget.objects.all()
        return fields

    def validate_destination(self, value):
        from tom_targets.sharing import sharing_options

        flat = []
        for key, label in sharing_options():
            flat += [k for k, _ in label] if isinstance(label, (list, tuple)) else [key]
        if value not in flat:
            raise serializers.ValidationError(f"'{value}' is no destination of this TOM: see the setting DATA_SHARING.")
        return value

    def create(self, validated_data):
        from tom_targets.sharing import share_target_and_all_data

        existing = validated_data.pop("share_existing_data", None)
        user = self.context["request"].user
        share = PersistentShare.objects.create(user=user if user.is_authenticated else None, **validated_data)
        if existing:
            _told(lambda **kw: share_target_and_all_data(kw["to"], kw["target"], kw["user"]), to=share.destination, target=share.target, user=user)
        return share
