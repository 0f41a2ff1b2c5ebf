from django.urls import path
from django.views.generic import TemplateView

from tests.plugins.dummy.api import DummyViewSet
from tom_common.api_router import SharedAPIRootRouter

app_name = "dummy"

router = SharedAPIRootRouter()
router.register(r"dummies", DummyViewSet, "dummies")

urlpatterns = [path("", TemplateView.as_view(template_name="dummy/index.html"), name="index")]
