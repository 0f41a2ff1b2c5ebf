"""Settings read by tom_observations."""

from tom_common.conf import Setting
from tom_common.shapes import Each, Keys, ListOf

FACILITY = Keys({"portal_url": ("url", Each("url")), "archive_url": "url", "api_key": (str, Each(str))})

SETTINGS = [
    Setting(
        "TOM_FACILITY_CLASSES",
        [
            "tom_observations.facilities.lco.LCOFacility",
            "tom_observations.facilities.gemini.GEMFacility",
            "tom_observations.facilities.soar.SOARFacility",
            "tom_observations.facilities.blanco.BLANCOFacility",
        ],
        "Dotted paths of the facility classes that this TOM offers, besides those of installed apps.",
        kind=list,
        shape=ListOf("path"),
    ),
    Setting(
        "TOM_CADENCE_STRATEGIES",
        [
            "tom_observations.cadences.retry_failed_observations.RetryFailedObservationsStrategy",
            "tom_observations.cadences.resume_cadence_after_failure.ResumeCadenceAfterFailureStrategy",
        ],
        "Dotted paths of the cadence strategies that this TOM offers.",
        kind=list,
        shape=ListOf("path"),
    ),
    Setting("FACILITIES", {}, "Addresses, keys and options of each facility, under its name.", kind=dict, shape=Each(FACILITY)),
    Setting("AUTO_THUMBNAILS", False, "Make a preview of each FITS file saved from a facility.", kind=bool),
]
