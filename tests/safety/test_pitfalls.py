"""Weaknesses known of other toolkits, one line each: a few words, and the tests that show it is none here.

S: security. C: correctness. U: use. A test is named by its file in tests/ and its function.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

SHOWN = """
S1   visitors write by the API | safety/test_rest:nobody_writes_unasked safety/test_rest:every_viewset_of_ours_asks_for_a_login_before_writing tom_common/test_api:closed_to_anonymous_writing_under_settings_of_2_32
S2   visitors submit observations | tom_observations/test_api:anonymous_visitors_submit_nothing
S3   visitors delete measurements | safety/test_pitfalls_of_access:what_everybody_sees_not_everybody_changes safety/test_rest:nobody_writes_unasked
S4   one key, rows of several tables | safety/test_pitfalls_of_access:one_key_names_one_measurement
S5   visitors delete products and files | safety/test_pitfalls_of_access:what_everybody_sees_not_everybody_changes safety/test_rights_matrix:pages_of_a_target
S6   visitors merge targets | safety/test_rights_matrix:pages_of_a_target tom_targets/test_services:merge_needs_rights
S7   share pages open to all | safety/test_rights_matrix:pages_of_a_target safety/test_rights_matrix:other_pages
S8   any row shared or downloaded by its key | safety/test_pitfalls_of_access:data_are_not_shared_or_downloaded_by_their_keys
S9   any record changed, cancelled by GET | safety/test_rights_matrix:pages_of_a_target tom_observations/test_views:cancel safety/test_get_changes_nothing:looking_changes_nothing
S10  seen is changeable | safety/test_pitfalls_of_access:what_everybody_sees_not_everybody_changes safety/test_pitfalls_of_access:the_owner_changes_by_these_very_calls tom_targets/test_grants:public_gives_no_change
S11  calendar written by visitors | tom_calendar/test_calendar:a_visitor_may_write_nothing tom_calendar/test_calendar:get_never_deletes
S12  GET changes | safety/test_get_changes_nothing:looking_changes_nothing
S13  names run as scripts | safety/test_pitfalls_of_access:a_hostile_name_is_text_on_every_page tom_common/test_htmx_table:names_in_the_table_are_escaped
S14  texts of services and copy buttons run as scripts | tom_alerts/test_pages:feedback_is_cleaned tom_common/test_templates:copy_button_escapes tom_common/test_frame:messages_are_escaped_and_tell_their_kind
S15  an address becomes a template | tom_observations/test_views:the_target_id_of_the_address_is_never_a_template
S16  records of nobody are everybody's | safety/test_pitfalls_of_access:records_of_nobody_are_not_everybodys tom_observations/test_api:nobody_reads_records_of_nobody
S17  rights on products switched on show all | safety/test_pitfalls_of_access:rights_on_single_products_hide_the_others
S18  results of others, a cache that is cleared | tom_dataservices/test_dataservices:results_are_each_users_own tom_alerts/test_pages:results_are_each_users_own
S19  keys in what is cached | tom_dataservices/test_dataservices:tns_keeps_its_key_out_of_the_parameters safety/test_secrets:no_secret_is_shown
S20  queries run by visitors | tom_dataservices/test_dataservices:visitors_are_asked_to_log_in
S21  TLS unverified, passwords in addresses | tom_common/test_http_misbehaviour:tls_is_always_verified tom_observations/test_gemini:the_key_is_in_no_error
S22  redirects lead away | safety/test_files:no_redirect_leads_away tom_common/test_account_signing_in:next_is_kept_and_stays_on_this_site
S23  files open to whoever knows the address | safety/test_files:no_upload_is_a_page_of_this_site safety/test_rights_matrix:pages_of_a_target
S24  any type and size is stored and run | safety/test_files:no_upload_is_a_page_of_this_site safety/test_files:a_file_too_large_is_refused safety/test_files:a_decompression_bomb_does_not_go_off
S25  scripts of others | tom_common/test_pages:our_pages_keep_to_a_strict_policy tom_common/test_templates:vendored_files_are_what_their_checksums_say test_house_files:every_vendored_file_has_its_checksum
S26  weak passwords set by administrators | tom_common/test_pages:an_administrator_cannot_set_a_weak_password tom_common/test_pages:a_new_own_password_needs_the_present_one
S27  tokens in clear | tom_common/test_pages:tokens_are_shown_only_when_asked_for tom_common/test_account_signing_in:the_token_is_shown_to_its_owner_on_asking
S28  all accounts shown to all | tom_common/test_pages:the_users_page_tells_members_only_of_those_they_work_with
S29  extras of other targets changed | safety/test_pitfalls_of_access:an_extra_of_another_target_stays_there tom_targets/test_api:rows_of_other_targets_are_refused
S30  groups of products changed by all | safety/test_pitfalls_of_access:groups_of_products_are_filled_and_emptied_by_those_who_may
S31  all that match reaches what is hidden | safety/test_pitfalls_of_access:all_that_match_are_those_that_one_sees tom_targets/test_list:all_that_match_never_touches_or_counts_what_is_hidden
S33  hidden told from missing | safety/test_rights_matrix:hidden_answers_like_missing safety/test_difference:what_is_hidden_makes_no_difference
S34  credentials of the TOM used by whoever opens the page | safety/test_rights_matrix:pages_of_a_target safety/test_pitfalls_of_access:data_are_not_shared_or_downloaded_by_their_keys

C1   a spectrum too large for its index | tom_dataproducts/test_large_arrays:a_million_points_through_the_orm
C2   a cone at one's own place fails | tom_targets/test_positions:a_target_is_found_at_its_own_place
C3   cones at RA 0 and the poles | tom_targets/test_positions:cone_is_what_brute_force_finds tom_targets/test_search:cones_are_exact_at_a_pole_and_across_zero
C4   nonsense for a cone is a fault | tom_targets/test_pages:filters tom_targets/test_search:nonsense_is_answered_beside_the_field_with_the_mend
C5   a comma list of names finds nothing | tom_targets/test_api:a_comma_list_of_names_finds_a_target_by_its_alias
C6   a list by REST, HEAD | tom_targets/test_api:lists tom_targets/test_api:heads_and_options
C7   OPEN and PUBLIC unknown to the API | safety/test_rights_matrix:pages_of_a_target tom_targets/test_pages:who_gets_which_answer_by_rest
C8   a change drops fields | safety/test_rest:payloads_of_targets tom_targets/test_api:an_unchanged_alias_does_not_stop_those_after_it
C9   saved before it is checked | tom_targets/test_api:refused_and_nothing_left
C10  near names taken by the API | tom_targets/test_api:near_names_are_refused_and_tell_of_nobody_hidden
C11  zero is missing | tom_targets/test_api:zero_is_a_value tom_targets/test_edit_pages:zeros_are_values_in_the_form tom_targets/test_services:zero_is_a_position
C12  a bad alias leaves the target | tom_targets/test_edit_pages:a_bad_alias_leaves_no_target
C13  no scheme is a fault | tom_targets/test_edit_pages:no_scheme_is_an_error_beside_the_field
C14  a wrong selection form is a fault | tom_targets/test_selection:a_wrong_form_says_so
C15  what is not there is a fault | safety/test_rights_matrix:hidden_answers_like_missing tom_observations/test_views:what_is_not_there_is_404
C16  the truth of 'False' and '0' | tom_targets/test_models:extra_typed
C17  ranges open at one end | tom_targets/test_pages:filters
C18  a hook runs twice | tom_targets/test_models:hook_runs_once_with_everything
C19  a file half imported | tom_targets/test_import:errors_name_line_and_column_and_leave_nothing tom_targets/test_import:all_or_nothing tom_targets/test_import:many_ways_of_writing_csv
C20  an export with empty columns, of custom models | tom_targets/test_export_import_identity:export_then_import_is_identity tom_targets/test_custom_model:custom_target_model
C21  a merge that loses | tom_targets/test_merge:everything_moves_and_nothing_is_there_twice tom_targets/test_merge:undo_brings_back_both_as_they_were tom_targets/test_merge_relations:relations_of_plugins_of_every_kind tom_targets/test_merge_relations:a_failure_at_the_end_leaves_everything_as_it_was tom_targets/test_merge_relations:nights_cadences_and_groups_of_data_stay_whole tom_targets/test_services:merge_moves_comments
C22  whole days fail | safety/test_pitfalls_of_data:whole_numbers_are_dates_too
C23  a time of day is lost | safety/test_pitfalls_of_data:a_spectrum_keeps_the_time_of_its_day
C24  times without a zone | tom_dataproducts/test_recorded_files:dates_and_units_of_spectra tom_dataproducts/test_plots:times_are_exact_on_every_database
C25  units forced | tom_dataproducts/test_recorded_files:spectra tom_dataproducts/test_recorded_files:files_that_are_refused
C26  storages without paths | tom_dataproducts/test_storage:from_upload_to_deletion tom_dataproducts/test_storage:sharing_needs_no_path tom_common/test_comments:a_storage_without_paths_does
C27  rows without keys, doubles counted as new | tom_dataproducts/test_adding:adding_twice_adds_once tom_dataproducts/test_reduced_data:bulk_create_gives_keys_and_keeps_each_once tom_sharing/test_continuous:new_data_wait_in_the_outbox_and_are_sent_once
C28  only some databases | test_house_migrations:no_sql_of_one_database_alone test_house_migrations:no_index_on_json_or_unbounded_text
C29  other data shared than meant | tom_sharing/test_continuous:data_written_by_the_model_are_shared_too_and_other_targets_are_not
C30  doubles where there is no number | safety/test_pitfalls_of_data:rows_without_a_number_are_there_once tom_dataproducts/test_reduced_data:duplicates
C31  a conversion that loses | upgrade/test_upgrade:reduced_data_are_one_table_with_every_row_and_value tom_dataproducts/test_old_databases:rows_of_2_32_that_say_the_same_stay_as_many
C32  limits and what else was given are lost | safety/test_pitfalls_of_data:limits_and_whatever_else_was_given_come_back
C33  twins by band and time alone | safety/test_pitfalls_of_data:the_same_is_one_and_what_differs_is_two
C34  a key called field, several found | safety/test_pitfalls_of_data:a_twin_is_told_as_invalid_not_as_a_fault tom_dataproducts/test_reduced_data:update_or_create
C35  one letter, two meanings | safety/test_pitfalls_of_data:one_letter_means_what_it_means_for_the_kind tom_dataproducts/test_reduced_data:try_parse
C41  files of unfinished observations alone, one fault stops all | tom_dataproducts/test_data_commands:the_files_of_finished_observations_are_fetched_once
C44  groups' rights | tom_observations/test_views:chosen_groups_get_the_rights tom_targets/test_edit_pages:rights_of_one_target
C52  save without its arguments, unknown kinds | safety/test_pitfalls_of_data:a_product_is_saved_as_it_is_told_and_an_unknown_kind_is_shown tom_dataproducts/test_atlas_queries:asking_twice_makes_one_product_for_each_target
C53  sparklines of nothing, zero and less | tom_dataproducts/test_plots:sparkline_of_anything tom_dataproducts/test_plots:sparkline_of_nothing_and_its_ways
C54  lists of one name | tom_targets/test_models:lists_of_equal_name_live_together tom_targets/test_api_parts:lists_of_one_name
C55  templates and addresses that are not there | plugins/test_names:a_template_that_others_extend_include_or_override plugins/test_names:a_url_name_that_others_reverse tom_dataproducts/test_pages:tags_and_tabs_render
C56  settings that are not set | tom_common/test_conf:settings_that_old_projects_leave_unset_have_defaults
C58  errors of plugins swallowed | tom_common/test_plugins:an_attribute_error_inside_a_method_is_reported_not_swallowed tom_common/test_api:an_apps_broken_urls_are_reported_and_the_rest_stays_up
C59  no parallax, no galactic place, any RA | tom_targets/test_facades:constants_of_fields tom_targets/test_ephemeris:coordinates_page_states_frame_and_epoch tom_targets/test_validation:what_cannot_be_is_refused
C60  rights on persistent shares under two labels | safety/test_pitfalls_of_targets:rights_on_persistent_shares_count_under_either_label
C61  forms that cannot be kept | tom_alerts/test_brokers:a_query_with_a_date_and_a_target_can_be_saved

U1   columns of the list, aliases searched | tom_targets/test_list:the_columns_of_the_setting tom_targets/test_pages:filters
U2   all that match, hundreds of names | tom_targets/test_list_browser:all_that_match_go_into_a_list_and_are_deleted tom_common/test_frame:a_message_of_hundreds_of_names_is_folded
U3   a page that no link leads to | safety/test_pitfalls_of_targets:a_list_is_shared_from_its_own_page
U4   buttons that are refused | safety/test_pitfalls_of_targets:what_one_may_not_do_is_not_offered
U5   errors for programs, 500 | tom_common/test_frame:an_error_says_what_went_wrong_and_the_way_on tom_common/test_middleware:errors_of_the_toolkit_become_pages safety/test_get_changes_nothing:looking_changes_nothing
U6   HTML that is not | safety/test_html:pages_are_sound_html
U9   plots for one theme and width | tom_common/test_plotly_theme:the_theme_is_set_when_plotly_is_imported tom_common/test_browser_pages:pages_are_sound_in_the_browser
U10  a refusal ends at the login page | tom_common/test_middleware:whoever_is_logged_in_stays_and_is_told tom_common/test_middleware:anonymous_is_sent_to_login_and_back_with_the_whole_query
U11  times without a zone, sexagesimal in forms alone | tom_common/test_templates:times_are_utc_and_say_so tom_targets/test_import:many_ways_of_writing_csv tom_common/test_api_docs:the_examples
U12  what was shared is not shown | tom_common/test_activity_pages:the_outbox_is_for_who_caused_it
"""  # noqa: E501  (a table)
WANTED = {
    *(f"S{number}" for number in range(1, 35) if number != 32),
    *(f"C{number}" for number in (*range(1, 36), 41, 44, *range(52, 57), *range(58, 62))),
    *(f"U{number}" for number in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12)),
}


def lines() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in SHOWN.strip().splitlines():
        if line:
            words, _, tests = line.partition("|")
            assert words.split()[0] not in found, line
            found[words.split()[0]] = tests.split()
    return found


@cache
def functions(file: str) -> dict[str, bool]:
    """Names of the tests of a file, and whether each asserts something itself or by what it calls."""
    tree = ast.parse((TESTS / f"{file}.py").read_text())
    return {
        node.name.removeprefix("test_"): any(isinstance(part, ast.Assert | ast.Call | ast.With) for part in ast.walk(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_line_is_here():
    assert set(lines()) == WANTED


@pytest.mark.parametrize("weakness", sorted(WANTED))
def test_what_shows_it_is_there(weakness):
    named = lines()[weakness]
    assert named
    for test in named:
        file, _, function = test.partition(":")
        assert (TESTS / f"{file}.py").is_file(), f"{weakness}: no file {file}"
        assert functions(file).get(function), f"{weakness}: no test {function} in {file}"
