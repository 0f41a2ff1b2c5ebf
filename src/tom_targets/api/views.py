"""REST endpoints of targets."""

from __future__ import annotations

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, StreamingHttpResponse
from django_filters import rest_framework as drf_filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tom_common.access import explain
from tom_common.api.bulk import BulkCreateMixin
from tom_common.api.pagination import CappedLimitOffsetPagination
from tom_common.api.schema import described
from tom_common.api.viewsets import TomViewSetMixin
from tom_common.conf import tom_settings
from tom_common.errors import ConflictError, InvalidInputError, TomError
from tom_targets.api.part_views import TargetExtraViewSet, TargetListViewSet, TargetNameViewSet
from tom_targets.api.parts import TargetAccessSerializer, TargetMergePlanSerializer, TargetMergeQuestionSerializer, TargetMergeSerializer
from tom_targets.api.serializers import PersistentShareSerializer, TargetSerializer, attached_to
from tom_targets.api.words import CHANGES, EXAMPLES, EXISTING, EXPORT, TargetSaved
from tom_targets.filters import TargetFilterSet
from tom_targets.matching import same_name
from tom_targets.models import (
    PersistentShare,
    TargetExtra,
    TargetName,
    get_target_model_app_label,
    get_target_model_class,
)
from tom_targets.policy import can, get_or_deny, restrict_by_target, visible_to
from tom_targets.queries import count_visible
from tom_targets.services import delete_target, merge_targets
from tom_targets.services.create_many import check_targets, create_targets, targets_named
from tom_targets.services.exporting import export_format
from tom_targets.services.merge import check_may_merge

__all__ = [
    "PersistentShareViewSet", "SharesOfTargetViewSet", "TargetExtraViewSet", "TargetListViewSet", "TargetNameViewSet", "TargetViewSet",
]  # fmt: skip


# parameters that do not say which targets are meant
SAYS_NOT_WHICH = {"limit", "offset", "page_size", "format", "fields", "ordering", "order"}


@described(
    create={"responses": {201: TargetSaved}, "examples": EXAMPLES},
    update={"responses": {200: TargetSaved}},
    partial_update={"responses": {200: TargetSaved}},
    bulk_create={"parameters": EXISTING},
    bulk_change=CHANGES,
    export=EXPORT,
    access={"responses": {200: TargetAccessSerializer}},
    merge={"request": TargetMergeSerializer, "responses": {200: TargetSaved}},
    merge_plan={"parameters": [TargetMergeQuestionSerializer], "responses": {200: TargetMergePlanSerializer}},
)
class TargetViewSet(TomViewSetMixin, BulkCreateMixin, ModelViewSet):
    """Targets that the requester may see; changes for who may change, deletion for who may delete."""

    thing = "Target"
    serializer_class = TargetSerializer
    filter_backends = (drf_filters.DjangoFilterBackend,)
    filterset_class = TargetFilterSet
    ordering_fields = ("id", "name", "created", "modified")
    heavy_actions = ("bulk_create", "bulk_change", "export")

    def get_base_queryset(self):
        rows = get_target_model_class().objects.all()
        if self._parts_at_once:
            return rows
        # in one order on every database: the version of a row does not depend on how its parts happen to lie
        parts = (Prefetch("aliases", TargetName.objects.order_by("pk")), Prefetch("targetextra_set", TargetExtra.objects.order_by("pk")))
        return rows.prefetch_related(*parts)

    @property
    def _parts_at_once(self):
        cls = self.get_serializer_class()
        return issubclass(cls, TargetSerializer) and cls.writes_parts()

    def get_visible_queryset(self, action):
        action = {"access": "change", "merge": "change", "merge_plan": "change"}.get(action, action)
        return visible_to(self.request.user, action, self.get_base_queryset()).order_by("-pk")

    def paginate_queryset(self, queryset):
        if isinstance(self.paginator, CappedLimitOffsetPagination) and not set(self.request.query_params) - SAYS_NOT_WHICH:
            cap = tom_settings.TOM_API_COUNT_CAP
            self.paginator.get_count = lambda rows: count_visible(self.request.user, cap)
        page = super().paginate_queryset(queryset)
        self._read_with(page if page is not None else [])
        return page

    def get_object(self, *args):
        found = self._of_own_rows(self.kwargs["pk"]) if self.action == "retrieve" else None
        if found is None:
            found = super().get_object(*args)
            self._of_own_rows(found.pk)
        if self.action == "retrieve":
            self._read_with([found])
        return found

    def _of_own_rows(self, key):
        """Where a project's viewset has a `get_queryset` of its own: the row as that has it, Http404 when it has not. None elsewhere."""
        if type(self).get_queryset is TargetViewSet.get_queryset:
            return None
        try:
            found = self.get_queryset().filter(pk=key).first()
        except (ValueError, TypeError, OverflowError):
            found = None
        if found is None:
            raise Http404(f"No {self.thing} matches the given query.")
        self.check_object_permissions(self.request, found)
        return found

    def _read_with(self, rows):
        """Read what hangs on these rows, to be written with them."""
        self.groups_of, self.parts_of = attached_to(rows, self.request.user, parts=self._parts_at_once)

    def get_serializer_context(self):
        context = super().get_serializer_context()
        if hasattr(self, "groups_of"):
            context.update(groups_of=self.groups_of, parts_of=self.parts_of)
        return context

    def create(self, request, *args, **kwargs):
        response = super().create(request, *args, **kwargs)
        response.data["message"] = "Target successfully uploaded."
        return response

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        response.data["message"] = "Target successfully updated."
        return response

    def perform_create(self, serializer):
        super().perform_create(serializer)
        self._read_again(serializer)

    def perform_update(self, serializer):
        super().perform_update(serializer)
        self._read_again(serializer)

    def _read_again(self, serializer):
        """The answer and its version come from one look at what is stored."""
        row = self.get_base_queryset().get(pk=serializer.instance.pk)
        self._read_with([row])
        serializer.context.update(groups_of=self.groups_of, parts_of=self.parts_of)
        serializer.instance = self._written = self._stored = row

    def _fresh(self, row):
        return row if row is getattr(self, "_stored", None) else super()._fresh(row)

    def perform_destroy(self, instance):
        with self.unchanged(instance):
            delete_target(actor=self.request.user, target=instance)

    # --- many -------------------------------------------------------------------------------------------------------------

    @property
    def bulk_counts(self):
        return {"created": self._created, "existing": len(self._present)} if hasattr(self, "_created") else {}

    def check_many(self, good, errors):
        keep = self.request.query_params.get("existing", "refuse")
        if keep not in ("refuse", "keep"):
            raise ValidationError({"existing": ["Either `refuse` or `keep`."]})
        if any(type(serializer).create is not TargetSerializer.create for _, serializer in good):
            return  # a project's own way of making targets
        new = {}
        for index, serializer in good:
            try:
                new[index] = serializer.new_target(serializer.validated_data)
            except ValidationError as error:
                errors[index] = error.detail
        known = targets_named(actor=self.request.user, names=[one.row.name for one in new.values()]) if keep == "keep" else {}
        self._present = {index: known[name] for index, one in new.items() if (name := same_name(one.row.name.strip())) in known}
        self._new = {index: one for index, one in new.items() if index not in self._present}
        check_targets(actor=self.request.user, new=list(self._new.values()))
        errors |= {index: InvalidInputError(errors=one.errors).by_field() for index, one in self._new.items() if one.errors}

    def _made(self, good, errors, partial):
        if not hasattr(self, "_new"):
            return super()._made(good, errors, partial)
        made = self._write_new({index: one for index, one in self._new.items() if index not in errors}, errors)
        keys = {**self._present, **made}
        self._created = len(made)
        rows = self._rows("view", keys.values())
        self._read_with(list(rows.values()))
        return [rows[keys[index]] for index in sorted(keys)]

    def _write_new(self, new, errors):
        try:
            made = create_targets(actor=self.request.user, new=list(new.values())) if new else []
        except (ConflictError, InvalidInputError) as error:
            errors |= {index: self._told(error) for index in new}
            return {}
        return {index: target.pk for index, target in zip(new, made, strict=True)}

    @action(detail=False, methods=["patch"], url_path="bulk/change", url_name="bulk-change")
    def bulk_change(self, request, *args, **kwargs):
        """Change many at once, each named by its `id`: all or nothing, or with `?partial=true` those that can be."""
        items, partial = self.bulk_items(request)
        keys = [item.get("id") if isinstance(item, dict) else None for item in items]
        keys = [key if isinstance(key, int) and not isinstance(key, bool) and 0 < key < 2**63 else None for key in keys]
        seen, changeable = self._rows("view", keys), self._rows("change", keys)
        errors, changed = {}, []
        with transaction.atomic():
            for index, (item, key) in enumerate(zip(items, keys, strict=True)):
                if (row := changeable.get(key)) is None:
                    errors[index] = {"id": ["You may see this target, but not change it." if key in seen else "There is no such target."]}
                    continue
                try:
                    with transaction.atomic():
                        serializer = self.get_serializer(row, data=item, partial=True)
                        serializer.is_valid(raise_exception=True)
                        serializer.save()
                    changed.append(key)
                except (ValidationError, DjangoValidationError, TomError) as error:
                    errors[index] = self._told(error)
            if errors and not partial:
                transaction.set_rollback(True)
        if errors and (not partial or not changed):
            return self._refused(errors, "changed")
        rows = self._rows("view", changed)
        self._read_with(list(rows.values()))
        results = [self.get_serializer(rows[key]).data for key in dict.fromkeys(changed) if key in rows]
        told = [{"index": index, "errors": errors[index]} for index in sorted(errors)]
        return Response({"changed": len(results), "results": results, "errors": told})

    def _rows(self, action, keys):
        """Those of these targets on which the requester may do `action`, by key."""
        wanted = [key for key in dict.fromkeys(keys) if key is not None]
        found = {}
        for start in range(0, len(wanted), 500):
            found.update(visible_to(self.request.user, action, self.get_base_queryset()).in_bulk(wanted[start : start + 500]))
        return found

    # --- beside the rows --------------------------------------------------------------------------------------------------

    def perform_content_negotiation(self, request, force=False):
        # a file is written in its own media type, which is none of the renderers'
        return super().perform_content_negotiation(request, force=force or getattr(self, "action", None) == "export")

    @action(detail=False, methods=["get"])
    def export(self, request, *args, **kwargs):
        """The targets that match as a file, streamed; `as` is csv (as without it), ecsv, votable or fits."""
        try:
            into = export_format(request.query_params.get("as", ""))
        except InvalidInputError as error:
            raise ValidationError({"as": [error.message]}) from error
        rows = self.filter_queryset(visible_to(request.user, "view", get_target_model_class().objects.all()).order_by("-pk"))
        response = StreamingHttpResponse(into.write(queryset=rows), content_type=into.content_type)
        response["Content-Disposition"] = f'attachment; filename="targets.{into.suffix}"'
        return response

    @action(detail=True, methods=["get"])
    def access(self, request, *args, **kwargs):
        """Who may see, change and delete the target, and why: for those who may change it."""
        return Response(TargetAccessSerializer(explain(self.get_object(), request.user)).data)

    @action(detail=True, methods=["post"])
    def merge(self, request, *args, **kwargs):
        """Another target, which you may delete, goes into this one: its names become aliases, its data come along.

        It can be undone on the page of its history, unless `merge/plan/` says before that it cannot.
        """
        primary = self.get_object()
        given, secondary = self._going(TargetMergeSerializer, request.data)
        choices = given.validated_data.get("choices") or None
        merge_targets(actor=request.user, primary=primary, secondary=secondary, choices=choices)
        row = self.get_base_queryset().get(pk=primary.pk)
        return Response({**self.get_serializer(row).data, "message": f"Merged {secondary.name} into {row.name}."})

    @action(detail=True, methods=["get"], url_path="merge/plan", url_name="merge-plan")
    def merge_plan(self, request, *args, **kwargs):
        """What merging another target into this one would give, and whether it could be undone; nothing is changed."""
        from tom_targets.merge_plan import can_be_undone, merge_fields, merge_relations

        primary = self.get_object()
        _, secondary = self._going(TargetMergeQuestionSerializer, request.query_params)
        check_may_merge(request.user, primary, secondary)
        plan = {
            "undoable": can_be_undone(primary, secondary),
            "columns": merge_fields(primary, secondary),
            "relations": merge_relations(request.user, primary, secondary),
        }
        return Response(TargetMergePlanSerializer(plan).data)

    def _going(self, serializer_class, data):
        """(what was sent, the target that goes)"""
        given = serializer_class(data=data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given, get_target_model_class().objects.get(pk=given.validated_data["secondary"].pk)


class PersistentShareViewSet(TomViewSetMixin, ModelViewSet):
    """Continuous sharing: for who has the model's right and may change the target."""

    serializer_class = PersistentShareSerializer
    permission_classes = [IsAuthenticated]
    queryset = PersistentShare.objects.none()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        action = self.get_action() if self.get_action() in ("add", "change", "delete") else "view"
        labels = {get_target_model_app_label(), "tom_targets"}
        if not any(request.user.has_perm(f"{label}.{action}_persistentshare") for label in labels):
            raise PermissionDenied("You need the right to work with continuous sharing; ask the administrator of this TOM.")

    def get_visible_queryset(self, action):
        rows = PersistentShare.objects.select_related("target", "user").order_by("pk")
        if "target_pk" in self.kwargs:
            rows = rows.filter(target_id=get_or_deny(self.request, self.kwargs["target_pk"], "change").pk)
        return restrict_by_target(rows, self.request.user, "change")

    def destroy(self, request, *args, **kwargs):
        share = self.get_object()
        if not can(request.user, "change", share.target):
            raise PermissionDenied
        with self.unchanged(share):
            share.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


@described(list={"operation_id": "targets_persistentshare_of_target_list"})
class SharesOfTargetViewSet(PersistentShareViewSet):
    """The continuous shares of one target."""
