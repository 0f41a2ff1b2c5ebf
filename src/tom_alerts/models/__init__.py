from tom_alerts.models.broker_query import BrokerQuery
from tom_alerts.models.ingest import DeadLetter, IngestRecord
from tom_alerts.models.stream_message import AlertStreamMessage

__all__ = ["AlertStreamMessage", "BrokerQuery", "DeadLetter", "IngestRecord"]
