"""Work in the background."""

from datetime import timedelta

from tom_common.tasks import periodic, task


@periodic("tom_sharing.send_shared_data", every=timedelta(minutes=1))
@task()
def send_shared_data() -> dict[str, int]:
    """Send new data of shared targets to their destinations."""
    from tom_sharing.services.continuous import send_shared_data

    return send_shared_data()
