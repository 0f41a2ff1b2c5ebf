"""What the header of a target's page answers: what, where, how bright, seen when, who may see it, what next."""

from __future__ import annotations

from django.urls import reverse
from guardian.shortcuts import get_groups_with_perms

from tom_targets.policy import actions_for

WHO = {
    "OPEN": ("Open", "Everybody, visitors included, sees this target", "globe"),
    "PUBLIC": ("Public", "Every logged-in user sees this target", "people"),
    "PRIVATE": ("Private", "Only those with a right on it see this target", "lock"),
}


def header(request, target) -> dict:
    """Context of the header. One query each for rights, groups and the parts that upper floors add."""
    may = actions_for(request.user, target, known=frozenset({"view"}))  # the page is of a target that is seen
    request.target_actions = {target.pk: may}
    label, text, icon = WHO.get(target.permissions, WHO["PRIVATE"])
    groups = []
    if target.permissions == "PRIVATE" and request.user.is_authenticated:
        groups = [group.name for group in get_groups_with_perms(target)]
    return {
        "may": may,
        "can_change": "change" in may,
        "can_delete": "delete" in may,
        "who": {"label": label, "text": text, "icon": icon, "groups": groups},
        "place": place(target),
        "actions": actions(target, may),
    }


def place(target) -> dict | None:
    """The position in both notations, as texts."""
    if target.ra is None or target.dec is None:
        return None
    from tom_astro.angles import format_dec, format_ra

    return {
        "ra_deg": f"{target.ra:.6f}",
        "dec_deg": f"{target.dec:+.6f}",
        "ra_sexagesimal": format_ra(target.ra),
        "dec_sexagesimal": format_dec(target.dec, 2),
    }


def actions(target, may: set[str]) -> list[dict]:
    """Buttons of the page, those only that the viewer may press."""
    from tom_targets.sharing import sharing_options

    found = []
    if "change" in may:
        found.append({"label": "Update", "url": reverse("targets:update", args=(target.pk,)), "icon": "pencil", "kind": "outline-primary"})
        if sharing_options():
            found.append({"label": "Share", "url": reverse("targets:share", args=(target.pk,)), "icon": "share"})
    if "delete" in may:
        found.append({"label": "Delete", "url": reverse("targets:delete", args=(target.pk,)), "icon": "trash", "kind": "outline-danger"})
    return found
