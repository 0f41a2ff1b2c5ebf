// Light curve: one series a band, magnitudes downwards, error bars, limits as arrows. The legend shows and hides a band.
import uPlot from "../../tom_common/vendor/uplot/uPlot.esm.js";
import { axis, drawAll, keepWidth, themeColours } from "./plotting.js";

const HEIGHT = 420;

export function align(series) {
  const times = [...new Set(series.flatMap((one) => one.mjd))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const columns = series.map(() => new Array(times.length).fill(null));
  series.forEach((one, s) => one.mjd.forEach((time, k) => { if (!one.is_limit[k]) columns[s][place.get(time)] = one.y[k]; }));
  return [times, ...columns];
}

function rangeOf(series, isShown, kind, from, to) {
  let low = Infinity, high = -Infinity;
  series.forEach((one, s) => {
    if (one.kind !== kind || !isShown(s)) return;
    one.mjd.forEach((time, k) => {
      if (time < from || time > to) return;
      const error = one.error[k] ?? 0;
      low = Math.min(low, one.y[k] - error);
      high = Math.max(high, one.y[k] + error);
    });
  });
  if (!Number.isFinite(low)) return [0, 1];
  const pad = (high - low) * 0.06 || 0.5;
  return [low - pad, high + pad];
}

function drawMarks(plot, series) {
  const context = plot.ctx;
  const ratio = devicePixelRatio || 1;
  context.save();
  context.beginPath();
  context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  context.clip();
  context.lineWidth = ratio;
  series.forEach((one, s) => {
    if (!plot.series[s + 1].show) return;
    context.strokeStyle = context.fillStyle = one.colour;
    one.mjd.forEach((time, k) => {
      const x = plot.valToPos(time, "x", true);
      const y = plot.valToPos(one.y[k], one.kind, true);
      context.beginPath();
      if (one.is_limit[k]) {
        const size = 4 * ratio;
        context.moveTo(x - size, y);
        context.lineTo(x + size, y);
        context.moveTo(x, y);
        context.lineTo(x, y + 2.2 * size);
        context.moveTo(x - size / 1.5, y + 1.4 * size);
        context.lineTo(x, y + 2.4 * size);
        context.lineTo(x + size / 1.5, y + 1.4 * size);
        context.stroke();
        return;
      }
      const error = one.error[k];
      if (error) {
        context.moveTo(x, plot.valToPos(one.y[k] - error, one.kind, true));
        context.lineTo(x, plot.valToPos(one.y[k] + error, one.kind, true));
        context.stroke();
        context.beginPath();
      }
      context.arc(x, y, 3 * ratio, 0, 2 * Math.PI);
      context.fill();
    });
  });
  context.restore();
}

function draw(area, data) {
  if (!data.series.length) return "There is no photometry to draw.";
  const colours = themeColours(area);
  const series = data.series;
  const hasFlux = series.some((one) => one.kind === "flux");
  const hasMag = series.some((one) => one.kind === "mag");
  const range = (kind) => (plot, min, max) =>
    rangeOf(series, (s) => plot.series[s + 1].show, kind, plot.scales.x.min ?? -Infinity, plot.scales.x.max ?? Infinity);
  const scales = { x: { time: false, range: (plot, low, high) => (low === high ? [low - 1, high + 1] : [low - (high - low) * 0.02, high + (high - low) * 0.02]) } };
  const axes = [axis(colours, { label: "Time (MJD, UTC)" })];
  if (hasMag) { scales.mag = { dir: -1, range: range("mag") }; axes.push(axis(colours, { scale: "mag", label: "Magnitude", size: 60 })); }
  if (hasFlux) { scales.flux = { range: range("flux") }; axes.push(axis(colours, { scale: "flux", side: 1, label: "Flux", size: 70, grid: { show: !hasMag } })); }
  const plot = new uPlot({
    width: Math.max(300, Math.floor(area.clientWidth)), height: HEIGHT, scales, axes,
    cursor: { drag: { x: true, y: false } },
    series: [
      { label: "MJD", value: (_, value) => (value == null ? "–" : value.toFixed(5)) },
      ...series.map((one) => ({
        label: one.name, scale: one.kind, stroke: one.colour, paths: () => null, points: { show: false },
        value: (_, value) => (value == null ? "–" : one.kind === "mag" ? value.toFixed(3) : value.toPrecision(4)),
      })),
    ],
    hooks: { draw: [(self) => drawMarks(self, series)] },
  }, align(series), area);
  keepWidth(plot, area, HEIGHT);
  area.closest("figure").dataset.state = "drawn";
  const thinned = data.shown < data.total ? ` ${data.shown} of ${data.total} points are drawn.` : "";
  return `Arrows are upper limits. Drag to zoom, double-click to see all, click a band in the legend to hide it.${thinned}`;
}

drawAll("data-light-curve", draw);
