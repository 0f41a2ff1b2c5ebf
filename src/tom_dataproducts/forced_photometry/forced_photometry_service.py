from tom_dataproducts.single_target_data_service.single_target_data_service import *  # noqa: F403
