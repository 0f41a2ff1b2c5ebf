"""What people keep about the tables they look at: filters with a name, columns, rows on a page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class SavedFilter(models.Model):
    """A filter of one list page under a name, as the query string that the page's address had."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=100, help_text="The URL name of the list page, such as targets:list.")
    name = models.CharField(max_length=100)
    query = models.TextField(help_text="The query string, without the leading question mark.")
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Whose members may use it too."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="tom_savedfilter_once")]

    def __str__(self) -> str:
        return self.name


class TablePreference(models.Model):
    """How one user wants one table: its columns in order (None: as the project has it), rows on a page, the filter to begin with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="table_preferences")
    page = models.CharField(max_length=100, help_text="The URL name of the list page, such as targets:list.")
    columns = models.JSONField(null=True, blank=True, help_text="Names of the columns, in order.")
    per_page = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Rows on a page.")
    default_filter = models.ForeignKey(SavedFilter, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "page"], name="tom_tablepreference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.page} of {self.user}"
