"""What the description of the API says of products and data beside their serializers; no other use."""

from __future__ import annotations

from django.apps import apps
from rest_framework import serializers

from tom_dataproducts.serializers import DataProductSerializer, ReducedDatumSerializer


class DataProductUpload(serializers.Serializer):
    """A file of a target (multipart)."""

    file = serializers.FileField()
    target = serializers.IntegerField(help_text="A target that you may change.")
    data_product_type = serializers.CharField(help_text="One of the types of this TOM.")
    product_id = serializers.CharField(required=False, max_length=255, help_text="An identifier of yours: the same one again is not stored again.")
    observation_record = serializers.IntegerField(required=False, help_text="The observation that it comes from.")
    extra_data = serializers.CharField(required=False, help_text="Any text.")
    keep_good_rows = serializers.BooleanField(
        required=False, help_text="Leave out rows that cannot be read, and tell them; else one bad row refuses the file."
    )


class DataProductSaved(DataProductSerializer):
    message = serializers.CharField(read_only=True)
    processing_message = serializers.CharField(read_only=True, required=False, help_text="What was read from the file, and what was left out.")
    already_exists = serializers.BooleanField(read_only=True, required=False)

    class Meta(DataProductSerializer.Meta):
        fields = (*DataProductSerializer.Meta.fields, "message", "processing_message", "already_exists")


class ReducedDatumSaved(ReducedDatumSerializer):
    message = serializers.CharField(read_only=True)
    already_exists = serializers.BooleanField(read_only=True, required=False)

    class Meta(ReducedDatumSerializer.Meta):
        fields = (*ReducedDatumSerializer.Meta.fields, "message", "already_exists")


TABLE: dict = {}
EXPORT: dict = {}
if apps.is_installed("drf_spectacular"):
    from drf_spectacular.utils import OpenApiExample, OpenApiParameter

    from tom_dataproducts.serializers import TableSerializer
    from tom_dataproducts.services.bulk_export import FORMATS

    _COUNT = {"type": "integer", "minimum": 0}
    _ADDED = {
        "type": "object",
        "required": ["created", "updated", "unchanged", "wrong", "errors"],
        "properties": {
            **dict.fromkeys(("created", "updated", "unchanged", "wrong"), _COUNT),
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/RowErrors"}},
        },
    }
    TABLE = {
        "request": TableSerializer,
        "responses": {(201, "application/json"): _ADDED, (200, "application/json"): _ADDED},
        "parameters": [OpenApiParameter("partial", bool, description="Keep the good rows, and tell what is wrong with the others.")],
        "examples": [
            OpenApiExample(
                "Photometry by columns",
                request_only=True,
                value={
                    "target": 1,
                    "data_type": "photometry",
                    "common": {"telescope": "ZTF", "filter": "r", "source_name": "mine"},
                    "columns": {"mjd": [60370.1, 60371.1], "magnitude": [17.25, None], "error": [0.02, None], "limit": [None, 20.5]},
                },
            )
        ],
    }
    EXPORT = {
        "filters": True,
        "parameters": [OpenApiParameter("as", enum=list(FORMATS), description="The format of the file.")],
        "responses": {
            (200, format.content_type.partition(";")[0]): str if format.content_type.startswith(("text", "application/x-votable")) else bytes
            for format in FORMATS.values()
        },
    }
