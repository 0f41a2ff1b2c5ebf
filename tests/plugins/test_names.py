"""The names that published plugins and projects import, subclass and override are there."""

import importlib
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template
from django.urls import get_resolver

NAMES = (Path(__file__).parent / "names.txt").read_text().split()

# Attributes that projects add in a subclass, or that come from the view a mixin is mixed into: ours need not have them.
# `build_query_parameters_from_target` must not be there: that a service has it is what lists the service for updates.
ADDED = """SITES observation_types classification max_airmass _portal_headers _request_alerts _process_photometry_from_plaintext ra dec post
    template_name model get_queryset build_query_parameters_from_target""".split()
ADDED_BY_SUBCLASSES = {name for name in NAMES if name.rsplit(".", 1)[1] in ADDED}

TEMPLATES = """tom_common/base.html tom_common/index.html tom_common/bootstrap_htmx.html tom_common/navbar_content.html
tom_common/partials/navbar_login.html tom_common/partials/revealable_password_input.html tom_common/change_user_password.html
tom_common/create_user.html tom_targets/target_detail.html tom_targets/target_list.html tom_targets/target_form.html
tom_targets/target_grouping.html tom_targets/target_import.html tom_targets/target_merge.html tom_targets/targetlist_form.html
tom_targets/target_confirm_delete.html tom_targets/target_facility_selection.html tom_targets/partials/target_data.html
tom_targets/partials/target_buttons.html tom_targets/partials/target_groups.html tom_targets/partials/target_plan.html
tom_targets/partials/target_table.html tom_targets/partials/target_table_partial.html tom_targets/partials/recent_targets.html
tom_targets/partials/aladin_skymap.html tom_observations/observation_form.html tom_observations/observation_list.html
tom_observations/observationrecord_detail.html tom_observations/observationgroup_list.html
tom_observations/partials/observation_list.html tom_observations/partials/observing_buttons.html
tom_observations/partials/observation_plan.html tom_dataproducts/dataproduct_list.html tom_dataproducts/dataproduct_confirm_delete.html
tom_dataproducts/dataproductgroup_form.html tom_dataproducts/dataproductgroup_list.html tom_dataproducts/partials/js9_scripts.html
tom_dataproducts/partials/js9_button.html tom_dataproducts/partials/photometry_datalist_for_target.html
tom_dataproducts/partials/dataproduct_list_for_target.html tom_dataproducts/partials/recent_photometry.html
tom_dataproducts/partials/spectroscopy_for_target.html tom_dataproducts/partials/photometry_for_target.html
tom_dataproducts/partials/saved_dataproduct_list_for_observation.html
tom_dataproducts/partials/unsaved_dataproduct_list_for_observation.html tom_dataproducts/partials/upload_dataproduct.html
tom_alerts/brokerquery_list.html tom_alerts/query_form.html tom_alerts/query_result.html tom_alerts/partials/navbar_link.html
tom_catalogs/query_form.html""".split()

URLS = """targets:detail user-list targets:list targets:targetgrouping targets:add-remove-grouping tom_targets:detail targets:export
tom_alerts:list user-update tom_dataproducts:list tom_observations:list targets:import alerts:list tom_dataproducts:delete targets:create
tom_observations:detail tom_dataproducts:group-detail login tom_catalogs:query tom_alerts:create tom_alerts:delete tom_alerts:run
tom_alerts:update targets:update tom_dataproducts:save user-profile targets:delete-group tom_dataproducts:share_all tom_targets:delete
tom_targets:hermes-preload tom_targets:update user-delete admin-user-change-password dataproducts:group-list logout targets:create-group
tom_dataproducts:group-data tom_dataproducts:group-list tom_observations:create tom_observations:facility-status
tom_observations:group-list tom_observations:template-list tom_targets:list tom_targets:share user-create home
dataproducts:update-reduced-data group-create tom_alerts:create-target tom_dataproducts:feature tom_dataproducts:share
tom_targets:create tom_targets:import targets:name-search alerts:create observations:list comment-delete group-update
observations:group-create targets:share-group tom_dataproducts:group-create tom_dataproducts:group-delete tom_dataproducts:upload
tom_observations:add-existing tom_observations:group-delete tom_observations:redirect""".split()

TAGS = {
    "targets_extras": """target_data moon_distance select_target_js target_groups recent_targets target_buttons target_unknown_statuses
        aladin_finderchart get_buttons target_distribution target_plan target_table aladin_skymap recently_updated_targets target_feature
        target_merge_fields target_table_row persistent_share_table create_persistent_share include_app_tab_divs include_app_tabs
        aladin_skymap_targets_oob""",
    "tom_common_extras": """navbar_app_addons comments_enabled verbose_name help_text recent_comments tom_name copy_button
        show_individual_app_partial get_theme""",
    "user_extras": """group_list user_list include_app_user_lists user_data show_app_profiles mfa_can_be_disabled registration_is_open
        pending_users_list security_card""",
    "observation_extras": """observation_facilities_list update_status_button observing_buttons existing_observation_form
        update_observation_id_form observation_type_tabs facility_observation_form observation_plan observation_list
        observationtemplate_run observationtemplate_from_record observation_distribution facility_map""",
    "dataproduct_extras": """dataproduct_list_for_target dataproduct_list_for_observation_saved dataproduct_list_for_observation_unsaved
        dataproduct_list_all query_single_target_data_service upload_dataproduct recent_photometry get_photometry_data
        photometry_for_target spectroscopy_for_target reduceddatum_sparkline update_broker_data_button""",
}
FILTERS = {
    "targets_extras": "bold_sharing_source deg_to_sexigesimal target_extra_field extra_form_field",
    "tom_common_extras": "truncate_value_for_display multiplyby addstr",
    "observation_extras": "display_obs_type",
}


def found(name):
    """The object of a dotted name: the longest prefix that is a module, then attributes."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            thing = getattr(thing, attribute)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ADDED_BY_SUBCLASSES])
def test_a_name_that_others_use(name):
    found(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_that_others_extend_include_or_override(name):
    get_template(name)


@pytest.mark.parametrize("name", URLS)
def test_a_url_name_that_others_reverse(name):
    *namespaces, last = name.split(":")
    resolver = get_resolver()
    for namespace in namespaces:
        same = [key for key, (_, inner) in resolver.namespace_dict.items() if key == namespace or inner.app_name == namespace]
        assert same, f"no namespace {namespace}"
        resolver = resolver.namespace_dict[same[0]][1]
    assert last in resolver.reverse_dict


@pytest.mark.parametrize("library", TAGS)
def test_tags_and_filters_of_a_library(library):
    loaded = engines["django"].engine.template_libraries[library]
    assert set(TAGS[library].split()) <= set(loaded.tags)
    assert set(FILTERS.get(library, "").split()) <= set(loaded.filters)
