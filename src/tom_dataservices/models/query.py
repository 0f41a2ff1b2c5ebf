from django.db import models


class DataServiceQuery(models.Model):
    """A saved query to a data service; `parameters` are the cleaned data of the service's form."""

    name = models.CharField(max_length=500, help_text="The name of this query")
    data_service = models.CharField(max_length=50, help_text="The `name` of the data service")
    parameters = models.JSONField()
    created = models.DateTimeField(auto_now_add=True, help_text="Time at which this query was made")
    modified = models.DateTimeField(auto_now=True, help_text="Time at which this query was last changed")
    last_run = models.DateTimeField(blank=True, null=True, help_text="Time at which this query was last run")

    def __str__(self) -> str:
        return self.name
