from tom_streams.models.failure import StreamFailure
from tom_streams.models.position import StreamPosition

__all__ = ["StreamFailure", "StreamPosition"]
