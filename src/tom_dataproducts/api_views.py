"""REST of data products and reduced data, at the path that outside code imports."""

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django_filters import rest_framework as drf_filters
from rest_framework import status
from rest_framework.mixins import CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tom_common.hooks import run_hook
from tom_common.permissions import AccessMixin
from tom_dataproducts import policy
from tom_dataproducts.filters import DataProductFilter, ReducedDatumFilter
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_dataproducts.serializers import DataProductSerializer, ReducedDatumSerializer


def _person(request):
    return getattr(request, "user", None) or AnonymousUser()


class DataProductViewSet(AccessMixin, CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Data products: list, upload (multipart, `file`), delete."""

    serializer_class = DataProductSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = DataProductFilter
    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [MultiPartParser]
    queryset = DataProduct.objects.all()

    def get_visible_queryset(self, action):
        return policy.visible_to(_person(self.request), action)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return DataProduct.objects.none()
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
        data = request.data.copy()
        data["data"] = request.FILES["file"]
        serializer = self.get_serializer(data=data)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        product = serializer.instance
        run_hook("data_product_post_upload", product)
        from tom_dataproducts.data_processor import run_data_processor

        try:
            run_data_processor(product)
        except Exception as error:
            from tom_dataproducts.services import delete_product

            with transaction.atomic():
                delete_product(product=product, actor=request.user)
            return Response({"Data processing error": str(error)}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
        answer = self.get_serializer(DataProduct.objects.get(pk=product.pk)).data
        return Response({**answer, "message": "Data product successfully uploaded."}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance):
        from tom_dataproducts.services import delete_product

        delete_product(product=instance, actor=self.request.user)


class ReducedDatumViewSet(AccessMixin, CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Reduced data: list, add one, delete one."""

    serializer_class = ReducedDatumSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = ReducedDatumFilter
    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [FormParser, MultiPartParser, JSONParser]
    queryset = ReducedDatum.objects.all()

    def get_visible_queryset(self, action):
        return policy.data_visible_to(_person(self.request), action)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return ReducedDatum.objects.none()
        return self.get_visible_queryset("view").order_by("-timestamp", "-pk")

    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = serializer.build(serializer.validated_data)
        twin = row.find_twin()
        if twin is not None:
            answer = self.get_serializer(twin).data
            return Response({**answer, "message": "Data already exists. Skipping upload.", "already_exists": True})
        self.perform_create(serializer)
        return Response(
            {**serializer.data, "message": "Data successfully uploaded."},
            status=status.HTTP_201_CREATED,
            headers=self.get_success_headers(serializer.data),
        )

    def perform_destroy(self, instance):
        from tom_dataproducts.services import delete_datum

        delete_datum(datum=instance, actor=self.request.user)
