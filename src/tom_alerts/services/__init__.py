from tom_alerts.services.dead_letters import replay_dead_letters
from tom_alerts.services.ingest import IngestReport, Skipped, ingest_packets, ingest_source
from tom_alerts.services.retention import prune_ingest_records

__all__ = ["IngestReport", "Skipped", "ingest_packets", "ingest_source", "prune_ingest_records", "replay_dead_letters"]
