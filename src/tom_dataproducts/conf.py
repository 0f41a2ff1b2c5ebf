"""Settings that tom_dataproducts reads."""

from tom_common.conf import Setting
from tom_common.shapes import Each, Keys, ListOf

DESTINATION = Keys(
    {
        "DISPLAY_NAME": str, "BASE_URL": "url", "USERNAME": str, "PASSWORD": str, "HERMES_API_KEY": str, "DEFAULT_AUTHORS": str,
        "USER_TOPICS": ListOf(str), "DATA_CONVERTER_CLASS": "path",
    },
    required=("BASE_URL",),
)  # fmt: skip
SERVICE = Keys({"class": "path", "url": "url", "api_key": str}, required=("class",))

SETTINGS = [
    Setting(
        "DATA_PRODUCT_TYPES",
        {"photometry": ("photometry", "Photometry"), "spectroscopy": ("spectroscopy", "Spectroscopy")},
        "The types of data products: key to (type, label).",
        dict,
        shape=Each(ListOf(length=2)),
    ),
    Setting(
        "DATA_PROCESSORS",
        {},
        "What reads which type of data product: type to the dotted path of a DataProcessor.",
        dict,
        shape=Each("path"),
    ),
    Setting("DATA_PRODUCT_PATH", None, "Where a file is kept: dotted path of a function (instance, filename).", (str, None)),
    Setting("DATA_SHARING", {}, "Other TOMs and services with which data are shared.", dict, shape=Each(DESTINATION)),
    Setting(
        "SINGLE_TARGET_DATA_SERVICES",
        {},
        "Services that are asked for data of one target: name to {class, url, api_key}.",
        dict,
        shape=Each(SERVICE),
    ),
    Setting("FORCED_PHOTOMETRY_SERVICES", {}, "The older name of SINGLE_TARGET_DATA_SERVICES.", dict, shape=Each(SERVICE)),
    Setting("THUMBNAIL_DEFAULT_SIZE", (200, 200), "Width and height of previews in pixels.", (tuple, list)),
    Setting("THUMBNAIL_MAX_SIZE", None, "Width and height of the largest image made of a FITS file.", (tuple, list, None)),
    Setting(
        "AUTO_THUMBNAILS",
        False,
        "Keep a preview of each image in the storage as soon as its file is stored; of a FITS image of an observation also a JPEG as a product, "
        "where DATA_PRODUCT_TYPES has `image_file`.",
        bool,
    ),
    Setting("TARGET_PERMISSIONS_ONLY", True, "Rights on data follow the target (True) or each data product (False).", bool),
    Setting("TOM_UPLOAD_MAX_BYTES", 500_000_000, "The largest file that is taken as a data product.", int),
    Setting(
        "TOM_UPLOAD_REFUSED_EXTENSIONS",
        [".html", ".htm", ".xhtml", ".svg", ".js", ".mjs", ".exe", ".bat", ".cmd", ".com", ".scr", ".php", ".phtml", ".sh", ".jar"],
        "Endings of files that are refused: pages and programs are no data.",
        list,
    ),
    Setting("TOM_UNPACKED_MAX_BYTES", 2_000_000_000, "A file packed by gzip is unpacked up to this size in bytes.", int),
    Setting("TOM_IMAGE_MAX_PIXELS", 400_000_000, "A FITS image of more pixels is not drawn.", int),
    Setting("TOM_PICTURE_MAX_PIXELS", 60_000_000, "A JPEG, PNG, GIF, WebP or TIFF picture of more pixels is not drawn.", int),
    Setting(
        "TOM_DOWNLOAD_BY_LINK",
        False,
        "Downloads from a storage that signs links (S3) are sent there by a link that expires; else they pass through this site.",
        bool,
    ),
    Setting("TOM_DOWNLOAD_LINK_SECONDS", 60, "For how many seconds such a link is valid.", int),
    Setting("TOM_PLOT_MAX_POINTS", 20_000, "A light curve or spectrum of more points is thinned for the plot.", int),
]
