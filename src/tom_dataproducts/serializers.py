"""JSON of data products and reduced data, at the path that outside code imports."""

from functools import cached_property
from operator import attrgetter

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import reverse
from rest_framework import serializers

from tom_common.errors import InvalidInputError
from tom_dataproducts.measurement_filters import data_types
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum, try_parse_reduced_datum
from tom_dataproducts.models.products import data_type_choices
from tom_dataproducts.normalising import columns_of, empty, plain_json
from tom_observations.models import ObservationRecord
from tom_targets.models import BaseTarget


def _user(serializer):
    request = serializer.context.get("request")
    return getattr(request, "user", None)


class _ChangeableTargets(serializers.PrimaryKeyRelatedField):
    """Targets that the requester may change."""

    def get_queryset(self):
        from tom_targets.policy import visible_to

        queryset = BaseTarget.objects.all()
        return visible_to(_user(self), "change", queryset) if "request" in self.context else queryset

    def to_internal_value(self, data):
        # many rows of one request are mostly of one target: it is asked for once
        known = getattr(self.context.get("request"), "__dict__", {}).setdefault("_changeable_targets", {})
        key = (type(data), str(data))
        if key not in known:
            known[key] = super().to_internal_value(data)
        return known[key]


class _VisibleRecords(serializers.PrimaryKeyRelatedField):
    def get_queryset(self):
        from tom_observations.policy import visible_to

        return visible_to(_user(self)) if "request" in self.context else ObservationRecord.objects.all()


class _VisibleProducts(serializers.PrimaryKeyRelatedField):
    def get_queryset(self):
        from tom_dataproducts.policy import visible_to

        return visible_to(_user(self)) if "request" in self.context else DataProduct.objects.all()


class GroupField(serializers.Serializer):
    id = serializers.IntegerField(required=False)
    name = serializers.CharField(required=False)


class DataProductGroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = DataProductGroup
        fields = ("name", "created", "modified")


def _refused(error):
    return serializers.ValidationError(getattr(error, "message_dict", None) or error.messages)


class ReducedDatumSerializer(serializers.ModelSerializer):
    """A measurement. `value` is the complete JSON; the typed columns may be given beside it under their names."""

    target = _ChangeableTargets()
    data_product = _VisibleProducts(required=False, allow_null=True)
    data_type = serializers.CharField(max_length=100)
    value = serializers.JSONField(required=False)
    timestamp = serializers.DateTimeField(required=False)

    class Meta:
        model = ReducedDatum
        fields = (
            "id", "data_product", "data_type", "source_name", "source_location", "source_id", "timestamp", "value", "target", "added",
        )
        read_only_fields = ("id", "added")

    def validate_data_type(self, value):
        known = data_types()
        if value not in known:
            raise serializers.ValidationError(f"Not a valid data_type. Valid data_types are {', '.join(known)}.")
        return value

    def to_internal_value(self, data):
        """What is valid, and the typed columns under the names that were sent."""
        found = super().to_internal_value(data)
        if self.instance is None:
            known = {name for column in columns_of(found.get("data_type", "")) for name in column.synonyms}
            # not dict(): that of a form has lists
            found.update((name, data[name]) for name in data if name in known)
        return found

    def validate(self, attrs):
        if self.instance is not None:
            fixed = [name for name in ("target", "data_product", "data_type", "source_id") if name in attrs]
            other = [name for name in fixed if attrs[name] != getattr(self.instance, name)]
            if other:
                raise serializers.ValidationError({name: ["This cannot be changed: delete the measurement and add another."] for name in other})
        elif not attrs.get("value") and not set(attrs) - set(self.fields):
            raise serializers.ValidationError({"value": ["This field is required."]})
        return attrs

    def build(self, attrs):
        """The unsaved row."""
        try:
            return try_parse_reduced_datum(attrs)
        except DjangoValidationError as error:
            raise _refused(error) from None

    def create(self, validated_data):
        row = self.build(validated_data)
        row.added_by = _user(self) if getattr(_user(self), "pk", None) else None
        try:
            row.save()
        except DjangoValidationError as error:
            raise _refused(error) from None
        return row

    def update(self, instance, validated_data):
        from tom_dataproducts.services import change_datum

        changes = {name: validated_data[name] for name in ("timestamp", "source_name", "source_location", "value") if name in validated_data}
        for column in columns_of(instance.data_type):
            name = next((name for name in column.synonyms if name in self.initial_data), None)
            if name is not None:
                changes[column.name] = _column_content(column, name, self.initial_data[name])
        try:
            return change_datum(datum=instance, changes=changes, actor=_user(self))
        except InvalidInputError as error:
            raise serializers.ValidationError(error.by_field() or {"detail": str(error)}) from None

    def to_representation(self, instance):
        return {name: read(instance) for name, read in self._readers}

    @cached_property
    def _readers(self):
        """What gives the content of each field of a row: as the fields would, without a look into each for every row of a page."""
        return [(one.field_name, _reader(one)) for one in self._readable_fields]


def _reader(field):
    name = field.field_name
    if name in ("target", "data_product"):
        return attrgetter(f"{name}_id")
    if name == "value":
        return lambda row: plain_json(row.value)
    if type(field) in (serializers.CharField, serializers.IntegerField):
        return attrgetter(name)
    read = attrgetter(name) if name in ("timestamp", "added") else field.get_attribute
    if isinstance(field, serializers.DateTimeField) and not hasattr(field, "timezone"):
        field.timezone = field.default_timezone()  # that of the request, looked for once

    def shown(row):
        content = read(row)
        return None if content is None else field.to_representation(content)

    return shown


def _column_content(column, name, content):
    """What was sent for a typed column; a text where a number belongs is refused, not taken for none."""
    from tom_dataproducts.services.tabling import column_content

    if content is None:
        return empty(column)
    try:
        return column_content(column, content)
    except ValueError as error:
        raise serializers.ValidationError({name: [str(error)]}) from None


class TableSerializer(serializers.Serializer):
    """Measurements of one target and type, as `columns` (name to list) or as `rows` (objects); `common` is for all of them."""

    target = _ChangeableTargets(pk_field=serializers.IntegerField())
    data_type = serializers.CharField(max_length=100)
    data_product = _VisibleProducts(pk_field=serializers.IntegerField(), required=False, allow_null=True)
    columns = serializers.DictField(required=False)
    rows = serializers.ListField(required=False)
    common = serializers.DictField(required=False)

    validate_data_type = ReducedDatumSerializer.validate_data_type

    def to_internal_value(self, data):
        # a million numbers are looked at once, by the service
        given = {name: data.get(name) for name in ("columns", "rows", "common")} if isinstance(data, dict) else {}
        found = super().to_internal_value({name: content for name, content in data.items() if name not in given} if given else data)
        wrong = {name: ["An object is needed."] for name in ("columns", "common") if given[name] is not None and not isinstance(given[name], dict)}
        if wrong:
            raise serializers.ValidationError(wrong)
        return {**found, **{name: content for name, content in given.items() if content is not None}}


class _FileAddress(serializers.FileField):
    """Where the file is to be had: as its storage says, or through our own door where the storage has no addresses."""

    def to_representation(self, value):
        try:
            return super().to_representation(value)
        except (NotImplementedError, ValueError):
            request = self.context.get("request")
            url = reverse("tom_dataproducts:file", args=[value.instance.pk])
            return request.build_absolute_uri(url) if request is not None else url


class DataProductSerializer(serializers.ModelSerializer):
    target = _ChangeableTargets()
    observation_record = _VisibleRecords(required=False, allow_null=True)
    groups = GroupField(many=True, required=False)
    data_product_group = DataProductGroupSerializer(many=True, required=False, read_only=True, source="group")
    reduceddatum_set = ReducedDatumSerializer(many=True, required=False, read_only=True)
    data_product_type = serializers.CharField(allow_blank=False)
    data = _FileAddress(required=False)

    class Meta:
        model = DataProduct
        fields = (
            "id", "product_id", "target", "observation_record", "data", "extra_data", "data_product_type", "groups",
            "data_product_group", "reduceddatum_set",
        )
        extra_kwargs = {"product_id": {"validators": []}}

    def validate_data_product_type(self, value):
        kinds = [kind for kind, _ in data_type_choices()]
        if value not in kinds:
            raise serializers.ValidationError(
                f"Not a valid data_product_type. Valid data_product_types are {', '.join(kinds)}."
            )
        return value

    def create(self, validated_data):
        from tom_dataproducts.services import store_product

        request = self.context.get("request")
        groups = validated_data.pop("groups", [])
        file = validated_data.pop("data", None)
        try:
            product = store_product(
                target=validated_data["target"], filename=getattr(file, "name", "") or "", content=file,
                observation_record=validated_data.get("observation_record"), product_id=validated_data.get("product_id"),
                data_product_type=validated_data["data_product_type"], extra_data=validated_data.get("extra_data", ""),
                actor=getattr(request, "user", None),
            )
        except InvalidInputError as error:
            raise serializers.ValidationError(error.by_field() or {"detail": str(error)}) from None
        _share_with_groups(product, groups, getattr(request, "user", None))
        return product

    def to_representation(self, instance):
        shown = super().to_representation(instance)
        if not getattr(settings, "TARGET_PERMISSIONS_ONLY", True):
            from guardian.shortcuts import get_groups_with_perms

            shown["groups"] = [{"id": group.pk, "name": group.name} for group in get_groups_with_perms(instance)]
        else:
            shown["groups"] = []
        return shown


def _share_with_groups(product, groups, user):
    """Rights on the product for groups of the user's own (where rights are given on products)."""
    if getattr(settings, "TARGET_PERMISSIONS_ONLY", True):
        return
    from tom_dataproducts.services.storing import open_to

    allowed = Group.objects.all() if user is not None and user.is_superuser else user.groups.all() if user else Group.objects.none()
    wanted = allowed.filter(pk__in=[group["id"] for group in groups if "id" in group])
    for group in wanted:
        open_to(product, group)
