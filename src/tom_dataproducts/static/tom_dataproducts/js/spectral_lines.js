/* Lines that spectra are compared with. Wavelengths in Angstrom in standard air, of the NIST Atomic Spectra Database (Kramida, Ralchenko, Reader and
   the NIST ASD team, physics.nist.gov/asd), multiplets without their weaker members; forbidden lines too. They lie within 0.015 of where the levels of
   that database put them (H and He II, blends of fine structure, within 0.03): tests/tom_dataproducts/test_spectral_lines.py. The Earth's air: about how
   far its bands reach at low resolution, in air wavelengths as observed; of no list. */
export const LINES = {
  "H": { label: "H", lines: [["Hα", 6562.79], ["Hβ", 4861.35], ["Hγ", 4340.472], ["Hδ", 4101.734], ["Hε", 3970.075], ["H8", 3889.064]] },
  "He": { label: "He", lines: [["He I", 3888.646], ["He I", 4026.191], ["He I", 4471.479], ["He II", 4685.7], ["He I", 5015.678], ["He II", 5411.52], ["He I", 5875.621], ["He I", 6678.151], ["He I", 7065.19]] },
  "C": { label: "C, O", lines: [["C II", 6578.05], ["C II", 6582.88], ["C II", 7231.33], ["C II", 7236.42], ["O I", 7771.94], ["O I", 7774.17], ["O I", 7775.39], ["O I", 8446.36]] },
  "Na": { label: "Na", lines: [["Na I D2", 5889.95], ["Na I D1", 5895.924]] },
  "Si": { label: "Mg, Si, S", lines: [["Mg I", 5167.322], ["Mg I", 5172.684], ["Mg I", 5183.604], ["Mg II", 4481.126], ["Si II", 4128.054], ["Si II", 4130.894], ["Si II", 5041.024], ["Si II", 5055.984], ["Si II", 6347.11], ["Si II", 6371.37], ["S II", 5453.855], ["S II", 5639.977]] },
  "Ca": { label: "Ca", lines: [["Ca II K", 3933.663], ["Ca II H", 3968.469], ["Ca I", 4226.728], ["Ca II", 8498.023], ["Ca II", 8542.091], ["Ca II", 8662.141]] },
  "Fe": { label: "Fe", lines: [["Fe II", 4233.17], ["Fe III", 4419.596], ["Fe II", 4583.83], ["Fe II", 4923.93], ["Fe II", 5018.44], ["Fe II", 5169.03]] },
  "host": { label: "host galaxy", lines: [["[O II]", 3726.032], ["[O II]", 3728.815], ["[Ne III]", 3868.76], ["[O III]", 4363.21], ["Hβ", 4861.35], ["[O III]", 4958.911], ["[O III]", 5006.843], ["[O I]", 6300.304], ["[N II]", 6548.05], ["Hα", 6562.79], ["[N II]", 6583.45], ["[S II]", 6716.44], ["[S II]", 6730.82]] },
  "telluric": { label: "Earth's air", bands: [["O2 γ", 6276, 6320], ["O2 B", 6867, 6944], ["H2O", 7160, 7340], ["O2 A", 7593, 7700], ["H2O", 8125, 8345], ["H2O", 8940, 9230], ["H2O", 9300, 9700]] },
};

/* Air to vacuum, Angstrom, above 2000: N. Piskunov's inverse of the formula of Morton 2000 (ApJS 130, 403), as VALD uses it. */
export function vacuum(air) {
  if (air < 2000) return air;
  const s2 = (1e4 / air) ** 2;
  return air * (1 + 0.00008336624212083 + 0.02408926869968 / (130.1065924522 - s2) + 0.0001599740894897 / (38.92568793293 - s2));
}
