"""What the columns of a file become, and what is done with its rows."""

from __future__ import annotations

from typing import Any

from django import forms

from tom_common.errors import InvalidInputError
from tom_targets.models import get_target_model_class
from tom_targets.services.importing.mapping import ALIAS, GROUPS, LEFT_OUT, TAG, resolve, target_columns

EXISTING = [
    ("report", "Report them as errors"),
    ("skip", "Pass over them"),
    ("update", "Update the targets with what the file gives"),
]


class ImportColumnsForm(forms.Form):
    """A choice and a unit for each column of the file."""

    existing = forms.ChoiceField(choices=EXISTING, label="Rows of targets that are there already")
    rows = forms.ChoiceField(
        choices=[("good", "Import the good rows, leave out those with errors"), ("all", "Import all rows or none")],
        label="Rows with errors",
    )

    def __init__(self, data: Any = None, *, row: Any) -> None:
        super().__init__(data)
        self.row = row
        model = get_target_model_class()
        fields = [(name, str(model._meta.get_field(name).verbose_name)) for name in target_columns()]
        choices = [
            (LEFT_OUT, "Leave out"), (TAG, "A tag of this name"), (ALIAS, "An alias"), (GROUPS, "Groups (names, by commas)"), ("Target", fields),
        ]  # fmt: skip
        self.initial = {
            "existing": row.options.get("existing", "report"),
            "rows": "all" if row.options.get("all_or_nothing") else "good",
        }
        for i, column in enumerate(row.columns):
            self.fields[f"to_{i}"] = forms.ChoiceField(choices=choices, label=f"{column['name']} becomes", initial=column["to"])
            self.fields[f"unit_{i}"] = forms.CharField(
                required=False, max_length=60, label=f"Unit of {column['name']}", initial=column.get("unit", "")
            )
        for name, field in self.fields.items():
            chosen = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select form-select-sm" if chosen else "form-control form-control-sm"
            if name[:3] in ("to_", "uni"):
                field.widget.attrs["aria-label"] = field.label

    def lines(self):
        """(column, first cells, choice, unit) for the page."""
        sample = self.row.report.get("sample", [])
        for i, column in enumerate(self.row.columns):
            cells = [line[i + 1] for line in sample if len(line) > i + 1]
            yield column, [cell for cell in cells if cell][:3], self[f"to_{i}"], self[f"unit_{i}"]

    def columns(self) -> list[dict[str, str]]:
        return [
            {"name": column["name"], "unit": self.cleaned_data[f"unit_{i}"].strip(), "to": self.cleaned_data[f"to_{i}"]}
            for i, column in enumerate(self.row.columns)
        ]

    def options(self) -> dict[str, Any]:
        return {"existing": self.cleaned_data["existing"], "all_or_nothing": self.cleaned_data["rows"] == "all"}

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            try:
                resolve(self.columns(), exact=bool(self.row.report.get("exact")))
            except InvalidInputError as error:
                self.add_error(None, error.message)
        return cleaned
