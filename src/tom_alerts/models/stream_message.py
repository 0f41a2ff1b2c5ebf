from django.db import models


class AlertStreamMessage(models.Model):
    """A message sent to or taken from an alert stream, and the reduced data in it."""

    EXCHANGE_STATUS_CHOICES = (("published", "Published"), ("ingested", "Ingested"))

    topic = models.CharField(max_length=500)
    message_id = models.CharField(max_length=50, null=True)
    date_shared = models.DateTimeField(auto_now_add=True)
    exchange_status = models.CharField(max_length=10, choices=EXCHANGE_STATUS_CHOICES)
    # The contract shows this relation as `ReducedDatum.message`. It is declared here so that the data floor does not know of alerts.
    reduced_data = models.ManyToManyField(
        "tom_dataproducts.ReducedDatum",
        related_name="message",
        blank=True,
        db_table="tom_dataproducts_reduceddatum_message",
    )

    def __str__(self) -> str:
        return f"Message {self.message_id} on {self.topic}."

    @property
    def reduceddatum_set(self):
        """The reduced data of this message, by the name that they had when the relation was declared on the datum."""
        return self.reduced_data
