"""Guardian's generic rows about targets move into the direct tables, and the grant index is derived from all rights.

A generic row whose target, user or group is gone has nowhere to go and stays where it is. Each batch is one transaction, so
a run that was broken off goes on where it was.
"""

from django.conf import settings
from django.db import migrations, transaction

BATCH = 2000
EVERYONE, VISITORS = 2**62, 2**62 + 1


def _labels():
    """(app label, model) of every content type under which targets' rights may have been written; the wanted one first."""
    labels = [("tom_targets", "basetarget"), ("tom_targets", "target")]
    path = getattr(settings, "TARGET_MODEL_CLASS", None)
    if path:
        from tom_targets.models import get_target_model_class

        meta = get_target_model_class()._meta
        own = (meta.app_label, meta.model_name)
        labels = [own, *(label for label in labels if label != own)]
    return labels


def move_rights(apps, schema_editor):
    using = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Target = apps.get_model("tom_targets", "BaseTarget")
    types = {}
    for app_label, model in _labels():
        found = ContentType.objects.using(using).filter(app_label=app_label, model=model).first()
        if found:
            types[(app_label, model)] = found
    if not types:
        return
    wanted = types.get(_labels()[0])
    by_codename = {p.codename: p.pk for p in Permission.objects.using(using).filter(content_type=wanted)} if wanted else {}
    codename_of = dict(Permission.objects.using(using).filter(content_type__in=types.values()).values_list("pk", "codename"))
    for who, generic, direct in (
        ("user_id", "UserObjectPermission", "TargetUserObjectPermission"),
        ("group_id", "GroupObjectPermission", "TargetGroupObjectPermission"),
    ):
        Generic, Direct = apps.get_model("guardian", generic), apps.get_model("tom_targets", direct)
        last = 0
        while True:
            rows = list(Generic.objects.using(using).filter(content_type__in=types.values(), pk__gt=last).order_by("pk")[:BATCH])
            if not rows:
                break
            last = rows[-1].pk
            keys = {int(row.object_pk) for row in rows if row.object_pk.isdigit()}
            there = set(Target.objects.using(using).filter(pk__in=keys).values_list("pk", flat=True))
            moved, new = [], {}
            for row in rows:
                if not row.object_pk.isdigit() or int(row.object_pk) not in there:
                    continue
                permission = by_codename.get(codename_of.get(row.permission_id), row.permission_id)
                holder, target = getattr(row, who), int(row.object_pk)
                new[(holder, permission, target)] = Direct(content_object_id=target, permission_id=permission, **{who: holder})
                moved.append(row.pk)
            with transaction.atomic(using=using):
                known = set(
                    Direct.objects.using(using)
                    .filter(content_object_id__in={t for _, _, t in new})
                    .values_list(who, "permission_id", "content_object_id")
                )
                Direct.objects.using(using).bulk_create([row for key, row in new.items() if key not in known], batch_size=500)
                Generic.objects.using(using).filter(pk__in=moved).delete()


def derive_grants(apps, schema_editor):
    using = schema_editor.connection.alias
    Target, Grant = apps.get_model("tom_targets", "BaseTarget"), apps.get_model("tom_targets", "Grant")
    ofuser = apps.get_model("tom_targets", "TargetUserObjectPermission").objects.using(using).filter(permission__codename="view_target")
    ofgroup = apps.get_model("tom_targets", "TargetGroupObjectPermission").objects.using(using).filter(permission__codename="view_target")
    last = 0
    while True:
        rows = list(Target.objects.using(using).filter(pk__gt=last).order_by("pk").values_list("pk", "permissions")[:BATCH])
        if not rows:
            return
        keys = [pk for pk, _ in rows]
        last = keys[-1]
        wanted = {(EVERYONE, pk) for pk, permissions in rows if permissions in ("PUBLIC", "OPEN")}
        wanted |= {(VISITORS, pk) for pk, permissions in rows if permissions == "OPEN"}
        wanted |= {(-user, pk) for user, pk in ofuser.filter(content_object_id__in=keys).values_list("user_id", "content_object_id")}
        wanted |= set(ofgroup.filter(content_object_id__in=keys).values_list("group_id", "content_object_id"))
        wanted -= set(Grant.objects.using(using).filter(target_id__in=keys).values_list("holder", "target_id"))
        with transaction.atomic(using=using):
            Grant.objects.using(using).bulk_create([Grant(holder=h, target_id=t) for h, t in sorted(wanted)], batch_size=1000)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tom_targets", "0101_fill_positions_and_names")]

    operations = [
        migrations.RunPython(move_rights, migrations.RunPython.noop),
        migrations.RunPython(derive_grants, migrations.RunPython.noop),
    ]
