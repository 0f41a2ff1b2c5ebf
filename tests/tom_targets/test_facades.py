"""Import paths, classes, templates and addresses of targets that code written for the TOM Toolkit uses."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse

FACTS = Path(__file__).parents[2].parent / "shared" / "contract" / "used_by_others.tsv"

# What projects import, subclass and override of this app, kept here so that it is held where the whole table is not at hand.
PATHS = """
models.Target models.TargetList models.TargetName models.BaseTarget models.TargetExtra models.PersistentShare models.REQUIRED_NON_SIDEREAL_FIELDS
models.REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME models.GLOBAL_TARGET_FIELDS models.get_target_model_class base_models.BaseTarget
base_models.TargetMatchManager base_models.get_default_target_permission base_models.get_target_model_app_label permissions.targets_for_user
templatetags.targets_extras.deg_to_sexigesimal api_views.TargetViewSet filters.TargetFilterSet filters.TargetGroupFilterSet filters.filter_for_field
forms.TargetVisibilityForm forms.SiderealTargetCreateForm forms.NonSiderealTargetCreateForm forms.UnknownTypeTargetCreateForm forms.TargetForm
forms.TargetExtraFormset forms.TargetNamesFormset forms.TargetMergeForm forms.TargetSelectionForm forms.TargetShareForm forms.TargetListShareForm
forms.PersistentShareForm forms.AdminPersistentShareForm serializers.TargetSerializer utils.cone_search_filter utils.export_targets
utils.import_targets sharing.continuous_share_data sharing.share_target_with_tom sharing.share_target_and_all_data sharing.custom_target_to_extras
views.TargetDetailView views.TargetCreateView views.TargetDeleteView views.TargetGroupingDeleteView views.TargetGroupingView views.TargetListView
views.TargetNameSearchView views.TargetUpdateView views.TargetMergeView views.TargetImportView views.TargetExportView views.TargetShareView
views.TargetGroupingCreateView views.TargetAddRemoveGroupingView views.TargetFacilitySelectionView views.TargetSeedView
merge.merge_error_message merge.target_merge groups.add_all_to_grouping groups.add_selected_to_grouping groups.remove_all_from_grouping
groups.remove_selected_from_grouping groups.move_all_to_grouping groups.move_selected_to_grouping seed.seed_messier_targets
validators.RequiredFieldsTogetherValidator validators.validate_mjd fields.TargetFilteredPrimaryKeyRelatedField tables.TargetGroupTable
tables.TargetTable tests.factories.SiderealTargetFactory urls.urlpatterns
""".split()
OVERRIDDEN = """
target_detail target_list target_form target_grouping target_import targetlist_form target_confirm_delete target_facility_selection target_merge
targetlist_confirm_delete target_share target_group_share target_manage_persistent_shares partials/target_data partials/target_buttons
partials/target_groups partials/recent_targets partials/target_plan partials/target_table partials/target_table_partial partials/aladin_skymap
partials/aladin_finderchart partials/aladin_skymap_targets_oob partials/app_tab_divs partials/app_tabs partials/create_persistent_share
partials/module_buttons partials/moon_distance partials/observation_table partials/persistent_share_table partials/recently_updated_targets
partials/target_feature partials/target_merge_fields partials/target_unknown_statuses partials/targetlist_select
""".split()


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_something(path):
    module, _, name = path.rpartition(".")
    assert getattr(import_module(f"tom_targets.{module}"), name) is not None


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_a_template_is_there(name):
    assert get_template(f"tom_targets/{name}.html")


def test_signatures_that_others_call():
    from tom_targets import groups, sharing, utils
    from tom_targets.merge import target_merge
    from tom_targets.permissions import targets_for_user

    def names(function):
        return list(inspect.signature(function).parameters)

    assert names(targets_for_user)[:3] == ["user", "qs", "action"]
    assert names(utils.cone_search_filter) == ["queryset", "ra", "dec", "radius"]
    assert names(target_merge) == ["primary_target", "secondary_target"]
    assert names(sharing.continuous_share_data)[:2] == ["target", "reduced_datums"]
    for verb in ("add", "remove", "move"):
        way = "from" if verb == "remove" else "to"
        assert len(names(getattr(groups, f"{verb}_all_{way}_grouping"))) == 3
        assert len(names(getattr(groups, f"{verb}_selected_{way}_grouping"))) == 3


def test_constants_of_fields():
    from tom_targets import base_models

    assert base_models.GLOBAL_TARGET_FIELDS == ["name", "type"]
    assert "parallax" in base_models.SIDEREAL_FIELDS, "left out upstream (C59)"
    assert base_models.REQUIRED_SIDEREAL_FIELDS == ["ra", "dec"]
    assert set(base_models.REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME) == {"MPC_COMET", "MPC_MINOR_PLANET", "JPL_MAJOR_PLANET"}


@pytest.mark.recorded
def test_every_row_of_the_table_of_uses():
    """Each row on targets that the toolkits themselves had is answered; templates and pages of projects' own are not ours."""
    if not FACTS.exists():
        pytest.skip("the table of what others use is not beside the checkout")
    wrong, looked_at = [], 0
    for line in FACTS.read_text(encoding="utf-8").splitlines()[1:]:
        kind, name, _, _, new, old, _ = (line.split("\t") + [""] * 7)[:7]
        if not name.startswith("tom_targets"):
            continue
        try:
            if kind in ("imports", "test_imports", "subclassed") and "yes" in (new, old):
                looked_at += 1
                module, _, attribute = name.rpartition(".")
                if module == "" or name == "tom_targets.models":
                    import_module(name)
                else:
                    getattr(import_module(module), attribute)
            elif kind == "urls":
                looked_at += 1
                answers(name)
            elif kind in ("extends", "includes", "overrides") and name.removeprefix("tom_targets/").removesuffix(".html") in OVERRIDDEN:
                looked_at += 1
                get_template(name)
        except Exception as error:  # noqa: BLE001  (all of them are told together)
            wrong.append((kind, name, repr(error)))
    assert not wrong
    assert looked_at > 60


def answers(name):
    for arguments in ({}, {"pk": 1}):
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            continue
    raise NoReverseMatch(name)
