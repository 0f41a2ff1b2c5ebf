"""Settings that tom_dataproducts reads."""

from tom_common.conf import Setting

SETTINGS = [
    Setting(
        "DATA_PRODUCT_TYPES",
        {"photometry": ("photometry", "Photometry"), "spectroscopy": ("spectroscopy", "Spectroscopy")},
        "The types of data products: key to (type, label).",
        dict,
    ),
    Setting("DATA_PROCESSORS", {}, "What reads which type of data product: type to the dotted path of a DataProcessor.", dict),
    Setting("DATA_PRODUCT_PATH", None, "Where a file is kept: dotted path of a function (instance, filename).", (str, None)),
    Setting("DATA_SHARING", {}, "Other TOMs and services with which data are shared.", dict),
    Setting("SINGLE_TARGET_DATA_SERVICES", {}, "Services that are asked for data of one target: name to {class, url, api_key}.", dict),
    Setting("FORCED_PHOTOMETRY_SERVICES", {}, "The older name of SINGLE_TARGET_DATA_SERVICES.", dict),
    Setting("THUMBNAIL_DEFAULT_SIZE", (200, 200), "Width and height of previews in pixels.", (tuple, list)),
    Setting("THUMBNAIL_MAX_SIZE", None, "Width and height of the largest image made of a FITS file.", (tuple, list, None)),
    Setting("AUTO_THUMBNAILS", False, "Make previews of FITS images while a list is shown.", bool),
    Setting("TARGET_PERMISSIONS_ONLY", True, "Rights on data follow the target (True) or each data product (False).", bool),
    Setting("TOM_UPLOAD_MAX_BYTES", 500_000_000, "The largest file that is taken as a data product.", int),
    Setting(
        "TOM_UPLOAD_REFUSED_EXTENSIONS",
        [".html", ".htm", ".xhtml", ".svg", ".js", ".mjs", ".exe", ".bat", ".cmd", ".com", ".scr", ".php", ".phtml", ".sh", ".jar"],
        "Endings of files that are refused: pages and programs are no data.",
        list,
    ),
    Setting("TOM_PLOT_MAX_POINTS", 20_000, "A light curve or spectrum of more points is thinned for the plot.", int),
]
