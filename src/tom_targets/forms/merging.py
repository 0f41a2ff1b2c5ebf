"""Which of two targets stays."""

from django import forms
from django.urls import reverse


class TargetMergeForm(forms.Form):
    """`name_select`: the target that stays. Choosing another one shows again what would come out."""

    name_select = forms.ChoiceField(label="Primary target", required=True)

    def __init__(self, *args, target1=None, target2=None, **kwargs):
        super().__init__(*args, **kwargs)
        if target1 is not None and target2 is not None:
            self.fields["name_select"].choices = [(str(t.pk), t.name) for t in (target1, target2)]
            self.fields["name_select"].widget.attrs.update(
                {
                    "hx-get": reverse("targets:merge", kwargs={"pk1": target1.pk, "pk2": target2.pk}),
                    "hx-trigger": "change",
                    "hx-target": "#id_target_merge_fields",
                    "hx-swap": "outerHTML",
                }
            )
