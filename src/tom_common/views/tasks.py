"""What runs, what waits, what failed and why; and the periodic jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import TemplateView, View

from tom_common.errors import TomError
from tom_common.mixins import SuperuserRequiredMixin
from tom_common.models import PeriodicJob, TaskRun
from tom_common.permissions import deny
from tom_common.redaction import masked
from tom_common.services import task_admin
from tom_common.tasks import visible_runs
from tom_common.views.keyset import keyset_page, word


def run_or_deny(request: Any, pk: int) -> TaskRun:
    run = visible_runs(request.user).filter(pk=pk).select_related("actor").first()
    if run is None:
        deny(request, seen=False)
    return run


class TaskListView(LoginRequiredMixin, TemplateView):
    """A superuser's list of all runs, anybody else's of their own."""

    template_name = "tom_common/task_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from tom_common.task_health import health

        request = self.request
        rows = visible_runs(request.user).select_related("actor").defer("error", "args", "kwargs", "result")
        state, name, who = word(request, "state"), word(request, "name"), word(request, "user")
        everything = word(request, "all") == "1"
        if state in TaskRun.State.values:
            rows = rows.filter(state=state)
        elif request.user.is_superuser and not everything:
            # every few minutes another one: they would hide what people asked for
            rows = rows.exclude(key__startswith="periodic:", state=TaskRun.State.SUCCEEDED)
        if name:
            rows = rows.filter(Q(title__icontains=name) | Q(name__icontains=name))
        if who and request.user.is_superuser:
            rows = rows.filter(actor__username__icontains=who)
        runs, next_page = keyset_page(rows, request)
        return super().get_context_data(**kwargs) | {
            "runs": runs,
            "next_page": next_page,
            "states": TaskRun.State.choices,
            "asked": {"state": state, "name": name, "user": who, "all": everything},
            "filtered": bool(state or name or who or everything),
            "health": health(),
            "live": any(not run.is_finished for run in runs),
            "tab": "runs",
        }


class TaskDetailView(View):
    def get(self, request: Any, pk: int) -> HttpResponse:
        run = run_or_deny(request, pk)
        details = {"args": masked(run.args), "kwargs": masked(run.kwargs)} if request.user.is_superuser else {}
        return render(request, "tom_common/task_detail.html", {"run": run, "details": details, "result": masked(run.result)})


class TaskProgressView(View):
    """The progress part alone; with ``?go=1`` it leads to the result once that is there."""

    def get(self, request: Any, pk: int) -> HttpResponse:
        run = run_or_deny(request, pk)
        go = request.GET.get("go") == "1"
        answer = render(request, "tom_common/ui/task_progress.html", {"run": run, "go": go})
        if go and run.state == TaskRun.State.SUCCEEDED and run.link:
            answer["HX-Redirect"] = run.link
        return answer


def back(request: Any, otherwise: str, *args: Any) -> HttpResponse:
    """To the page of ours that the form names, else to `otherwise`."""
    asked = request.POST.get("next", "")
    if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(asked)
    return redirect(otherwise, *args)


class TaskCancelView(LoginRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        run = run_or_deny(request, pk)
        try:
            state = task_admin.cancel_run(actor=request.user, run=run)
        except TomError as error:
            messages.error(request, str(error))
        else:
            done = state == TaskRun.State.CANCELLED
            messages.success(request, f"“{run.title}” is cancelled." if done else f"“{run.title}” stops as soon as it can.")
        return back(request, "task-detail", pk)


class TaskRetryView(LoginRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        run = run_or_deny(request, pk)
        try:
            again = task_admin.retry_run(actor=request.user, run=run)
        except TomError as error:
            messages.error(request, str(error))
            return back(request, "task-detail", pk)
        return redirect("task-detail", again.pk)


class PeriodicJobListView(SuperuserRequiredMixin, TemplateView):
    template_name = "tom_common/periodic_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from tom_common.scheduler import schedule_of
        from tom_common.task_health import health
        from tom_common.tasks import periodic_jobs

        declared = periodic_jobs()
        rows = {job.name: job for job in PeriodicJob.objects.select_related("last_run").order_by("name")}
        jobs = [
            {"job": job, "schedule": schedule_of(job), "title": declared[name].task.words if name in declared else name}
            for name, job in rows.items()
        ]
        unseen = sorted(set(declared) - set(rows))
        return super().get_context_data(**kwargs) | {"jobs": jobs, "unseen": unseen, "health": health(), "tab": "periodic"}


class _JobView(SuperuserRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        job = PeriodicJob.objects.filter(pk=pk).first()
        if job is None:
            deny(request, seen=False)
        try:
            return self.act(request, job)
        except TomError as error:
            messages.error(request, str(error))
            return redirect("periodic-list")

    def act(self, request: Any, job: PeriodicJob) -> HttpResponse:
        raise NotImplementedError


class PeriodicJobSwitchView(_JobView):
    """`enabled` is 1 or 0."""

    def act(self, request: Any, job: PeriodicJob) -> HttpResponse:
        enabled = request.POST.get("enabled") == "1"
        task_admin.switch_job(actor=request.user, job=job, enabled=enabled)
        messages.success(request, f"{job.name} is switched {'on' if enabled else 'off'}.")
        return redirect("periodic-list")


class PeriodicJobRunView(_JobView):
    def act(self, request: Any, job: PeriodicJob) -> HttpResponse:
        return redirect("task-detail", task_admin.run_job_now(actor=request.user, job=job).pk)
