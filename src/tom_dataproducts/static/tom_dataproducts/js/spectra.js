// Spectra: flux against wavelength, a line for each; the legend shows and hides one.
import uPlot from "../../tom_common/vendor/uplot/uPlot.esm.js";
import { axis, drawAll, keepWidth, themeColours } from "./plotting.js";

const HEIGHT = 420;
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#44AA99"];

function draw(area, data) {
  if (!data.spectra.length) return "There is no spectrum to draw.";
  const colours = themeColours(area);
  const tables = data.spectra.map((one) => {
    const order = one.wavelength.map((_, index) => index).sort((a, b) => one.wavelength[a] - one.wavelength[b]);
    return [order.map((k) => one.wavelength[k]), order.map((k) => one.flux[k])];
  });
  const joined = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const first = data.spectra[0];
  const plot = new uPlot({
    width: Math.max(300, Math.floor(area.clientWidth)), height: HEIGHT,
    scales: { x: { time: false } },
    axes: [
      axis(colours, { label: `Wavelength (${first.wavelength_unit})` }),
      axis(colours, { label: first.flux_unit ? `Flux (${first.flux_unit})` : "Flux", size: 80, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : Math.abs(tick) < 1e-3 || Math.abs(tick) >= 1e4 ? tick.toExponential(1) : String(tick))) }),
    ],
    series: [
      { label: first.wavelength_unit, value: (_, value) => (value == null ? "–" : value.toFixed(2)) },
      ...data.spectra.map((one, k) => ({
        label: one.name, stroke: COLOURS[k % COLOURS.length], width: 1, spanGaps: tables.length > 1,
        value: (_, value) => (value == null ? "–" : value.toExponential(3)),
      })),
    ],
  }, joined, area);
  keepWidth(plot, area, HEIGHT);
  area.closest("figure").dataset.state = "drawn";
  return "Drag to zoom, double-click to see all, click a spectrum in the legend to hide it.";
}

drawAll("data-spectra", draw);
