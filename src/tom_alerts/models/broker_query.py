from django.db import models


class BrokerQuery(models.Model):
    """A saved query to an alert broker; `parameters` are the cleaned data of the broker's form."""

    name = models.CharField(max_length=500, help_text="The name of this query")
    broker = models.CharField(max_length=50, help_text="The `name` of the broker class")
    parameters = models.JSONField()
    created = models.DateTimeField(auto_now_add=True, help_text="Time at which this query was made")
    modified = models.DateTimeField(auto_now=True, help_text="Time at which this query was last changed")
    last_run = models.DateTimeField(blank=True, null=True, help_text="Time at which this query was last run")

    def __str__(self) -> str:
        return self.name
