"""REST of data products and reduced data, at the path that outside code imports."""

import copy
import dataclasses

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import StreamingHttpResponse
from django_filters import rest_framework as drf_filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField
from rest_framework.mixins import CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin, UpdateModelMixin
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tom_common.api.bulk import BulkCreateMixin, RowRefused
from tom_common.api.errors import TooLarge
from tom_common.api.schema import described
from tom_common.api.viewsets import TomViewSetMixin
from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError
from tom_common.hooks import run_hook
from tom_dataproducts import policy, queries
from tom_dataproducts.api_words import EXPORT, TABLE, DataProductSaved, DataProductUpload, ReducedDatumSaved
from tom_dataproducts.filters import DataProductFilter, ReducedDatumFilter
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.normalising import COLUMNS
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.serializers import DataProductSerializer, ReducedDatumSerializer, TableSerializer
from tom_dataproducts.services import add_reduced_data, process_product
from tom_dataproducts.services.bulk_export import data_format, export_data
from tom_dataproducts.services.tabling import TableRefused, add_table
from tom_targets.models import BaseTarget

OTHER_FIELDS_BYTES = 1_000_000
"""What a request with a file of the largest size holds beside it."""


def _told(added):
    return [{"index": index, "errors": errors} for index, errors in added.errors]


def _person(request):
    return getattr(request, "user", None) or AnonymousUser()


def _content_length(request):
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _yes_or_no(data, name):
    if not data.get(name):
        return False
    try:
        return BooleanField().run_validation(data[name])
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from None


@described(create={"request": {"multipart/form-data": DataProductUpload}, "responses": {201: DataProductSaved, 200: DataProductSaved}})
class DataProductViewSet(TomViewSetMixin, CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Data products: list, upload (multipart, `file`), delete."""

    serializer_class = DataProductSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = DataProductFilter
    parser_classes = [MultiPartParser]
    queryset = DataProduct.objects.all()
    ordering_fields = ("id", "created", "modified")

    def initial(self, request, *args, **kwargs):
        # before anything reads the body, the check of the session's token included
        if request.method == "POST" and _content_length(request) > tom_settings.TOM_UPLOAD_MAX_BYTES + OTHER_FIELDS_BYTES:
            raise TooLarge(f"The file is larger than the {tom_settings.TOM_UPLOAD_MAX_BYTES:,} bytes that are taken.")
        super().initial(request, *args, **kwargs)

    def also_known(self):
        return {"file", "keep_good_rows"}

    def get_visible_queryset(self, action):
        return policy.visible_to(_person(self.request), action)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return (
            self.get_visible_queryset("view")
            .select_related("observation_record", "target")
            .prefetch_related("group", "reduceddatum_set")
        )

    def create(self, request, *args, **kwargs):
        product_id = request.data.get("product_id")
        if product_id:
            known = policy.visible_to(request.user).filter(product_id=product_id).first()
            if known is not None:
                answer = self.get_serializer(known).data
                return Response({**answer, "message": "Data product already exists. Skipping upload.", "already_exists": True})
            if DataProduct.objects.filter(product_id=product_id).exists():
                return Response({"product_id": ["This identifier is not available."]}, status=status.HTTP_400_BAD_REQUEST)
        if not request.FILES.get("file"):
            return Response({"file": ["No file was submitted."]}, status=status.HTTP_400_BAD_REQUEST)
        data = copy.copy(request.data)  # its own copy() would copy a large file, which it cannot
        data["data"] = request.FILES["file"]
        serializer = self.get_serializer(data=data)
        serializer.is_valid(raise_exception=True)
        keep_good_rows = _yes_or_no(request.data, "keep_good_rows")
        self.perform_create(serializer)
        product = serializer.instance
        run_hook("data_product_post_upload", product)
        try:
            process_product(product=product, actor=request.user, keep_good_rows=keep_good_rows)
        except Exception as error:
            from tom_dataproducts.services import delete_product

            with transaction.atomic():
                delete_product(product=product, actor=request.user)
            return Response({"Data processing error": str(error)}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
        answer = self.get_serializer(DataProduct.objects.get(pk=product.pk)).data
        told = {"message": "Data product successfully uploaded.", "processing_message": product.processing_message}
        return Response({**answer, **told}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance):
        from tom_dataproducts.services import delete_product

        with self.unchanged(instance):
            delete_product(product=instance, actor=self.request.user)


@described(
    create={"responses": {201: ReducedDatumSaved, 200: ReducedDatumSaved}},
    table=TABLE,
    export=EXPORT,
)
class ReducedDatumViewSet(
    TomViewSetMixin, BulkCreateMixin, CreateModelMixin, UpdateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet
):
    """Measurements: list, add one, change one, delete one; many at once as a table; all that match as a file."""

    thing = "ReducedDatum"
    serializer_class = ReducedDatumSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = ReducedDatumFilter
    parser_classes = [FormParser, MultiPartParser, JSONParser]
    http_method_names = ["get", "post", "patch", "delete", "head", "options", "trace"]
    queryset = ReducedDatum.objects.all()
    ordering_fields = ("id", "timestamp", "added")
    heavy_actions = ("bulk_create", "table", "export")

    def also_known(self):
        return {name for columns in COLUMNS.values() for column in columns for name in column.synonyms}

    def get_visible_queryset(self, action):
        if action == "view" and self.of_target is not None:
            rows = policy.target_data(_person(self.request), BaseTarget(pk=self.of_target))
            self.request.narrowed_to = self.of_target
        else:
            rows = policy.data_visible_to(_person(self.request), action)
        rows = rows.order_by("-timestamp", "-pk")
        if self.action != "list":
            return rows
        return rows.only("data_product", "data_type", "source_name", "source_location", "source_id", "timestamp", "value", "target", "added")

    @property
    def of_target(self):
        """The key of the one target whose rows are asked for; None where these are of several, or of one that is told otherwise."""
        asked = self.request.query_params.get("target", "") if self.action in ("list", "export") else ""
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None

    def paginate_queryset(self, queryset):
        self.kinds = []
        if self.of_target is not None and not self.request.query_params.get("data_type"):
            self.kinds = queries.kinds_of(self.of_target, queryset.db)
        return super().paginate_queryset(queries.of_kinds(queryset, self.kinds))

    def rows_of_page(self, queryset, start, stop):
        by_time = queryset.query.order_by in (("-timestamp", "-pk"), ("timestamp", "pk"))
        return queries.rows_by_time(queryset, self.kinds, start, stop) if by_time else queryset[start:stop]

    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = serializer.build(serializer.validated_data)
        twin = row.find_twin()
        if twin is not None:
            if not self.get_visible_queryset("view").filter(pk=twin.pk).exists():
                raise ValidationError({"value": ["This measurement is not available."]})
            answer = self.get_serializer(twin).data
            return Response({**answer, "message": "Data already exists. Skipping upload.", "already_exists": True})
        self.perform_create(serializer)
        return Response(
            {**serializer.data, "message": "Data successfully uploaded."},
            status=status.HTTP_201_CREATED,
            headers=self.get_success_headers(serializer.data),
        )

    def perform_content_negotiation(self, request, force=False):
        # a file is written in its own media type, which is none of the renderers'
        return super().perform_content_negotiation(request, force=force or getattr(self, "action", None) == "export")

    @action(detail=False, methods=["get"])
    def export(self, request, *args, **kwargs):
        """The measurements that match as a file, streamed; with `data_type` it has the columns of that type."""
        rows = self.filter_queryset(self.get_visible_queryset("view"))
        try:
            into = data_format(request.query_params.get("as", ""))
            pieces = export_data(rows=rows, kind=request.query_params.get("data_type", ""), format=into.slug)
        except InvalidInputError as error:
            raise ValidationError({"as": [error.message]}) from error
        response = StreamingHttpResponse(pieces, content_type=into.content_type)
        response["Content-Disposition"] = f'attachment; filename="measurements.{into.suffix}"'
        return response

    @action(detail=False, methods=["post"], parser_classes=[JSONParser])
    def table(self, request, *args, **kwargs):
        """Many measurements of one target, by columns or by rows; what is there already is not added twice."""
        given = TableSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        product = data.get("data_product")
        if product is not None and product.target_id != data["target"].pk:
            raise ValidationError({"data_product": ["This product is of another target."]})
        data["partial"] = request.query_params.get("partial", "").lower() in ("true", "1", "yes")
        try:
            added = add_table(actor=request.user, **data)
        except TableRefused as refused:
            return Response(
                {"detail": refused.message, "code": "invalid", "wrong": refused.found.wrong, "errors": _told(refused.found)},
                status=status.HTTP_400_BAD_REQUEST,
            )
        body = {name: getattr(added, name) for name in ("created", "updated", "unchanged", "wrong")}
        return Response({**body, "errors": _told(added)}, status=status.HTTP_201_CREATED if added.created else status.HTTP_200_OK)

    def perform_destroy(self, instance):
        from tom_dataproducts.services import delete_datum

        with self.unchanged(instance):
            delete_datum(datum=instance, actor=self.request.user)

    def create_many(self, serializers):
        """All in one call of the service; what is there already counts as unchanged."""
        made = [serializer.build(serializer.validated_data) for serializer in serializers]
        self.added = {"created": 0, "updated": 0, "unchanged": 0} | getattr(self, "added", {})
        together = {}
        for index, row in enumerate(made):
            content = DatumRow(**{field.name: getattr(row, field.name) for field in dataclasses.fields(DatumRow)})
            together.setdefault((row.data_product, row.target), {})[index] = content
        keys = []
        with transaction.atomic():
            for (product, target), rows in together.items():
                try:
                    added = add_reduced_data(target=target, rows=rows.values(), actor=self.request.user, data_product=product, own_words=True)
                except InvalidInputError as error:
                    if not error.errors or error.errors[0].row is None:
                        raise
                    raise RowRefused(list(rows)[error.errors[0].row - 1], error) from error
                for kind in self.added:
                    self.added[kind] += len(getattr(added, kind))
                keys += added.all
        return list(self.get_visible_queryset("view").filter(pk__in=keys))

    @property
    def bulk_counts(self):
        return self.added
