"""The extension points of this app, on one page.

* A **data service** is a class with the interface of :class:`tom_dataservices.dataservices.DataService`, named by
  `AppConfig.data_services()` of its app as `[{"class": "dotted.path.Class"}]` and configured in the setting `DATA_SERVICES`.
"""

EXTENSION_POINTS = {"data service": ("tom_dataservices.dataservices.DataService", "AppConfig.data_services()")}


def nav_context(context: dict) -> dict:
    from tom_dataservices.dataservices import get_data_service_classes

    return {"data_services": get_data_service_classes()}
