"""A floor names what it needs; an app above gives it."""

import pytest

from tom_common.ports import Port, PortNotFilledError


def test_an_empty_port_says_what_to_install():
    port = Port("a.port", filled_by="an_app")
    assert not port.filled
    with pytest.raises(PortNotFilledError, match="a.port: add an_app to INSTALLED_APPS"):
        port.store()


def test_a_filled_port_is_what_fills_it():
    port = Port("a.port")
    port.fill([3, 4])
    assert port.filled
    assert port.index(4) == 1


def test_the_installed_apps_fill_the_ports():
    from tom_observations.ports import data_sink
    from tom_targets.ports import data_sharing, observation_templates

    assert all(port.filled for port in (data_sink, data_sharing, observation_templates))
