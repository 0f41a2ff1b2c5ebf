from tom_dataproducts.single_target_data_service.atlas import *  # noqa: F403
from tom_dataproducts.single_target_data_service.atlas import AtlasForcedPhotometryService  # noqa: F401
