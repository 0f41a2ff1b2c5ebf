"""The extension points of tom_dataproducts: processors of files and services that are asked for data of one target."""

from tom_common.plugins import PluginKind, register_kind

register_kind(
    PluginKind(
        "processor",
        help="Reads one type of data product into reduced data (type to class).",
        setting="DATA_PROCESSORS",
        base="tom_dataproducts.data_processor.DataProcessor",
        required=("process_data",),
        default={},
    )
)

register_kind(
    PluginKind(
        "single-target data service",
        help="Is asked for data of one target (key to {class, url, api_key}).",
        setting="SINGLE_TARGET_DATA_SERVICES",
        also=("FORCED_PHOTOMETRY_SERVICES",),
        base="tom_dataproducts.single_target_data_service.single_target_data_service.BaseSingleTargetDataService",
        required=("query_service", "get_form"),
        default={},
    )
)
