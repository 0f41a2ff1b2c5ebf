import django_filters

from tom_alerts.alerts import get_service_classes
from tom_alerts.models import BrokerQuery


def _brokers():
    return [(name, name) for name in get_service_classes()]


class BrokerQueryFilter(django_filters.FilterSet):
    broker = django_filters.ChoiceFilter(choices=_brokers, empty_label="All brokers")
    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = BrokerQuery
        fields = ("broker", "name")
