import django_filters

from tom_dataservices.dataservices import get_data_service_classes
from tom_dataservices.models import DataServiceQuery


def _services():
    return [(name, service.verbose_name or name) for name, service in get_data_service_classes().items()]


class DataServiceQueryFilterSet(django_filters.FilterSet):
    data_service = django_filters.ChoiceFilter(choices=_services, empty_label="All data services")
    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = DataServiceQuery
        fields = ("data_service", "name")
