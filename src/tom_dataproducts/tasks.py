"""Work in the background: processing of products, queries of forced photometry."""

from __future__ import annotations

import contextlib
import io
import logging
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from tom_common.errors import TomError
from tom_common.tasks import RetryLaterError, enqueue, task

logger = logging.getLogger(__name__)


def _user(pk: int | None):
    return get_user_model().objects.filter(pk=pk).first() if pk is not None else None


@task(title="Process a data product")
def process_product_task(product_id: int, actor_id: int | None = None, data_type: str | None = None, keep_good_rows: bool = False) -> str:
    """Process a data product; why it failed stands on the product."""
    from .models import DataProduct
    from .services import process_product

    product = DataProduct.objects.filter(pk=product_id).first()
    if product is None:
        return "gone"
    process_product(product=product, actor=_user(actor_id), data_type=data_type, keep_good_rows=keep_good_rows)
    return product.processing_message


def enqueue_processing(product, *, actor=None, data_type: str | None = None, keep_good_rows: bool = False):
    """Hand a product over to the worker; on the immediate backend it is processed now."""
    from .models import DataProduct

    DataProduct.objects.filter(pk=product.pk).update(processing_state=DataProduct.Processing.WAITING, processing_message="")
    run = enqueue(
        process_product_task, product.pk, getattr(actor, "pk", None), data_type, keep_good_rows, actor=actor,
        key=f"product-{product.pk}-{data_type or ''}-{int(keep_good_rows)}", title=f"Process {product.get_file_name()}"[:200],
        link=product.get_absolute_url(),
    )  # fmt: skip
    if run.state == run.State.FAILED:
        # Within a transaction the failing task undid what it wrote, the reason on the product too.
        reason = (run.error.strip().splitlines() or ["failed"])[-1].partition(": ")[2] or run.error[-200:]
        DataProduct.objects.filter(pk=product.pk).exclude(processing_state=DataProduct.Processing.FAILED).update(
            processing_state=DataProduct.Processing.FAILED, processing_message=reason[:2000]
        )
    return run


@task(title="Ask the sources for new data")
def update_reduced_data_task(target_id: int | None = None) -> str:
    """What `updatereduceddata` does, for one target or for all; what it says."""
    return str(call_command("updatereduceddata", stdout=io.StringIO(), **({"target_id": target_id} if target_id else {})))


@task(title="Ask ATLAS for forced photometry", max_attempts=10, retry_on=(RetryLaterError,))
def atlas_query_task(min_date_mjd, max_date_mjd, target_id, data_product_type, use_reduced=False):
    """Submit a query to ATLAS; another run fetches its result, so that nobody waits."""
    from .single_target_data_service import atlas

    with _told():
        job = atlas.submit_query(min_date_mjd, max_date_mjd, target_id, use_reduced)
    enqueue(
        atlas_result_task, job, min_date_mjd, max_date_mjd, target_id, data_product_type, key=job[:200],
        run_after=timezone.now() + timedelta(seconds=atlas.POLL_S),
    )  # fmt: skip
    return job


@task(title="Fetch forced photometry from ATLAS", max_attempts=360, retry_on=(RetryLaterError,))
def atlas_result_task(job, min_date_mjd, max_date_mjd, target_id, data_product_type):
    """Look whether ATLAS has finished, and store the result; whether there were data. It looks again every 10 s for an hour."""
    from .single_target_data_service import atlas

    with _told():
        return atlas.fetch_result(job, min_date_mjd, max_date_mjd, target_id, data_product_type)


@contextlib.contextmanager
def _told():
    """What a service says went wrong, in its words alone."""
    from .single_target_data_service.single_target_data_service import SingleTargetDataServiceException

    try:
        yield
    except SingleTargetDataServiceException as error:
        raise TomError(str(error)) from error


class _ContractTask:
    """`atlas_query` as outside code uses it: called (then it waits for the result), `.enqueue(...)`d, or given another queue by `.using(...)`."""

    def __call__(self, min_date_mjd, max_date_mjd, target_id, data_product_type, use_reduced=False):
        from .single_target_data_service.atlas import run_atlas_query

        return run_atlas_query(min_date_mjd, max_date_mjd, target_id, data_product_type, use_reduced)

    def call(self, *args, **kwargs):
        return self(*args, **kwargs)

    func = property(lambda self: self.call)

    def using(self, **options):
        return self

    def enqueue(self, min_date_mjd, max_date_mjd, target_id, data_product_type, use_reduced=False):
        return enqueue(atlas_query_task, min_date_mjd, max_date_mjd, target_id, data_product_type, use_reduced)


atlas_query = _ContractTask()
