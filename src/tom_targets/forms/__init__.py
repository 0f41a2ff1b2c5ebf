"""Forms of targets."""

from tom_targets.forms.fields import CoordinateField
from tom_targets.forms.lists import TargetListForm
from tom_targets.forms.merging import TargetMergeForm
from tom_targets.forms.sharing import AdminPersistentShareForm, PersistentShareForm, TargetListShareForm, TargetShareForm
from tom_targets.forms.targets import (
    NonSiderealTargetCreateForm,
    SiderealTargetCreateForm,
    TargetExtraFormset,
    TargetForm,
    TargetNamesFormset,
    UnknownTypeTargetCreateForm,
    extra_field_to_form_field,
)
from tom_targets.forms.visibility import TargetSelectionForm, TargetVisibilityForm

__all__ = [
    "AdminPersistentShareForm", "CoordinateField", "NonSiderealTargetCreateForm", "PersistentShareForm", "SiderealTargetCreateForm",
    "TargetExtraFormset", "TargetForm", "TargetListForm", "TargetListShareForm", "TargetMergeForm", "TargetNamesFormset",
    "TargetSelectionForm", "TargetShareForm", "TargetVisibilityForm", "UnknownTypeTargetCreateForm", "extra_field_to_form_field",
]  # fmt: skip
