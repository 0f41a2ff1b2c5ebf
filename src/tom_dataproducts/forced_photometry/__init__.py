"""The older name of `tom_dataproducts.single_target_data_service`."""
