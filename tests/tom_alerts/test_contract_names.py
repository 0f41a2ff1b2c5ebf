"""Every name of the source apps that published plugins import, subclass or override is there."""

import pytest
from django.urls import reverse
from django.utils.module_loading import import_string

NAMES = """
tom_alerts.alerts.GenericAlert tom_alerts.alerts.GenericBroker
tom_alerts.alerts.GenericQueryForm tom_alerts.alerts.GenericUpstreamSubmissionForm tom_alerts.alerts.get_service_class
tom_alerts.alerts.get_service_classes tom_alerts.alerts.DEFAULT_ALERT_CLASSES tom_alerts.brokers.alerce.ALERCE_URL
tom_alerts.brokers.alerce.ALeRCEBroker tom_alerts.brokers.alerce.ALeRCEQueryForm tom_alerts.brokers.antares.ANTARESBroker
tom_alerts.brokers.fink.FinkBroker tom_alerts.brokers.gaia.BASE_BROKER_URL tom_alerts.brokers.gaia.GaiaBroker
tom_alerts.brokers.hermes.HermesBroker tom_alerts.brokers.lasair.LasairBroker tom_alerts.brokers.lasair.get_lasair_object
tom_alerts.brokers.mars.MARSBroker tom_alerts.brokers.mars.MARSQueryForm tom_alerts.brokers.mars.MARS_URL
tom_alerts.brokers.scimma.SCIMMABroker tom_alerts.brokers.scout.ScoutBroker tom_alerts.brokers.tns.TNSBroker
tom_alerts.exceptions.AlertSubmissionException tom_alerts.models.AlertStreamMessage tom_alerts.models.BrokerQuery
tom_alerts.views.BrokerQueryListView tom_catalogs.harvester.AbstractHarvester tom_catalogs.harvester.MissingDataException
tom_catalogs.harvesters.jplhorizons.JPLHorizonsHarvester tom_catalogs.harvesters.mpc.MPCExplorerHarvester
tom_catalogs.harvesters.mpc.MPCHarvester tom_catalogs.harvesters.ned.NEDHarvester tom_catalogs.harvesters.simbad.SimbadHarvester
tom_catalogs.harvesters.tns.TNSHarvester tom_catalogs.harvesters.tns.TNS_URL tom_catalogs.harvesters.tns.get
tom_dataservices.dataservices.DataService tom_dataservices.dataservices.MissingDataException
tom_dataservices.dataservices.NotConfiguredError tom_dataservices.dataservices.QueryServiceError
tom_dataservices.dataservices.get_data_service_class tom_dataservices.dataservices.get_data_service_classes
tom_dataservices.dataservices.messages tom_dataservices.forms.BaseQueryForm tom_dataservices.models.DataServiceQuery
tom_calendar.models.CalendarEvent tom_calendar.models.EventTodo tom_streams.alertstream.AlertStream
""".split()

METHODS = {
    "tom_alerts.alerts.GenericBroker": (
        "name form fetch_alerts fetch_alert to_generic_alert to_target process_reduced_data submit_upstream_alert fetch_and_save_all "
        "get_broker_context_data alert_submission_form score_description"
    ),
    "tom_alerts.brokers.alerce.ALeRCEBroker": (
        "_request_alerts _clean_parameters _clean_classifier_parameters _clean_coordinate_parameters _clean_date_parameters fetch_lightcurve"
    ),
    "tom_alerts.brokers.alerce.ALeRCEQueryForm": "_get_classifiers",
    "tom_alerts.brokers.mars.MARSBroker": "_request_alerts",
    "tom_alerts.brokers.tns.TNSBroker": "tns_headers fetch_tns_transients get_tns_object_info",
    "tom_dataservices.dataservices.DataService": (
        "name verbose_name info_url base_url service_notes query_results_table app_version app_link query_service pre_query_validation "
        "build_query_parameters get_form_class build_headers configuration get_configuration get_credentials urls get_urls "
        "get_additional_context_data get_success_message query_photometry query_spectroscopy query_forced_photometry query_reduced_data "
        "query_aliases query_targets to_data_product create_data_product_from_query to_reduced_datums create_reduced_datums_from_query "
        "to_target create_target_from_query create_target_extras_from_query to_aliases create_aliases_from_query"
    ),
    "tom_dataservices.forms.BaseQueryForm": "simple_fields get_layout get_simple_form_partial get_advanced_form_partial save",
}

ADDRESSES = {
    "alerts:list": "/alerts/query/list/",
    "tom_alerts:create": "/alerts/query/create/",
    "alerts:create-target": "/alerts/alert/create/",
    "tom_catalogs:query": "/catalogs/query/",
    "dataservices:query_list": "/tom_dataservices/query/list/",
    "dataservices:create": "/tom_dataservices/query/create/",
    "tom_dataservices:run": "/tom_dataservices/query/run/",
    "dataservices:create-target": "/tom_dataservices/query/create_targets/",
    "dataservices:update-data": "/tom_dataservices/query/update_data/",
    "calendar:calendar": "/calendar/",
    "tom_calendar:create-event": "/calendar/create/",
}


@pytest.mark.parametrize("path", NAMES)
def test_the_name_is_there(path):
    assert import_string(path) is not None


@pytest.mark.parametrize("path", METHODS)
def test_the_members_are_there(path):
    thing = import_string(path)
    assert [name for name in METHODS[path].split() if not hasattr(thing, name)] == []


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_address(name):
    assert reverse(name) == ADDRESSES[name]


def test_addresses_with_keys():
    assert reverse("alerts:submit-alert", args=["ALeRCE"]) == "/alerts/ALeRCE/submit/"
    for name, path in (("update", "update"), ("run", "run"), ("delete", "delete")):
        assert reverse(f"alerts:{name}", args=[1]) == f"/alerts/query/1/{path}/"
    assert reverse("dataservices:run_saved", args=[1]) == "/tom_dataservices/query/1/run/"
    assert reverse("calendar:update-todo", args=[1]) == "/calendar/todo/update/1/"
