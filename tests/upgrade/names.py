"""The names of the TOM Toolkit's migrations, which other apps' migrations depend on and old databases have recorded."""

NAMES = {
    "tom_common": """0001_initial 0002_usersession 0004_delete_usersession 0005_profile_password_changed_at_profile_phone_number
        0006_termsofserviceacceptance""",
    "tom_targets": """0001_initial 0002_auto_20190115_2102 0002_auto_20190117_2248 0003_merge_20190123_1754 0004_auto_20190123_2010
        0005_auto_20190214_1722 0006_auto_20190403_1659 0007_auto_20190423_1455 0007_auto_20190503_2318 0007_auto_20190515_0047
        0008_merge_20190515_0914 0008_merge_20190520_1645 0009_auto_20190605_1656 0010_auto_20190715_1657 0010_merge_20190612_1227
        0011_merge_20190731_1821 0012_target_perihdist 0013_manual_20190916_multiple_names 0014_auto_20190923_1827
        0015_auto_20190923_2233 0016_auto_20191211_1707 0017_auto_20200130_2350 0018_auto_20200714_1832 0019_auto_20210811_0018
        0020_alter_targetname_created_alter_targetname_modified 0021_rename_target_basetarget_alter_basetarget_options
        0022_persistentshare 0023_alter_basetarget_created 0024_basetarget_permissions 0025_auto_20250206_2017
        0026_alter_basetarget_permissions 0027_alter_basetarget_epoch_of_elements_and_more
        0028_basetarget_abs_mag_basetarget_slope_and_more 0029_alter_basetarget_permissions 0030_alter_basetarget_slope
        0031_basetarget_shared_by_basetarget_shared_from""",
    "tom_observations": """0001_initial 0002_auto_20190306_2343 0003_auto_20190503_2318 0004_observationgroup 0005_auto_20191210_0007
        0006_observationgroup_cadence_strategy 0007_observationstrategy 0008_observationgroup_cadence_parameters
        0009_observationrecord_user 0010_manual_create_dynamic_cadence 0011_auto_20200917_0306 0012_auto_20210205_1819 0013_facility
        0014_alter_facility_orbit 0015_remove_facility_mpc_site_code_and_more 0016_alter_facility_options""",
    "tom_dataproducts": """0001_initial 0004_auto_20190626_0904 0005_auto_20190704_1010 0006_auto_20190912_2013
        0007_manual_20191016_rename_type 0008_auto_20191205_1952 0009_auto_20210204_2221 0010_manual_20210305_fix_spectroscopy
        0011_reduceddatum_message 0012_alter_reduceddatum_data_product_and_more 0013_alter_reduceddatum_message
        0014_alter_reduceddatum_timestamp 0011_reduceddatum_message_squashed_0015_remove_reduceddatum_message
        0015_remove_reduceddatum_message 0016_reduceddatum_instrument_reduceddatum_telescope_and_more
        0017_spectroscopyreduceddatum_wavelength_unit 0018_remove_astrometryreduceddatum_unique_astrometry_and_more
        0019_alter_astrometryreduceddatum_options_and_more 0020_remove_astrometryreduceddatum_unique_astrometry_and_more""",
    "tom_alerts": """0001_initial 0002_auto_20190626_2135 0003_auto_20190701_2226 0004_auto_20210204_2300 0005_alertstreammessage
        0006_alter_alertstreammessage_exchange_status 0007_alter_alertstreammessage_message_id""",
    "tom_dataservices": "0001_initial",
    "tom_calendar": """0001_initial 0002_calendarevent_target_list 0003_calendarevent_proposal_calendarevent_telescope_and_more
        0004_eventtodo 0005_calendarevent_instrument""",
}
ALL = [(app, name) for app, names in NAMES.items() for name in names.split()]
