"""Targets as JSON."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import EmptyResultSet
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connections, models, router, transaction
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.fields import SkipField
from rest_framework.relations import PKOnlyObject

from tom_common.errors import ConflictError, InvalidInputError, TomError
from tom_common.fields import ExactCharField
from tom_common.serializers import GroupSerializer
from tom_targets.api.fields import AngleField, ExtraValueField, TargetFilteredPrimaryKeyRelatedField
from tom_targets.base_models import (
    REQUIRED_NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME,
    REQUIRED_SIDEREAL_FIELDS,
)
from tom_targets.models import (
    BaseTarget,
    PersistentShare,
    TargetExtra,
    TargetGroupObjectPermission,
    TargetList,
    TargetName,
    get_target_model_class,
)
from tom_targets.querysets import batched
from tom_targets.rows import TargetRow
from tom_targets.services import add_to_list, change_attached, create_target, list_named, set_groups, update_target
from tom_targets.services.create_many import NewTarget
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
    value = ExtraValueField(allow_blank=True, required=False, default="")

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


# how these fields of these columns are stored is how they are written
STORED = {
    **{(field, models.FloatField): float for field in (AngleField, serializers.FloatField)},
    **{
        (field, column): str
        for field in (serializers.CharField, serializers.ChoiceField)
        for column in (models.CharField, models.TextField, ExactCharField)
    },
    **{(serializers.IntegerField, column): int for column in (models.AutoField, models.BigAutoField)},
    (serializers.DateTimeField, models.DateTimeField): str,  # read from the row all the same; written by the field
}
# what hangs on targets and is read for many of them at once: relation, how an entry is written by itself, columns of an entry
PARTS: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "aliases": (TargetNameSerializer, TargetName, ("id", "name")),
    "targetextra_set": (TargetExtraSerializer, TargetExtra, ("id", "key", "value")),
}
_BUILT: dict = {}
_READERS: dict = {}
OWN_COLUMNS = set(_columns(Target)) - set(_columns(BaseTarget))  # of the project's target model


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
        """As of any model serializer, without asking forty fields of each row how a number or a text is written."""
        data, known = {}, self.context.get("parts_of", {})
        for name, field, kind in self._written:
            if name == "groups":
                data[name] = self._groups_of(instance)
            elif kind is PARTS and instance.pk in known.get(name, ()):
                data[name] = known[name][instance.pk]
            elif isinstance(kind, type):
                value = getattr(instance, name)
                data[name] = value if value is None or type(value) is kind else field.to_representation(value)
            else:
                try:
                    value = field.get_attribute(instance)
                except SkipField:
                    continue
                empty = (value.pk if isinstance(value, PKOnlyObject) else value) is None
                data[name] = None if empty else field.to_representation(value)
        return data

    @cached_property
    def _written(self):
        """What is read: (name, field, type of a value that is written as it is stored or PARTS)."""
        key = (type(self), self.Meta, str(getattr(self.Meta, "fields", "")))
        if "fields" not in self.__dict__ and key in _READERS:
            return _READERS[key]  # nobody has taken fields away, and what they write depends on the row alone
        columns = {column.name: type(column) for column in self.Meta.model._meta.concrete_fields}
        whole = "fields" not in self.__dict__
        found = [(field.field_name, field, self._kind(field, columns)) for field in self._readable_fields]
        if whole and all(name == "groups" or kind is not None for name, _, kind in found):
            bare = type(self)()
            own = {field.field_name: field for field in bare._readable_fields}
            _READERS[key] = [(name, own[name], kind) for name, _, kind in found]
        return found

    @staticmethod
    def _kind(field, columns):
        if field.source != field.field_name:
            return None
        if field.field_name in PARTS:
            return PARTS if type(getattr(field, "child", None)) is PARTS[field.field_name][0] else None
        return STORED.get((type(field), columns.get(field.field_name)))

    @classmethod
    def writes_parts(cls) -> bool:
        """Whether aliases and extras are written as here, so that they may be read for many targets at once."""
        return all(type(getattr(cls._declared_fields.get(name), "child", None)) is PARTS[name][0] for name in PARTS)

    def get_fields(self):
        # what is built from the model is built once, and each serializer gets copies, as of fields that are declared
        key = (type(self), self.Meta, str(getattr(self.Meta, "fields", "")))
        if key not in _BUILT:
            _BUILT[key] = super().get_fields()
        return copy.deepcopy(_BUILT[key])

    def _groups_of(self, instance):
        known = self.context.get("groups_of")
        if known is not None and instance.pk in known:
            return known[instance.pk]
        return groups_of([instance], getattr(self.context.get("request"), "user", None))[instance.pk]

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
        clash = sorted({e["key"] for e in extras} & set(_columns(BaseTarget)))
        if clash:
            raise serializers.ValidationError(f"These keys are columns of a target, give them there: {', '.join(clash)}.")
        return extras

    def validate(self, data):
        data = super().validate(data)
        name = data.get("name", getattr(self.instance, "name", None))
        for alias in data.get("aliases", []):
            if alias["name"] == name:
                raise serializers.ValidationError(f"Alias '{alias['name']}' conflicts with Target name '{name}'.")
        return self._columns_sent_as_extras(data)

    @staticmethod
    def _columns_sent_as_extras(data):
        """Other TOMs send columns of their own target model as extras: what is a column of this project's model too is kept there."""
        own = OWN_COLUMNS & {extra["key"] for extra in data.get("targetextra_set", []) if "id" not in extra}
        if not own:
            return data
        extras = data["targetextra_set"]
        values = {extra["key"]: extra["value"] for extra in extras if extra["key"] in own}
        rest = [extra for extra in extras if extra["key"] not in own or "id" in extra]
        return {**values, **data, "targetextra_set": rest}

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

    def new_target(self, validated_data) -> NewTarget:
        """What is to be made of data that are valid."""
        data = dict(validated_data)
        extras = {extra["key"]: extra["value"] for extra in data.pop("targetextra_set", [])}
        aliases = tuple(alias["name"] for alias in data.pop("aliases", []))
        groups, lists = self._groups(data.pop("groups", [])), tuple(entry["name"] for entry in data.pop("target_lists", []))
        row = TargetRow(name=data.pop("name", ""), type=data.pop("type", "SIDEREAL"), aliases=aliases, extras=extras, fields=data)
        return NewTarget(row, groups, tuple(dict.fromkeys(lists)))

    @transaction.atomic
    def create(self, validated_data):
        new = self.new_target(validated_data)
        target = told(create_target, actor=self._actor(), row=new.row, groups=new.groups)
        self._put_in_lists(target, new.lists)
        return target

    @transaction.atomic
    def update(self, instance, validated_data):
        columns = dict(validated_data)
        groups, lists = columns.pop("groups", None), [entry["name"] for entry in columns.pop("target_lists", None) or []]
        changed, extras = self._extras_of(instance, columns.pop("targetextra_set", None) or [])
        renamed, aliases = self._aliases_of(instance, columns.pop("aliases", None) or [])
        save_attached(actor=self._actor(), target=instance, rows=[*changed, *renamed])
        target = instance
        if columns or extras or aliases:
            target = told(update_target, actor=self._actor(), target=instance, columns=columns, extras=extras, aliases=aliases)
        if groups is not None:
            chosen, actor = self._groups(groups), self._actor()
            mine = None if actor is None or actor.is_superuser else list(actor.groups.all())
            set_groups(target=target, groups=chosen, of_groups=mine, actor=actor)
        self._put_in_lists(target, lists)
        target._prefetched_objects_cache = {}
        return target

    @staticmethod
    def _extras_of(target, given):
        """(extras that are there and are to be changed, key and value of new ones)."""
        known = {extra.pk: extra for extra in target.targetextra_set.filter(pk__in=[e["id"] for e in given if "id" in e])}
        changed = []
        for extra in given:
            row = known.get(extra.get("id"))
            if row is not None and (row.key, row.value) != (extra["key"], extra["value"]):
                row.key, row.value = extra["key"], extra["value"]
                changed.append(row)
        return changed, {extra["key"]: extra["value"] for extra in given if "id" not in extra}

    @staticmethod
    def _aliases_of(target, given):
        """(aliases that are there and get another name, new ones)."""
        if not given:
            return [], []
        known = {alias.pk: alias for alias in target.aliases.all()}
        changed = []
        for alias in given:
            row = known.get(alias.get("id"))
            if row is not None and row.name != alias["name"]:
                row.name = alias["name"]
                changed.append(row)
        present = {alias.name for alias in known.values()}
        return changed, [alias["name"] for alias in given if "id" not in alias and alias["name"] not in present]

    def _put_in_lists(self, target, names):
        actor = self._actor()
        for name in dict.fromkeys(names):
            grouping = told(list_named, actor=actor, name=name)
            if actor is None:
                grouping.targets.add(target.pk)
            else:
                add_to_list(actor=actor, grouping=grouping, targets=[target.pk])


def groups_of(targets, viewer) -> dict[int, list[dict]]:
    """Groups with a right on each target, of those that the viewer may know of: a superuser all, others their own. None: all."""
    return attached_to(targets, viewer, parts=False)[0]


def attached_to(targets, viewer, *, parts: bool = True) -> tuple[dict[int, list[dict]], dict[str, dict[int, list[dict]]]]:
    """(`groups_of`, and with `parts` aliases and extras of each target as they are written, by the name of the relation), in one order on
    every database. One statement for 500 targets."""
    groups: dict[int, dict[int, str]] = {target.pk: {} for target in targets}
    found: dict[str, dict[int, list[dict]]] = {name: {key: [] for key in groups} for name in PARTS} if parts else {}
    connection = connections[router.db_for_read(BaseTarget)]
    for some in batched(groups, 500):
        statements, params = _statements(some, viewer, parts, connection)
        if not statements:
            continue
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), params)
            rows = cursor.fetchall()
        for name, target, *values in sorted(rows, key=lambda row: row[:3]):
            if name == "groups":
                groups[target][values[0]] = values[1]
            else:
                found[name][target].append(dict(zip(PARTS[name][2], values, strict=False)))
    return {key: [{"id": pk, "name": name} for pk, name in sorted(given.items())] for key, given in groups.items()}, found


def _statements(keys: list[int], viewer, parts: bool, connection) -> tuple[list[str], tuple]:
    """What hangs on these targets: name of the relation, key of the target, and three values, texts all but the first."""
    quote, marks = connection.ops.quote_name, ", ".join(str(int(key)) for key in keys)
    statements = []
    for name, (_, model, columns) in PARTS.items() if parts else ():
        values = ", ".join([quote(model._meta.get_field(column).column) for column in columns] + ["''"] * (3 - len(columns)))
        statements.append(f"SELECT '{name}', target_id, {values} FROM {quote(model._meta.db_table)} WHERE target_id IN ({marks})")  # noqa: S608
    own, params = "", ()
    if viewer is not None and not getattr(viewer, "is_superuser", False):
        try:
            mine, params = viewer.groups.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # a visitor
            return statements, ()
        own = f" AND r.group_id IN ({mine})"
    rights, group = quote(TargetGroupObjectPermission._meta.db_table), quote(Group._meta.db_table)
    statements.append(
        f"SELECT 'groups', r.content_object_id, g.id, g.name, '' FROM {rights} r INNER JOIN {group} g ON g.id = r.group_id"  # noqa: S608
        f" WHERE r.content_object_id IN ({marks}){own}"
    )
    return statements, params


def told(service, **kwargs):
    """What a service finds wrong with its input, as this framework has it: by field."""
    try:
        return service(**kwargs)
    except (InvalidInputError, ConflictError) as error:
        raise serializers.ValidationError(
            error.by_field() if getattr(error, "errors", None) else {"non_field_errors": [error.message]}
        ) from error


def save_attached(*, actor, target, rows) -> None:
    """Save changed aliases and extras of `target`, each checked as its model has it."""
    for row in rows:
        try:
            row.full_clean()
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
    if rows:
        change_attached(actor=actor, target=target, changed=rows)


class PersistentShareSerializer(serializers.ModelSerializer):
    """Continuous sharing of a target that the requester may change."""

    target = TargetFilteredPrimaryKeyRelatedField(queryset=None, required=True)
    user = serializers.PrimaryKeyRelatedField(read_only=True)
    share_existing_data = serializers.BooleanField(default=False, required=False, write_only=True, allow_null=True)

    class Meta:
        model = PersistentShare
        fields = ("id", "target", "destination", "user", "created", "share_existing_data")

    def get_fields(self):
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
            try:
                share_target_and_all_data(share.destination, share.target, user)
            except TomError as error:
                raise serializers.ValidationError({"non_field_errors": [error.message]}) from error
        return share
