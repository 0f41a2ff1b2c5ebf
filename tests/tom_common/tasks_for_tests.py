"""Tasks must be functions of a module: these are for the tests."""

from tom_common.tasks import RetryLaterError, progress, task

calls: list = []


@task()
def add(a, b=0):
    calls.append((a, b))
    return a + b


@task(max_attempts=3, backoff_s=10, retry_on=(ValueError,))
def fails(kind="value"):
    calls.append(kind)
    raise {"value": ValueError, "type": TypeError}[kind](f"broken {kind}")


@task(max_attempts=2)
def later():
    raise RetryLaterError("the telescope sleeps", delay_s=120)


@task()
def steps(stop_at=None):
    for i in range(5):
        if i == stop_at:
            from tom_common.models import TaskRun
            from tom_common.tasks import cancel, current_run_id

            cancel(TaskRun.objects.get(pk=current_run_id()))
        progress(i, 5, f"step {i}")
    return "all"


@task()
def breaks_the_database():
    from django.contrib.auth.models import Group

    Group.objects.create(name="same")
    Group.objects.create(name="same")
