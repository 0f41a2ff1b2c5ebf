"""Clients of catalogues against recorded answers."""

import json

import pytest
import responses

from tom_clients.horizons import HorizonsClient, read_elements
from tom_clients.mpc import MpcClient, aliases, orbit_document, target_fields
from tom_clients.ned import NedClient
from tom_clients.simbad import SimbadClient
from tom_clients.tns import bare_name
from tom_clients.votable import VOTableError, read_votable
from tom_common.http import forget_hosts


@pytest.fixture(autouse=True)
def _calm():
    forget_hosts()
    yield
    forget_hosts()


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


def simbad_table(**row):
    kinds = {name: "double" if isinstance(value, float) else "char" for name, value in row.items()}
    fields = "".join(f'<FIELD name="{name}" datatype="{kind}"/>' for name, kind in kinds.items())
    cells = "".join(f"<TD>{'' if value is None else value}</TD>" for value in row.values())
    return f"<VOTABLE><RESOURCE><TABLE>{fields}<DATA><TABLEDATA><TR>{cells}</TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"


@pytest.mark.parametrize(("unit", "distance"), [("pc", 10.0), ("kpc", 10000.0), ("Mpc", 1e7), ("", None)])
def test_simbad_distances_in_every_unit(web, unit, distance):
    web.get(
        "https://simbad.cds.unistra.fr/simbad/sim-tap/sync",
        body=simbad_table(main_id="M  31", ra=10.68, dec=41.27, pmra=None, pmdec=None, plx_value=None, dist=10.0, unit=unit),
    )
    found = SimbadClient().object("O'Hara's star")
    assert (found["main_id"], found["distance_pc"]) == ("M  31", distance)
    assert "O%27%27Hara" in web.calls[0].request.url


def test_simbad_does_not_know_it(web):
    web.get(
        "https://simbad.cds.unistra.fr/simbad/sim-tap/sync",
        body="<VOTABLE><RESOURCE><TABLE><FIELD name='ra'/></TABLE></RESOURCE></VOTABLE>",
    )
    assert SimbadClient().object("nothing") is None


def test_a_votable_that_says_error():
    with pytest.raises(VOTableError, match="wrong column"):
        read_votable('<VOTABLE><RESOURCE><INFO name="QUERY_STATUS" value="ERROR">wrong column</INFO></RESOURCE></VOTABLE>')
    with pytest.raises(VOTableError, match="Not a VOTable"):
        read_votable("<html>")


@pytest.mark.recorded
def test_ned(shared_data, web):
    web.get("https://ned.ipac.caltech.edu/cgi-bin/objsearch", body=(shared_data / "ned" / "query_object.xml").read_bytes())
    found = NedClient().object("m1")
    assert found["name"] == "MESSIER 001"
    assert found["ra"] == pytest.approx(83.63, abs=0.01)
    assert found["dec"] == pytest.approx(22.01, abs=0.01)


@pytest.mark.recorded
def test_ned_does_not_know_it(shared_data, web):
    web.get("https://ned.ipac.caltech.edu/cgi-bin/objsearch", body=(shared_data / "ned" / "error.xml").read_bytes())
    assert NedClient().object("nothing") is None


@pytest.mark.recorded
def test_simbad_tables_as_recorded(shared_data):
    rows = read_votable((shared_data / "simbad" / "tap_basic_columns.xml").read_bytes())
    assert {"ra", "dec", "main_id", "pmra", "pmdec", "plx_value"} <= {row["column_name"] for row in rows}


@pytest.mark.recorded
def test_an_orbit_of_the_minor_planet_center(shared_data, web):
    orbit = json.loads((shared_data / "mpc" / "2020AB_mpcorb.json").read_text())
    web.get("https://data.minorplanetcenter.net/api/get-orb", json=[{"mpc_orb": [orbit]}, 200])
    fields = target_fields(MpcClient().orbit("2020 AB"))
    assert json.loads(web.calls[0].request.body) == {"desig": "2020 AB"}
    assert fields["name"] == "2020 AB"
    assert fields["scheme"] == "MPC_MINOR_PLANET"
    assert fields["eccentricity"] == 0.41183913857958
    assert fields["epoch_of_elements"] == 59000.0
    assert fields["semimajor_axis"] == pytest.approx(0.986422229387087 / (1 - 0.41183913857958))
    # Kepler's third law with the period in years.
    assert (360.0 / fields["mean_daily_motion"]) / 365.2568983 == pytest.approx(fields["semimajor_axis"] ** 1.5, rel=1e-6)
    assert aliases(orbit) == []


@pytest.mark.parametrize("answer", [[], {}, None, ["text"[:0]], [{"mpc_orb": []}, 404]])
def test_no_orbit(answer):
    try:
        assert orbit_document(answer) is None
    except json.JSONDecodeError:
        pytest.fail("an answer without an orbit is not JSON text")


@pytest.mark.recorded
def test_elements_of_ceres(shared_data, web):
    text = (shared_data / "jpl_horizons" / "ceres_elements_single.txt").read_text()
    web.get("https://ssd.jpl.nasa.gov/api/horizons.api", body=text)
    (row,) = HorizonsClient().elements("Ceres", times={"TLIST": "2451544.5"})
    assert "COMMAND=%27Ceres%3B%27" in web.calls[0].request.url
    assert row["targetname"] == "1 Ceres (A801 AA)"
    assert (row["JDTDB"], row["EC"], row["A"]) == (2451544.5, 7.837505574674922e-02, 2.766494289599058)
    assert (row["H"], row["G"]) == (3.53, 0.12)
    assert len(read_elements((shared_data / "jpl_horizons" / "ceres_elements_range.txt").read_text())) == 4


@pytest.mark.recorded
def test_no_elements(shared_data):
    assert read_elements((shared_data / "jpl_horizons" / "tlist_error.txt").read_text()) == []


@pytest.mark.parametrize("name", ["2023ixf", "SN 2023ixf", "AT2023ixf", " sn2023ixf "])
def test_names_of_transients(name):
    assert bare_name(name) == "2023ixf"
    assert bare_name("ATLAS23abc") == "ATLAS23abc"
