"""Spectra to JSON and back."""

from __future__ import annotations

from typing import Any


class SpectrumSerializer:
    """Between a specutils spectrum and the `value` of a reduced datum."""

    def serialize(self, spectrum: Any) -> dict[str, Any]:
        """A JSON dict of a spectrum: flux, flux_units, wavelength, wavelength_units, and flux_error where it has an uncertainty."""
        flux = spectrum.flux
        axis = spectrum.spectral_axis if hasattr(spectrum, "spectral_axis") else spectrum.wavelength
        serialized = {
            "flux": flux.value.tolist(),
            "flux_units": flux.unit.to_string(),
            "wavelength": axis.value.tolist(),
            "wavelength_units": axis.unit.to_string(),
        }
        uncertainty = getattr(spectrum, "uncertainty", None)
        if uncertainty is not None:
            array = getattr(uncertainty, "array", uncertainty)
            if getattr(uncertainty, "uncertainty_type", "std") == "var":
                array = array**0.5
            serialized["flux_error"] = getattr(array, "value", array).tolist()
        return serialized

    def deserialize(self, spectrum: dict[str, Any]) -> Any:
        """A specutils spectrum of such a dict; every name that a reduced datum accepts is understood."""
        from astropy import units
        from astropy.nddata import StdDevUncertainty

        from tom_dataproducts.normalising import columns_from_value

        columns = columns_from_value("spectroscopy", spectrum)
        flux = units.Quantity(columns.get("flux", []), columns.get("flux_unit") or "erg / (Angstrom s cm2)")
        axis = units.Quantity(columns.get("wavelength", []), columns.get("wavelength_unit") or "Angstrom")
        error = columns.get("error") or None
        return spectrum_class()(
            flux=flux, spectral_axis=axis, uncertainty=StdDevUncertainty(units.Quantity(error, flux.unit)) if error else None
        )


def spectrum_class() -> type:
    """The class of one-dimensional spectra of the installed specutils (imported here only: it takes seconds)."""
    import specutils

    return getattr(specutils, "Spectrum", None) or specutils.Spectrum1D
