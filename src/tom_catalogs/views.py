"""From a name to the filled-in form of a new target."""

import logging
from urllib.parse import urlencode

import requests
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.edit import FormView

from tom_catalogs.forms import CatalogQueryForm
from tom_catalogs.harvester import MissingDataException
from tom_common.errors import TomError
from tom_common.exceptions import ImproperCredentialsException

logger = logging.getLogger(__name__)


class CatalogQueryView(LoginRequiredMixin, FormView):
    """Needs login: a question to a catalogue is asked with the TOM's keys, and the form that it fills in needs login too."""

    form_class = CatalogQueryForm
    template_name = "tom_catalogs/query_form.html"

    def get_initial(self):
        return {**super().get_initial(), **{name: self.request.GET[name] for name in ("term", "service") if name in self.request.GET}}

    def form_valid(self, form):
        try:
            self.target = form.get_target()
        except MissingDataException:
            form.add_error("term", "Object not found")
            return self.form_invalid(form)
        except ImproperCredentialsException:
            raise
        except (TomError, requests.RequestException) as error:
            form.add_error(None, f"{form.cleaned_data['service']} did not answer as expected: {error}")
            return self.form_invalid(form)
        return redirect(self.get_success_url())

    def get_success_url(self):
        fields = {name: value for name, value in self.target.as_dict().items() if value not in (None, "")}
        names = getattr(self.target, "extra_names", None) or []
        return f"{reverse('targets:create')}?{urlencode({**fields, 'names': ','.join(names)})}"
