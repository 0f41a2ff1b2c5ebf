"""Widgets made without templates are those of Django's templates, byte for byte."""

import datetime

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import Context, Template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from django_filters.widgets import DateRangeWidget, RangeWidget

from tom_common.forms.quick_widgets import QuickWidgets, quicken, renderer

NASTY = '<b a="x">\'&amp;'
CHOICES = [("", "none"), (1, NASTY), (2, mark_safe("<i>safe</i>")), ("Group <1>", [("a", gettext_lazy("Yes")), ("b", 12345.5)])]
WIDGETS = [
    forms.TextInput(), forms.NumberInput(), forms.EmailInput(), forms.URLInput(), forms.PasswordInput(), forms.PasswordInput(render_value=True),
    forms.HiddenInput(), forms.DateInput(), forms.DateTimeInput(), forms.TimeInput(), forms.CheckboxInput(), forms.Textarea(),
    forms.Select(choices=CHOICES), forms.SelectMultiple(choices=CHOICES), forms.NullBooleanSelect(), forms.RadioSelect(choices=CHOICES[:3]),
    forms.ClearableFileInput(), forms.SplitDateTimeWidget(), DateRangeWidget(), RangeWidget(),
]  # fmt: skip
VALUES = [None, "", NASTY, mark_safe("<safe>"), 0, 1, 1234567.25, True, False, datetime.date(2026, 1, 2), ["1", "a"], slice(1, 2)]
ATTRIBUTES = [{}, {"class": "a b", "required": True, "disabled": False, "data-x": NASTY, "maxlength": 5, "title": gettext_lazy("Yes")}]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_every_widget_is_that_of_djangos_template(widget):
    compared = 0
    for value in VALUES:
        for attributes in ATTRIBUTES:
            try:
                wanted = widget.render("a<b", value, {"id": "id_x", **attributes}, DjangoTemplates())
            except (TypeError, AttributeError, ValueError):
                continue  # no value for this widget
            assert widget.render("a<b", value, {"id": "id_x", **attributes}, QuickWidgets()) == wanted
            compared += 1
    assert compared > 5


def test_a_template_of_the_project_is_used(settings, tmp_path):
    """Whoever put a template of theirs in the place of Django's sees it."""
    (tmp_path / "own" / "templates" / "django" / "forms" / "widgets").mkdir(parents=True)
    (tmp_path / "own" / "templates" / "django" / "forms" / "widgets" / "attrs.html").write_text(" data-mine")
    quick = QuickWidgets()
    quick.engine.engine.dirs.insert(0, tmp_path / "own" / "templates")
    renderer.cache_clear()
    import tom_common.forms.quick_widgets as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "renderer", lambda: quick)
        module._is_original.cache_clear()
        assert forms.TextInput().render("x", "y", {}, quick) == '<input type="text" name="x" value="y" data-mine>'
    module._is_original.cache_clear()


def test_a_form_with_a_renderer_of_its_own_keeps_it():
    class Own(DjangoTemplates):
        pass

    class Form(forms.Form):
        name = forms.CharField()

    form = Form(renderer=Own())
    quicken(form)
    assert type(form.renderer) is Own
    form = Form({"name": NASTY})
    shown = Template("{% load tom_common_extras %}{% render_field form.name %}").render(Context({"form": form}))
    assert type(form.renderer) is QuickWidgets
    assert 'value="&lt;b a=&quot;x&quot;&gt;&#x27;&amp;amp;"' in shown
    assert 'class="form-control"' in shown
