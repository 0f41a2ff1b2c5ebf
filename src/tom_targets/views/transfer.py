"""Targets in from a file, and out to one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.generic import DetailView, TemplateView, View

from tom_common.errors import InvalidInputError, TomError
from tom_targets import tasks
from tom_targets.filters import TargetFilterSet
from tom_targets.forms.importing import ImportColumnsForm
from tom_targets.models import TargetImport, get_target_model_class
from tom_targets.policy import visible_to
from tom_targets.services.exporting import export_format
from tom_targets.services.importing import change_mapping, discard_file, import_csv, imports_of, largest_mb, receive_file

Target = get_target_model_class()
SHOWN_ERRORS = 50
SHOWN_IMPORTS = 10


class TargetImportView(LoginRequiredMixin, TemplateView):
    """Read targets from a file: at once, its good rows, or (with `preview` in what is posted) after a look at what it holds."""

    template_name = "tom_targets/target_import.html"

    def get_context_data(self, **kwargs):
        recent = TargetImport.objects.filter(user=self.request.user).defer("columns", "made")[:SHOWN_IMPORTS]
        return super().get_context_data(
            imports=recent, largest_mb=f"{largest_mb():g}", at_once_kb=tasks.SMALL_BYTES // 1000, **kwargs
        )

    def post(self, request):
        upload = request.FILES.get("target_csv")
        if upload is None:
            messages.error(request, "Choose a file first.")
            return redirect(reverse("targets:import"))
        try:
            if "preview" in request.POST or upload.size > tasks.SMALL_BYTES:
                return self.keep(upload)
            result = import_csv(stream=upload, actor=request.user)
        except TomError as error:
            messages.error(request, error.message)
            return redirect(reverse("targets:import"))
        messages.success(request, f"Targets created: {result.new}")
        texts = result.messages()
        for text in [*result.notes, *texts[:SHOWN_ERRORS]]:
            messages.warning(request, text)
        if len(texts) > SHOWN_ERRORS:
            messages.warning(request, f"... and {len(texts) - SHOWN_ERRORS} more errors.")
        return redirect(reverse("targets:list"))

    def keep(self, upload):
        row = receive_file(actor=self.request.user, file=upload, name=upload.name)
        tasks.start(tasks.check_import_task, row, actor=self.request.user, title=f"Check {row.file_name}"[:200])
        return redirect(row.get_absolute_url())


class TargetImportDetailView(LoginRequiredMixin, DetailView):
    """One file: what was found in it, what its columns are to become, and what has come of it."""

    template_name = "tom_targets/target_import_detail.html"
    context_object_name = "target_import"

    def get_queryset(self):
        return imports_of(self.request.user).select_related("run")

    def get_context_data(self, **kwargs):
        row = self.object
        report = row.report
        run = row.run if row.run is not None and row.state in (row.State.CHECKING, row.State.RUNNING) else None
        undo = None
        if row.state == row.State.DONE and row.made:
            undo = self.undo_event(row)
        return super().get_context_data(
            report=report,
            busy=run is not None and not run.is_finished,
            broken=run is not None and run.is_finished,
            run=run or row.run,
            form=kwargs.pop("form", None) or ImportColumnsForm(row=row),
            can_import=row.state == row.State.CHECKED and bool(report.get("new") or report.get("updated")),
            can_change=row.state in (row.State.CHECKED, row.State.FAILED) and bool(row.columns) and not row.made,
            undo=undo,
            **kwargs,
        )

    def undo_event(self, row):
        from tom_common.services.history import history_of

        return history_of(row).filter(verb="imported", undone_by__isnull=True).first()

    def post(self, request, *args, **kwargs):
        self.object = row = self.get_object()
        action = request.POST.get("action")
        try:
            if action in ("check", "import"):
                form = ImportColumnsForm(request.POST, row=row)
                if not form.is_valid():
                    return self.render_to_response(self.get_context_data(form=form))
                self.go(row, form, action)
            elif action == "discard":
                discard_file(row=row)
                messages.success(request, f"{row.file_name} is forgotten.")
                return redirect(reverse("targets:import"))
            elif action == "undo":
                self.undo(row)
        except TomError as error:
            messages.error(request, error.message)
        return redirect(row.get_absolute_url())

    def go(self, row, form, action):
        columns, options = form.columns(), form.options()
        mapping_changed = columns != row.columns or options["existing"] != row.options.get("existing")
        change_mapping(row=row, columns=columns, options=options)
        user = self.request.user
        if action == "check" or mapping_changed or row.state != row.State.CHECKED:
            TargetImport.objects.filter(pk=row.pk).update(state=row.State.CHECKING)
            tasks.start(tasks.check_import_task, row, actor=user, title=f"Check {row.file_name}"[:200])
            if action == "import":
                messages.info(self.request, "The columns have changed: look at what would become of the rows, then import.")
            return
        # of two who press the button one is the first
        if TargetImport.objects.filter(pk=row.pk, state=row.State.CHECKED).update(state=row.State.RUNNING):
            tasks.start(tasks.import_targets_task, row, actor=user, title=f"Import targets from {row.file_name}"[:200])

    def undo(self, row):
        event = self.undo_event(row)
        if event is None:
            raise Http404
        tasks.start(
            tasks.undo_import_task,
            row,
            event.pk,
            self.request.user.pk,
            actor=self.request.user,
            title=f"Undo the import of {row.file_name}"[:200],
        )


class TargetExportView(View):
    """The targets of the list, as filtered, as a file; `format` is csv (as without it), ecsv, votable or fits."""

    def get_queryset(self):
        return visible_to(self.request.user, "view", Target.objects.all())

    def get(self, request, *args, **kwargs):
        wanted = request.GET.copy()
        try:
            into = export_format((wanted.pop("format", [""]) or [""])[-1])
        except InvalidInputError as error:
            raise Http404(error.message) from error
        rows = TargetFilterSet(wanted, queryset=self.get_queryset(), request=request).qs
        return export_response(rows, into)


def export_response(rows, into):
    response = StreamingHttpResponse(into.write(queryset=rows), content_type=into.content_type)
    response["Content-Disposition"] = f'attachment; filename="targets-{slugify(timezone.now().isoformat())}.{into.suffix}"'
    return response


class TargetSeedView(LoginRequiredMixin, View):
    """Add the Messier catalogue."""

    def get(self, request, *args, **kwargs):
        return redirect(reverse("targets:list"))

    def post(self, request, *args, **kwargs):
        from tom_targets.services.seeding import seed_messier

        try:
            made = seed_messier(actor=request.user)
        except TomError as error:
            messages.error(request, f"The Messier catalogue could not be loaded: {error.message}")
        else:
            messages.success(request, f"{made} targets of the Messier catalogue added.")
        return redirect(reverse("targets:list"))
