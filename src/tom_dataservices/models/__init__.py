from tom_dataservices.models.query import DataServiceQuery

__all__ = ["DataServiceQuery"]
