"""What can be done with targets; one verb, one function. Forms, REST, commands, brokers and streams all come through here."""

from tom_targets.services.create import create_target
from tom_targets.services.delete import delete_target
from tom_targets.services.grants import grant_access, revoke_access
from tom_targets.services.lists import (
    add_names_to_list,
    add_to_list,
    create_list,
    delete_list,
    list_named,
    move_to_list,
    remove_from_list,
    rename_list,
)
from tom_targets.services.match import TargetMatch, create_or_match_target, create_or_match_targets
from tom_targets.services.merge import merge_targets
from tom_targets.services.rights import set_rights
from tom_targets.services.update import change_attached, set_groups, update_target

__all__ = [
    "TargetMatch", "add_names_to_list", "add_to_list", "change_attached", "create_list", "create_or_match_target",
    "create_or_match_targets", "create_target",
    "delete_list", "delete_target", "grant_access", "list_named", "merge_targets", "move_to_list", "remove_from_list",
    "rename_list", "revoke_access", "set_groups", "set_rights", "update_target",
]  # fmt: skip
