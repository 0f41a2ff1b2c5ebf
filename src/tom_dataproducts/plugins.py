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
