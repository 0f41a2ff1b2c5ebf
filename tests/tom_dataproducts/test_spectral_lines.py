"""The lines that are drawn over spectra, against the energy levels of their ions.

Levels (cm-1, lower and upper) of the NIST Atomic Spectra Database as PyNeb 1.1.32 carries them in `atomic_data/levels`; of H I and He II,
whose lines are blends of fine structure, the means of the shells in the Atomic Line List v3.00b4 (P. van Hoof) as PyEMILI 1.2.0 carries it.
"""

import re
from pathlib import Path

import pytest

import tom_dataproducts

SCRIPT = (Path(tom_dataproducts.__file__).parent / "static/tom_dataproducts/js/spectral_lines.js").read_text()
LEVELS = {
    ("Hα", 6562.79): (82259.11, 97492.31),
    ("Hβ", 4861.35): (82259.11, 102823.90),
    ("Hγ", 4340.472): (82259.11, 105291.66),
    ("Hδ", 4101.734): (82259.11, 106632.17),
    ("Hε", 3970.075): (82259.11, 107440.45),
    ("H8", 3889.064): (82259.11, 107965.06),
    ("He I", 3888.646): (159855.974, 185564.562),
    ("He I", 4026.191): (169086.766, 193917.151),
    ("He I", 4471.479): (169086.766, 191444.481),
    ("He II", 4685.7): (390142.40, 411477.95),
    ("He I", 5015.678): (166277.440, 186209.365),
    ("He II", 5411.52): (411477.95, 429951.92),
    ("He I", 5875.621): (169086.766, 186101.546),
    ("He I", 6678.151): (171134.897, 186104.967),
    ("He I", 7065.19): (169086.766, 183236.792),
    ("C II", 6578.05): (116537.650, 131735.520),
    ("C II", 6582.88): (116537.650, 131724.370),
    ("C II", 7231.33): (131724.370, 145549.270),
    ("C II", 7236.42): (131735.520, 145550.700),
    ("O I", 7771.94): (73768.200, 86631.454),
    ("O I", 7774.17): (73768.200, 86627.778),
    ("O I", 7775.39): (73768.200, 86625.757),
    ("O I", 8446.36): (76794.978, 88631.146),
    ("Na I D2", 5889.95): (0.000, 16973.366),
    ("Na I D1", 5895.924): (0.000, 16956.170),
    ("Mg I", 5167.322): (21850.405, 41197.403),
    ("Mg I", 5172.684): (21870.464, 41197.403),
    ("Mg I", 5183.604): (21911.178, 41197.403),
    ("Mg II", 4481.126): (71490.190, 93799.750),
    ("Si II", 4128.054): (79338.500, 103556.160),
    ("Si II", 4130.894): (79355.020, 103556.030),
    ("Si II", 5041.024): (81191.340, 101023.050),
    ("Si II", 5055.984): (81251.320, 101024.350),
    ("Si II", 6347.11): (65500.470, 81251.320),
    ("Si II", 6371.37): (65500.470, 81191.340),
    ("S II", 5453.855): (110268.600, 128599.160),
    ("S II", 5639.977): (113461.540, 131187.190),
    ("Ca II K", 3933.663): (0.000, 25414.400),
    ("Ca II H", 3968.469): (0.000, 25191.510),
    ("Ca I", 4226.728): (0.000, 23652.304),
    ("Ca II", 8498.023): (13650.190, 25414.400),
    ("Ca II", 8542.091): (13710.880, 25414.400),
    ("Ca II", 8662.141): (13650.190, 25191.510),
    ("Fe II", 4233.17): (20830.553, 44446.905),
    ("Fe III", 4419.596): (66465.040, 89085.200),
    ("Fe II", 4583.83): (22637.195, 44446.905),
    ("Fe II", 4923.93): (23317.635, 43620.984),
    ("Fe II", 5018.44): (23317.635, 43238.607),
    ("Fe II", 5169.03): (23317.635, 42658.244),
    ("[O II]", 3726.032): (0.000, 26830.570),
    ("[O II]", 3728.815): (0.000, 26810.550),
    ("[Ne III]", 3868.76): (0.000, 25840.720),
    ("[O III]", 4363.21): (20273.270, 43185.740),
    ("[O III]", 4958.911): (113.178, 20273.270),
    ("[O III]", 5006.843): (306.174, 20273.270),
    ("[O I]", 6300.304): (0.000, 15867.862),
    ("[N II]", 6548.05): (48.700, 15316.200),
    ("[N II]", 6583.45): (130.800, 15316.200),
    ("[S II]", 6716.44): (0.000, 14884.730),
    ("[S II]", 6730.82): (0.000, 14852.940),
}


def groups():
    found = re.findall(r'"(\w+)": \{ label: "[^"]+", (lines|bands): \[(.*?)\] \}', SCRIPT)
    return {name: (kind, re.findall(r'\["([^"]+)", ([\d., ]+)\]', body)) for name, kind, body in found}


def air(vacuum):
    """Standard air: the formula of Morton 2000 (ApJS 130, 403), that of the IAU."""
    s2 = (1e4 / vacuum) ** 2
    return vacuum / (1 + 8.34254e-5 + 2.406147e-2 / (130 - s2) + 1.5998e-4 / (38.9 - s2))


DRAWN = sorted({(name, float(wave)) for kind, lines in groups().values() if kind == "lines" for name, wave in lines})


def test_every_group_that_is_promised_is_there():
    assert list(groups()) == ["H", "He", "C", "Na", "Si", "Ca", "Fe", "host", "telluric"]
    assert set(DRAWN) == set(LEVELS)


@pytest.mark.parametrize(("name", "wave"), DRAWN)
def test_a_line_lies_where_its_levels_put_it(name, wave):
    lower, upper = LEVELS[name, wave]
    blend = re.match(r"H[^e]|He II", name) is not None
    assert wave == pytest.approx(air(1e8 / (upper - lower)), abs=0.03 if blend else 0.015)


def test_bands_of_the_air_hold_what_they_are_named_after():
    """Their ends only tell where not to trust a spectrum; the deepest part of each lies inside."""
    bands = [(name, *map(float, ends.split(","))) for name, ends in groups()["telluric"][1]]
    assert all(low < high for _, low, high in bands)
    for name, deepest in (("O2 γ", 6280), ("O2 B", 6884), ("O2 A", 7621), ("H2O", 8227), ("H2O", 9350)):
        assert any(band == name and low < deepest < high for band, low, high in bands), name
