// Spectra: flux against wavelength, a line for each; the legend shows and hides one.
import uPlot from "../../tom_common/vendor/uplot/uPlot.esm.js";
import { draw, eachFigure, lineColour } from "../../tom_common/js/plot.js";

const DASHES = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];
const fluxTicks = (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : Math.abs(tick) < 1e-3 || Math.abs(tick) >= 1e4 ? tick.toExponential(1) : String(Number(tick.toPrecision(6)))));

/* The frame holds each spectrum but for its spikes: some bad pixels at an edge must not flatten it, a strong line must be seen. */
function frame(plot, columns) {
  const min = plot.scales.x.min ?? -Infinity, max = plot.scales.x.max ?? Infinity;
  let low = Infinity, high = -Infinity;
  columns.slice(1).forEach((column, s) => {
    if (!plot.series[s + 1].show) return;
    const values = column.filter((value, k) => value != null && columns[0][k] >= min && columns[0][k] <= max).sort((a, b) => a - b);
    if (!values.length) return;
    const at = (part) => values[Math.round(part * (values.length - 1))];
    const most = at(0.93) - at(0.07) || Math.abs(at(0.5)) || 1;
    low = Math.min(low, Math.max(values[0], at(0.07) - 5 * most));
    high = Math.max(high, Math.min(values.at(-1), at(0.93) + 5 * most));
  });
  if (!Number.isFinite(low)) return [0, 1];
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
}

function show(area, data) {
  if (!data.spectra.length) {
    area.hidden = true;
    return "No spectrum yet. Upload a FITS or text spectrum under Manage Data.";
  }
  const tables = data.spectra.map((one) => {
    const order = one.wavelength.map((_, index) => index).sort((a, b) => one.wavelength[a] - one.wavelength[b]);
    return [order.map((k) => one.wavelength[k]), order.map((k) => one.flux[k])];
  });
  const joined = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const { wavelength_unit: lengths, flux_unit: fluxes } = data.spectra[0];
  draw(area, () => ({
    x: { label: `Wavelength (${lengths})`, format: (x) => `${x.toFixed(2)} ${lengths}` },
    scales: { y: { range: (plot) => frame(plot, joined) } },
    axes: [
      { label: `Wavelength (${lengths})`, values: (_, ticks) => ticks.map(String), space: 60, size: 30 },
      { label: fluxes ? `Flux (${fluxes})` : "Flux", size: 76, values: fluxTicks },
    ],
    series: data.spectra.map((one, k) => ({
      label: one.name, colour: lineColour(k), dash: DASHES[Math.floor(k / 6) % DASHES.length], width: 1.2, spanGaps: tables.length > 1,
      format: (value) => `${value.toPrecision(4)} ${one.flux_unit}`.trim(),
    })),
    data: joined,
  }), { height: 420 });
  return "Single spikes may reach beyond the frame. Drag to zoom, double-click to see all.";
}

eachFigure("data-spectra", show);
