"""What the description of the API says of targets beside their serializers; no other use."""

from __future__ import annotations

from django.apps import apps
from rest_framework import serializers

from tom_targets.api.serializers import TargetSerializer


class TargetSaved(TargetSerializer):
    """A target as it is after the change."""

    message = serializers.CharField(read_only=True)

    class Meta(TargetSerializer.Meta):
        fields = [*TargetSerializer.Meta.fields, "message"]


EXAMPLES = []
EXISTING = []
CHANGES: dict = {}
EXPORT: dict = {}
if apps.is_installed("drf_spectacular"):
    from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

    EXAMPLES = [
        OpenApiExample(
            "A supernova",
            request_only=True,
            value={
                "name": "SN 2026abc",
                "type": "SIDEREAL",
                "ra": 202.469,
                "dec": 47.195,
                "permissions": "PRIVATE",
                "aliases": [{"name": "ZTF26aaaaaaa"}],
                "targetextra_set": [{"key": "redshift", "value": "0.0015"}],
                "target_lists": [{"name": "Supernovae"}],
            },
        )
    ]
    EXISTING = [
        OpenApiParameter(
            "existing",
            enum=["refuse", "keep"],
            description="What to do with rows whose name a target has that you see: `keep` gives that target among the results, unchanged.",
        )
    ]
    ROW_ERRORS = {"type": "array", "items": {"$ref": "#/components/schemas/RowErrors"}}
    CHANGES = {
        "parameters": [OpenApiParameter("partial", bool, description="Change the good rows, and tell what is wrong with the others.")],
        "request": {
            "application/json": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "integer", "minimum": 1}},
                    "description": "The target, and beside its `id` what is to be changed, as for PATCH of one.",
                },
            }
        },
        "responses": {
            200: OpenApiResponse(
                {
                    "type": "object",
                    "required": ["changed", "results", "errors"],
                    "properties": {
                        "changed": {"type": "integer", "minimum": 0},
                        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Target"}},
                        "errors": ROW_ERRORS,
                    },
                },
                description="Changed.",
            ),
            400: OpenApiResponse(
                {
                    "anyOf": [
                        {"type": "object", "required": ["detail", "code"], "properties": {"errors": ROW_ERRORS}},
                        {"$ref": "#/components/schemas/FieldErrors"},
                    ]
                },
                description="Nothing was changed.",
            ),
        },
    }
    EXPORT = {
        "filters": True,
        "parameters": [OpenApiParameter("as", enum=["csv", "ecsv", "votable", "fits"], description="The format of the file.")],
        "responses": {
            (200, media_type): bytes if media_type == "application/fits" else str
            for media_type in ("text/csv", "text/plain", "application/x-votable+xml", "application/fits")
        },
    }
