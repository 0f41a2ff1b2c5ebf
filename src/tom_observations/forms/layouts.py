"""Crispy layout parts of observation forms. They render files of templates; no text from a request is ever compiled."""

import uuid

from crispy_forms.layout import Div, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django.template.loader import render_to_string

SUBMISSION_KEY = "submission_key"


class SubmissionKey(LayoutObject):
    """A hidden value that is the same when one and the same page is submitted twice."""

    def __init__(self) -> None:
        self.fields = []

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        key = form.data.get(SUBMISSION_KEY, "") if form.is_bound else ""
        return render_to_string(
            "tom_observations/partials/submission_key.html", {"name": SUBMISSION_KEY, "key": key[:64] or uuid.uuid4().hex}
        )


class BackToTarget(LayoutObject):
    """The link back to the target's page."""

    def __init__(self, target_id: int | None) -> None:
        self.fields = []
        self.target_id = target_id

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return render_to_string("tom_observations/partials/back_to_target.html", {"target_id": self.target_id})


class Section(Div):
    """A titled part of a long form, shut unless `is_open`; works without JavaScript."""

    template = "tom_observations/partials/form_section.html"

    def __init__(self, title, *fields, is_open=False, help_text="", **kwargs):
        super().__init__(*fields, **kwargs)
        self.title, self.is_open, self.help_text = title, is_open, help_text


def row(*names):
    """Fields beside each other."""
    return Div(*(Div(name, css_class="col-md") for name in names), css_class="row")


class Note(LayoutObject):
    """A line of text for the person who fills in the form."""

    def __init__(self, text: str) -> None:
        self.fields = []
        self.text = text

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return render_to_string("tom_observations/partials/form_note.html", {"text": self.text})
