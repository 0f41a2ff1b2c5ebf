from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import View


class BrokerQueryCreateView(LoginRequiredMixin, View):
    pass


class BrokerQueryDeleteView(LoginRequiredMixin, View):
    pass


class BrokerQueryListView(LoginRequiredMixin, View):
    pass


class BrokerQueryUpdateView(LoginRequiredMixin, View):
    pass


class CreateTargetFromAlertView(LoginRequiredMixin, View):
    pass


class RunQueryView(LoginRequiredMixin, View):
    pass


class SubmitAlertUpstreamView(LoginRequiredMixin, View):
    pass
