from tom_streams.models.position import StreamPosition

__all__ = ["StreamPosition"]
