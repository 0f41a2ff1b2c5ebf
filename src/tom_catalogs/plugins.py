"""The extension points of this app, on one page.

* A **harvester** is a class with the interface of :class:`tom_catalogs.harvester.AbstractHarvester`, named by `AppConfig.harvester_classes()`
  of its app or in the setting `INCLUDE_HARVESTER_CLASSES`.
"""

EXTENSION_POINTS = {"harvester": ("tom_catalogs.harvester.AbstractHarvester", "AppConfig.harvester_classes()")}
