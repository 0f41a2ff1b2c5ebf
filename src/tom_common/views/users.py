from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model, logout, update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import CreateView, DeleteView, FormView, TemplateView, UpdateView, View
from django_filters.views import FilterView

from tom_common import profile_panels  # noqa: F401  (it registers)
from tom_common.accounts import services
from tom_common.errors import ConflictError, TomError
from tom_common.forms import ChangeUserPasswordForm, CustomUserCreationForm
from tom_common.htmx_table import HTMXTableViewMixin
from tom_common.mixins import SuperuserRequiredMixin
from tom_common.permissions import deny
from tom_common.services.users import accounts, is_last_superuser, set_state, what_hangs_on
from tom_common.services.view_as import may_view_as
from tom_common.user_tables import UserFilterSet, UserTable, user_rows, user_table_arguments

User = get_user_model()


class UserListView(LoginRequiredMixin, HTMXTableViewMixin, FilterView):
    """Groups and users, as far as the viewer may know them."""

    template_name = "auth/user_list.html"
    table_class = UserTable
    filterset_class = UserFilterSet
    paginate_by = 50
    strict = False

    def get_queryset(self) -> Any:
        return user_rows(self.request.user)

    def get_table_kwargs(self) -> dict[str, Any]:
        return super().get_table_kwargs() | user_table_arguments(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"may_view_as_visitor": may_view_as(self.request.user, None)}


class UserProfileView(LoginRequiredMixin, TemplateView):
    """Always the viewer's own profile."""

    template_name = "tom_common/user_profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from tom_common.accounts.requirements import required_fields_present

        services.profile_of(self.request.user)
        missing = required_fields_present.missing(self.request.user) if required_fields_present.is_configured() else []
        return super().get_context_data(**kwargs) | {"object": self.request.user, "missing_fields": missing}


class SelfOrSuperuserMixin(LoginRequiredMixin):
    """The account named in the address, for its owner and for superusers; for others it is not there."""

    def get_queryset(self) -> Any:
        users = User.objects.all()
        return users if self.request.user.is_superuser else users.filter(pk=self.request.user.pk)


class UserCreateView(SuperuserRequiredMixin, CreateView):
    model = User
    form_class = CustomUserCreationForm
    template_name = "tom_common/create_user.html"
    success_url = reverse_lazy("user-list")

    def form_valid(self, form: CustomUserCreationForm) -> HttpResponse:
        self.object = services.save_user(actor=self.request.user, form=form)
        messages.success(self.request, f"The account {self.object.get_username()} is made.")
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return str(self.success_url)


class UserUpdateView(LoginRequiredMixin, UpdateView):
    """One's own account; a superuser's way to every account. Others are led to their own."""

    model = User
    context_object_name = "account"  # else the page would take it for the viewer
    form_class = CustomUserCreationForm
    template_name = "tom_common/create_user.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.is_superuser and kwargs["pk"] != request.user.pk:
            return redirect("user-update", request.user.pk)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if issubclass(self.get_form_class(), CustomUserCreationForm):
            kwargs["actor"] = self.request.user
        return kwargs

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if not self.request.user.is_superuser:
            form.fields.pop("groups", None)
        return form

    def get_success_url(self) -> str:
        return reverse("user-list" if self.request.user.is_superuser else "user-profile")

    def form_valid(self, form: Any) -> HttpResponse:
        self.object = services.save_user(actor=self.request.user, form=form)
        if self.object.pk == self.request.user.pk and form.cleaned_data.get("password1"):
            update_session_auth_hash(self.request, self.object)
        own = self.object.pk == self.request.user.pk
        messages.success(self.request, "Your account is saved." if own else f"The account {self.object.get_username()} is saved.")
        return redirect(self.get_success_url())


class UserDeleteView(SelfOrSuperuserMixin, DeleteView):
    """Deletes an account, after saying what goes with it and what stays."""

    model = User
    context_object_name = "account"
    template_name = "auth/user_confirm_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hanging = what_hangs_on(self.object)
        return super().get_context_data(**kwargs) | {
            "goes": [one for one in hanging if one.goes],
            "stays": [one for one in hanging if not one.goes],
            "is_last_superuser": is_last_superuser(self.object),
            "own": self.object.pk == self.request.user.pk,
        }

    def get_success_url(self) -> str:
        return reverse("user-list")

    def form_valid(self, form: Any) -> HttpResponse:
        own = self.object.pk == self.request.user.pk
        name = self.object.get_username()
        try:
            services.delete_user(actor=self.request.user, user=self.object)
        except TomError as error:
            messages.error(self.request, str(error))
            return redirect("user-list")
        if own:
            logout(self.request)
            messages.success(self.request, "Your account is deleted.")
            return redirect("home")
        messages.success(self.request, f"The account {name} is deleted.")
        return redirect(self.get_success_url())


class UserPasswordChangeView(SuperuserRequiredMixin, FormView):
    """A superuser sets somebody's password, after a question when it is somebody else's."""

    form_class = ChangeUserPasswordForm
    template_name = "tom_common/change_user_password.html"
    success_url = reverse_lazy("user-list")

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.account = User.objects.filter(pk=kwargs["pk"]).first()
        if self.account is None and request.user.is_authenticated and request.user.is_superuser:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.account}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"object": self.account, "current_user": self.request.user}

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.account.pk != request.user.pk and "confirmed" not in request.GET:
            return render(request, "auth/user_confirm_change_password.html", {"object": self.account})
        return super().get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if "change_password_form" not in request.POST and "password" not in request.POST:
            # the question was answered: now the form
            return self.render_to_response(self.get_context_data(form=ChangeUserPasswordForm(user=self.account)))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: ChangeUserPasswordForm) -> HttpResponse:
        services.set_password(actor=self.request.user, user=self.account, password=form.cleaned_data["password"])
        if self.account.pk == self.request.user.pk:
            update_session_auth_hash(self.request, self.account)
        messages.success(self.request, f"The password of {self.account.get_username()} is changed.")
        return super().form_valid(form)


class UserStateView(SuperuserRequiredMixin, View):
    """POST ``state``: activate, deactivate, promote (to superuser) or demote an account."""

    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        user = accounts().filter(pk=pk).first()
        if user is None:
            raise Http404
        try:
            set_state(actor=request.user, user=user, state=request.POST.get("state", ""))
        except ConflictError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The account {user.get_username()} is saved.")
        if not request.user.is_superuser or user.pk == request.user.pk:
            return redirect("home")
        return redirect("user-update", user.pk)


class UserApprovalView(SuperuserRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise Http404
        services.approve_user(actor=request.user, user=user)
        messages.success(request, f"{user.get_username()} may now log in.")
        return redirect("user-list")


@method_decorator(never_cache, name="dispatch")
class RegenerateAPITokenView(LoginRequiredMixin, View):
    """A new API token for oneself, or by a superuser for somebody else, who then looks it up."""

    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        user = User.objects.filter(pk=pk).first()
        if user is None or not (request.user.is_superuser or request.user.pk == user.pk):
            deny(request, seen=False)
        token = services.regenerate_token(actor=request.user, user=user)
        own = user.pk == request.user.pk
        if request.headers.get("HX-Request") == "true":
            return render(request, "tom_common/partials/api_token.html", {"user": user, "token": token if own else None, "fresh": True})
        messages.success(request, "There is a new API token; the old one no longer works.")
        return redirect("user-profile" if own else "user-list")


@method_decorator(never_cache, name="dispatch")
class RevealAPITokenView(LoginRequiredMixin, View):
    """The viewer's own API token, which no page shows unasked."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        from rest_framework.authtoken.models import Token

        token = Token.objects.filter(user=request.user).first() or services.regenerate_token(actor=request.user, user=request.user)
        if request.headers.get("HX-Request") == "true":
            return render(request, "tom_common/partials/api_token.html", {"user": request.user, "token": token})
        return render(request, "tom_common/user_profile.html", {"object": request.user, "token": token})
