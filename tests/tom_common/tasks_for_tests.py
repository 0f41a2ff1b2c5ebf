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


@task()
def tells_a_secret():
    raise RuntimeError("The service said no to https://someone:hunter22@service.example/?token=abcdef123 with fake-key-of-tns-1234")


@task(max_attempts=2, backoff_s=0.01)
def fails_once():
    calls.append("fails_once")
    if len(calls) == 1:
        raise ValueError("not yet")
    return "then"


@task(timeout_s=0.2)
def sleeps():
    import time

    time.sleep(5)


@task(timeout_s=0.05)
def counts_for_ever():
    import time

    for number in range(1000):
        progress(number)
        time.sleep(0.01)


@task(max_attempts=3, backoff_s=0.01)
def waits_for_a_file(path, seconds=60):
    """Says that it runs, and goes on until the file is there; a second attempt ends at once."""
    import time
    from pathlib import Path

    from tom_common.models import TaskRun
    from tom_common.tasks import current_run_id

    if TaskRun.objects.get(pk=current_run_id()).attempts > 1:
        return "second attempt"
    Path(path).write_text("running")
    time.sleep(seconds)
    return "first attempt"


@task()
def waits_once(path, seconds=60):
    import time
    from pathlib import Path

    Path(path).write_text("running")
    time.sleep(seconds)
