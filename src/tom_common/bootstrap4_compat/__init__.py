"""Optional app: templates written with the names of Bootstrap 4 keep their look and their buttons.

List ``tom_common.bootstrap4_compat`` in INSTALLED_APPS; a project that lists ``bootstrap4`` has it without that.
"""
