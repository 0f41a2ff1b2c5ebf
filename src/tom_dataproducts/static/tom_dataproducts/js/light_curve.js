// Light curve: one series a band, magnitudes downwards, error bars, limits as arrows. The legend shows and hides a band.
import { bandColour, draw, eachFigure, mjdToDate, symbolOf, trace, utc } from "../../tom_common/js/plot.js";

const HEIGHT = 420;
const NEAR_PX = 14;

export function align(series) {
  const times = [...new Set(series.flatMap((one) => one.mjd))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const columns = series.map(() => new Array(times.length).fill(null));
  series.forEach((one, s) => one.mjd.forEach((time, k) => { if (!one.is_limit[k]) columns[s][place.get(time)] = one.y[k]; }));
  return [times, ...columns];
}

function rangeOf(plot, series, kind) {
  const from = plot.scales.x.min ?? -Infinity, to = plot.scales.x.max ?? Infinity;
  let low = Infinity, high = -Infinity;
  series.forEach((one, s) => {
    if (one.kind !== kind || !plot.series[s + 1].show) return;
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

function marks(plot, plan, series) {
  const context = plot.ctx;
  const ratio = devicePixelRatio || 1;
  context.save();
  context.beginPath();
  context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  context.clip();
  context.lineWidth = 1.2 * ratio;
  series.forEach((one, s) => {
    if (!plot.series[s + 1].show) return;
    const { colour, symbol } = plan.series[s];
    context.strokeStyle = context.fillStyle = colour;
    const bars = new Path2D();
    one.mjd.forEach((time, k) => {
      const x = plot.valToPos(time, "x", true);
      const y = plot.valToPos(one.y[k], one.kind, true);
      if (one.is_limit[k]) {
        // fainter than this: downwards in either kind, since magnitudes grow downwards
        const size = 4 * ratio;
        bars.moveTo(x - size, y); bars.lineTo(x + size, y);
        bars.moveTo(x, y); bars.lineTo(x, y + 2.4 * size);
        bars.moveTo(x - size / 1.5, y + 1.5 * size); bars.lineTo(x, y + 2.4 * size); bars.lineTo(x + size / 1.5, y + 1.5 * size);
        return;
      }
      const error = one.error[k];
      if (error) {
        bars.moveTo(x, plot.valToPos(one.y[k] - error, one.kind, true));
        bars.lineTo(x, plot.valToPos(one.y[k] + error, one.kind, true));
      }
    });
    context.stroke(bars);
    one.mjd.forEach((time, k) => {
      if (one.is_limit[k]) return;
      context.beginPath();
      trace(context, symbol, plot.valToPos(time, "x", true), plot.valToPos(one.y[k], one.kind, true), 3.2 * ratio);
      if (symbol === "cross") context.stroke(); else context.fill();
    });
  });
  context.restore();
}

function firstAtOrAfter(values, wanted) {
  let low = 0, high = values.length;
  while (low < high) { const middle = (low + high) >> 1; if (values[middle] < wanted) low = middle + 1; else high = middle; }
  return low;
}

function under(plot, series, sources, left, top) {
  const from = plot.posToVal(left - NEAR_PX, "x"), to = plot.posToVal(left + NEAR_PX, "x");
  let best = null, nearest = NEAR_PX * 1.5;
  series.forEach((one, s) => {
    if (!plot.series[s + 1].show) return;
    for (let k = firstAtOrAfter(one.mjd, from); k < one.mjd.length && one.mjd[k] <= to; k++) {
      const x = plot.valToPos(one.mjd[k], "x"), y = plot.valToPos(one.y[k], one.kind);
      const away = Math.hypot(x - left, y - top);
      if (away < nearest) { nearest = away; best = { x, y, one, k }; }
    }
  });
  if (!best) return null;
  const { one, k } = best;
  const value = one.kind === "mag" ? one.y[k].toFixed(3) : one.y[k].toPrecision(4);
  const error = one.error[k] ? ` ± ${one.kind === "mag" ? one.error[k].toFixed(3) : one.error[k].toPrecision(2)}` : "";
  const unit = one.unit || (one.kind === "mag" ? "mag" : "");
  const lines = [
    `${one.name}  ${one.is_limit[k] ? (one.kind === "mag" ? "> " : "< ") : ""}${value}${error} ${unit}${one.is_limit[k] ? " (limit)" : ""}`,
    `${utc(mjdToDate(one.mjd[k]))} UTC`,
    `MJD ${one.mjd[k].toFixed(5)}`,
  ];
  const source = sources?.[one.from?.[k]];
  if (source) lines.push(source);
  return { x: best.x, y: best.y, lines };
}

const mjdTicks = (_, ticks) => ticks.map((tick) => String(Number(tick.toFixed(5))));
const evenTicks = (_, ticks, __, ___, step) => ticks.map((tick) => tick.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
const dateTicks = (plot, ticks) => ticks.map((tick) => {
  const text = mjdToDate(tick).toISOString();
  return plot.scales.x.max - plot.scales.x.min < 3 ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10);
});

function show(area, data) {
  const series = data.series;
  if (!series.length) {
    area.hidden = true;
    return "No photometry yet. Upload a table of magnitudes under Manage Data, or ask a data service for it.";
  }
  const columns = align(series);
  const has = (kind) => series.some((one) => one.kind === kind);
  // Where some series name their unit and others do not, the axis says so rather than lend the one to the other.
  const unitOf = (kind) => {
    const units = [...new Set(series.filter((one) => one.kind === kind).map((one) => one.unit))];
    return units.some(Boolean) ? units.map((unit) => unit || "unit not stated").join(", ") : "";
  };
  draw(area, () => {
    const plan = {
      x: { scale: { range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low - (high - low) * 0.02, high + (high - low) * 0.02]) } },
      scales: {},
      axes: [
        { label: "MJD (UTC)", values: mjdTicks, space: 80, size: 30 },
        { scale: "x", side: 0, values: dateTicks, space: 80, size: 28, grid: false },
      ],
      series: series.map((one, s) => ({ label: one.name, scale: one.kind, colour: bandColour(one.name, one.colour, s), symbol: symbolOf(s) })),
      data: columns,
      under: (plot, _, left, top) => under(plot, series, data.sources, left, top),
      draw: (plot) => marks(plot, plan, series),
    };
    if (has("mag")) {
      plan.scales.mag = { dir: -1, range: (plot) => rangeOf(plot, series, "mag") };
      plan.axes.push({ scale: "mag", label: `Magnitude${unitOf("mag") ? ` (${unitOf("mag")})` : ""}`, size: 56, values: evenTicks });
    }
    if (has("flux")) {
      plan.scales.flux = { range: (plot) => rangeOf(plot, series, "flux") };
      plan.axes.push({ scale: "flux", side: has("mag") ? 1 : 3, label: `Flux${unitOf("flux") ? ` (${unitOf("flux")})` : ""}`, size: 70, grid: !has("mag") });
    }
    return plan;
  }, { height: HEIGHT });
  const limits = series.some((one) => one.is_limit.some(Boolean)) ? "Arrows are upper limits. " : "";
  const thinned = data.shown < data.total ? ` ${data.shown} of ${data.total} points are drawn.` : "";
  return `${limits}Drag to zoom, double-click to see all.${thinned}`;
}

eachFigure("data-light-curve", show);
