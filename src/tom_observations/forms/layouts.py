"""Crispy layout parts of observation forms. They render files of templates; no text from a request is ever compiled."""

import uuid

from crispy_forms.utils import TEMPLATE_PACK
from django.template.loader import render_to_string

SUBMISSION_KEY = "submission_key"


class SubmissionKey:
    """A hidden value that is the same when one and the same page is submitted twice."""

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        key = form.data.get(SUBMISSION_KEY, "") if form.is_bound else ""
        return render_to_string("tom_observations/partials/submission_key.html", {"name": SUBMISSION_KEY, "key": key[:64] or uuid.uuid4().hex})


class BackToTarget:
    """The link back to the target's page."""

    def __init__(self, target_id: int | None) -> None:
        self.target_id = target_id

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return render_to_string("tom_observations/partials/back_to_target.html", {"target_id": self.target_id})
