"""Contract paths: import, export and cone search of targets."""

from tom_targets.queries import cone


def cone_search_filter(queryset, ra, dec, radius):
    """`queryset` within `radius` of (ra, dec), all in degrees."""
    return cone(queryset, ra, dec, radius)


def import_targets(target_stream):
    """Read targets from CSV text. Returns {'targets': [...], 'errors': ['Error on line N: ...']}; see `services.importing`."""
    from tom_common.errors import InvalidInputError
    from tom_targets.services.importing import import_csv

    try:
        result = import_csv(stream=target_stream, actor=None)
    except InvalidInputError as error:  # no table at all: outside code looks among the errors
        return {"targets": [], "errors": [f"Error on line 1: {error.message}"]}
    return {"targets": result.targets, "errors": result.messages()}


def export_targets(qs):
    """CSV of targets (`qs` may be a `.values()`), in memory; pages stream `services.exporting.export_csv` instead."""
    from io import StringIO

    from tom_targets.services.exporting import export_csv

    buffer = StringIO()
    for line in export_csv(queryset=qs):
        buffer.write(line)
    buffer.seek(0)
    return buffer
