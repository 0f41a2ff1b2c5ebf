"""JSON of data products and reduced data, at the path that outside code imports."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from tom_common.errors import InvalidInputError
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum, try_parse_reduced_datum
from tom_dataproducts.models.products import data_type_choices
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


class ReducedDatumSerializer(serializers.ModelSerializer):
    """A measurement. `value` is the complete JSON; the typed columns may be given beside it under their names."""

    target = _ChangeableTargets()
    data_product = _VisibleProducts(required=False, allow_null=True)
    value = serializers.JSONField(required=False)
    timestamp = serializers.DateTimeField(required=False)

    class Meta:
        model = ReducedDatum
        fields = ("data_product", "data_type", "source_name", "source_location", "timestamp", "value", "target")

    def validate(self, attrs):
        if not self.partial and not attrs.get("value") and not isinstance(self.initial_data, ReducedDatum):
            extra = set(self.initial_data) - set(self.fields)
            if not extra:
                raise serializers.ValidationError({"value": ["This field is required."]})
        return attrs

    def build(self, attrs):
        """The unsaved row."""
        from tom_dataproducts.normalising import columns_of

        known = {name for column in columns_of(attrs.get("data_type", "")) for name in column.synonyms}
        flat = {name: content for name, content in dict(self.initial_data).items() if name in known}
        try:
            return try_parse_reduced_datum({**flat, **attrs})
        except DjangoValidationError as error:
            raise serializers.ValidationError(getattr(error, "message_dict", error.messages)) from None

    def create(self, validated_data):
        row = self.build(validated_data)
        try:
            row.save()
        except DjangoValidationError as error:
            raise serializers.ValidationError(getattr(error, "message_dict", error.messages)) from None
        return row

    def to_representation(self, instance):
        shown = super().to_representation(instance)
        from tom_dataproducts.normalising import plain_json

        shown["value"] = plain_json(shown["value"])
        return shown


class DataProductSerializer(serializers.ModelSerializer):
    target = _ChangeableTargets()
    observation_record = _VisibleRecords(required=False, allow_null=True)
    groups = GroupField(many=True, required=False)
    data_product_group = DataProductGroupSerializer(many=True, required=False, read_only=True, source="group")
    reduceddatum_set = ReducedDatumSerializer(many=True, required=False, read_only=True)
    data_product_type = serializers.CharField(allow_blank=False)

    class Meta:
        model = DataProduct
        fields = (
            "id", "product_id", "target", "observation_record", "data", "extra_data", "data_product_type", "groups",
            "data_product_group", "reduceddatum_set",
        )
        extra_kwargs = {"product_id": {"validators": []}, "data": {"required": False}}

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
    from guardian.shortcuts import assign_perm

    allowed = Group.objects.all() if user is not None and user.is_superuser else user.groups.all() if user else Group.objects.none()
    wanted = allowed.filter(pk__in=[group["id"] for group in groups if "id" in group])
    for group in wanted:
        for action in ("view", "change", "delete"):
            assign_perm(f"tom_dataproducts.{action}_dataproduct", group, product)
    if user is not None and user.is_authenticated:
        for action in ("view", "change", "delete"):
            assign_perm(f"tom_dataproducts.{action}_dataproduct", user, product)
