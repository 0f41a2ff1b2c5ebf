from django.contrib import admin

from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum


@admin.register(DataProduct)
class DataProductAdmin(admin.ModelAdmin):
    list_display = ("__str__", "target", "data_product_type", "processing_state", "created")
    list_filter = ("data_product_type", "processing_state")
    search_fields = ("product_id", "data")
    raw_id_fields = ("target", "observation_record")
    show_full_result_count = False


@admin.register(DataProductGroup)
class DataProductGroupAdmin(admin.ModelAdmin):
    list_display = ("name", "created")
    search_fields = ("name",)
    filter_horizontal = ("user_groups",)


@admin.register(ReducedDatum)
class ReducedDatumAdmin(admin.ModelAdmin):
    list_display = ("pk", "target", "data_type", "timestamp", "bandpass", "brightness", "source_name")
    list_filter = ("data_type",)
    raw_id_fields = ("target", "data_product")
    list_select_related = ("target",)
    show_full_result_count = False
    exclude = ("wavelength", "flux", "error")
