"""The form of a comment: the library's, which names, dates and signs it, with files, and without asking for what the account says."""

from __future__ import annotations

import warnings
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from tom_common.conf import tom_settings


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files; the cleaned value is a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(SeveralFilesField, self).clean(one, initial) for one in given if one]


class EditCommentForm(forms.Form):
    comment = forms.CharField(label="Comment", widget=forms.Textarea(attrs={"rows": 6, "data-mentions": ""}), strip=True)


def comment_form(obj: Any, data: Any = None, files: MultiValueDict | None = None) -> forms.Form:
    """The form to comment on `obj`; bound when `data` is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's form is older than Django's change of URL fields
        from django_comments import get_form

        form = get_form()(obj, data=data)
    for name in ("name", "email", "url"):
        if name in form.fields:
            form.fields[name].required = False
    form.fields["comment"].widget.attrs |= {"rows": 3, "data-mentions": ""}
    form.fields["comment"].label = "Your comment"
    if tom_settings.TOM_COMMENT_ATTACHMENTS_MAX:
        endings = ",".join(tom_settings.TOM_COMMENT_ATTACHMENT_TYPES)
        form.fields["files"] = SeveralFilesField(label="Files", required=False, widget=SeveralFilesInput(attrs={"accept": endings}))
        if data is not None:
            form.files = files or MultiValueDict()
    return form
