"""What outside test suites import."""

import logging

from django.test.runner import DiscoverRunner


class SilenceLogsTestRunner(DiscoverRunner):
    """Runs tests without log lines on the terminal."""

    def run_tests(self, *args, **kwargs):
        previous = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            return super().run_tests(*args, **kwargs)
        finally:
            logging.disable(previous)
