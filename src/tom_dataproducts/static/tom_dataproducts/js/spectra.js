// Spectra: flux against wavelength; stacked, normalised, smoothed, in the rest frame, with lines of elements; see docs/plots.md.
import { anySize, column, draw, eachFigure, gestures, lineColour, token } from "../../tom_common/js/plot.js";
import { firstAtOrAfter } from "./light_points.js";
import { LINES, vacuum } from "./spectral_lines.js";

const DASHES = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];

export function median(values) {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  return sorted.length ? sorted[sorted.length >> 1] : NaN;
}

/* Smoothed over `width` pixels; towards the ends over as many as there are. "boxcar": the mean; "savgol": the parabola of least squares (Savitzky & Golay 1964). */
export function smooth(flux, kind, width) {
  const most = Math.floor((Number(width) || 1) / 2);
  if (kind === "none" || most < 1) return flux;
  return Float64Array.from(flux, (own, k) => {
    const half = Math.min(most, k, flux.length - 1 - k);
    if (half < 1) return own;
    const m = 2 * half + 1;
    let sum = 0, weights = 0;
    for (let i = -half; i <= half; i++) {
      const value = flux[k + i];
      if (!Number.isFinite(value)) { if (kind === "savgol") return own; continue; }
      const weight = kind === "savgol" ? (3 * m * m - 7 - 20 * i * i) / 4 / (m * (m * m - 4) / 3) : 1;
      sum += weight * value;
      weights += weight;
    }
    return weights ? sum / weights : NaN;
  });
}

/* The spectra as the view wants them: x in its frame, y smoothed, normalised and shifted. */
function shaped(spectra, view) {
  const drawn = spectra.map((one) => {
    const flux = smooth(one.flux, view.smooth, view.width);
    const scale = view.normalise === "median" ? median(flux.map(Math.abs)) : view.normalise === "max" ? flux.reduce((most, value) => (value > most ? value : most), 0) : 1;
    return { one, x: view.rest ? one.wavelength.map((w) => w / (1 + view.z)) : one.wavelength, y: scale > 0 ? flux.map((value) => value / scale) : flux };
  });
  const step = view.offset ? view.offset * (median(drawn.map(({ y }) => median(y.map(Math.abs)))) || 1) : 0;
  drawn.forEach((each, k) => { each.shift = (drawn.length - 1 - k) * step; if (step) each.y = each.y.map((value) => value + each.shift); });
  return drawn;
}

/* Without the stretches that jump from pixel to pixel far more than the rest: the ends of a detector have no say in the frame. */
function quiet(values) {
  const size = Math.max(20, Math.ceil(values.length / 50));
  const parts = [];
  for (let k = 0; k < values.length; k += size) {
    const part = values.subarray(k, k + size);
    parts.push({ part, jumps: median(part.subarray(1).map((value, n) => Math.abs(value - part[n]))) });
  }
  const most = 4 * median(parts.map(({ jumps }) => jumps));
  if (parts.length < 5 || !(most > 0)) return values;
  return Float64Array.from(parts.filter(({ jumps }) => !(jumps > most)).flatMap(({ part }) => [...part]));
}

/* The frame holds each spectrum but for its spikes: some bad pixels at an edge must not flatten it, a strong line must be seen. */
export function frame(drawn, shown, min, max) {
  let low = Infinity, high = -Infinity;
  drawn.forEach((one, s) => {
    if (!shown(s)) return;
    const values = quiet(one.y.slice(firstAtOrAfter(one.x, min), firstAtOrAfter(one.x, max) + 1).filter(Number.isFinite)).sort();
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

function curves(plot, plan, drawn, pen) {
  const ratio = devicePixelRatio || 1;
  const { min, max } = plot.scales.x;
  pen.save();
  pen.beginPath();
  pen.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  pen.clip();
  pen.lineWidth = 1.2 * ratio;
  drawn.forEach((one, s) => {
    if (!plot.series[s + 1].show) return;
    pen.strokeStyle = plan.series[s].colour;
    pen.setLineDash((plan.series[s].dash ?? []).map((length) => length * ratio));
    pen.beginPath();
    let down = false;
    const last = Math.min(one.x.length, firstAtOrAfter(one.x, max) + 1);
    for (let k = Math.max(0, firstAtOrAfter(one.x, min) - 1); k < last; k++) {
      if (!Number.isFinite(one.y[k])) { down = false; continue; }
      const place = [plot.valToPos(one.x[k], "x", true), plot.valToPos(one.y[k], "y", true)];
      if (down) pen.lineTo(...place); else pen.moveTo(...place);
      down = true;
    }
    pen.stroke();
  });
  pen.setLineDash([]);
  pen.restore();
}

/* Lines at the redshift of the source, bands of the air where they are observed. */
function marks(plot, view, pen) {
  const ratio = devicePixelRatio || 1, { left, top, width, height } = plot.bbox;
  const { min, max } = plot.scales.x;
  pen.save();
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const placed = [];
  view.groups.forEach((name) => {
    const group = LINES[name];
    const colour = token(`--plot-${(Object.keys(LINES).indexOf(name) % 6) + 1}`, "#555");
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = ratio;
    const write = (text, x) => {
      const row = placed.filter((other) => Math.abs(other - x) < 12 * ratio).length;
      placed.push(x);
      pen.save();
      pen.translate(x, top + (6 + 52 * (row % 3)) * ratio);
      pen.rotate(-Math.PI / 2);
      pen.fillText(text, 0, -6 * ratio);
      pen.restore();
    };
    for (const [text, air] of group.lines ?? []) {
      const rest = view.medium === "vacuum" ? vacuum(air) : air;
      const at = view.rest ? rest : rest * (1 + view.z);
      if (at < min || at > max) continue;
      const x = plot.valToPos(at, "x", true);
      pen.setLineDash([3 * ratio, 3 * ratio]);
      pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, top + height); pen.stroke();
      write(text, x);
    }
    for (const [text, from, to] of group.bands ?? []) {
      const ends = [from, to].map((air) => (view.medium === "vacuum" ? vacuum(air) : air) / (view.rest ? 1 + view.z : 1));
      if (ends[1] < min || ends[0] > max) continue;
      const [a, b] = ends.map((end) => Math.min(Math.max(plot.valToPos(end, "x", true), left), left + width));
      pen.globalAlpha = 0.16;
      pen.fillRect(a, top, b - a, height);
      pen.globalAlpha = 1;
      write(`⊕ ${text}`, (a + b) / 2);
    }
  });
  pen.setLineDash([]);
  pen.restore();
}

function tip(plot, drawn, view, left, top) {
  const x = plot.posToVal(left, "x");
  let best = null;
  drawn.forEach((one, s) => {
    if (!plot.series[s + 1].show) return;
    const after = firstAtOrAfter(one.x, x);
    const k = after > 0 && (after >= one.x.length || x - one.x[after - 1] < one.x[after] - x) ? after - 1 : after;
    if (!Number.isFinite(one.y[k]) || Math.abs(plot.valToPos(one.x[k], "x") - left) > 20) return;
    const away = Math.abs(plot.valToPos(one.y[k], "y") - top);
    if (!best || away < best.away) best = { away, one, k };
  });
  if (!best) return null;
  const { one, k } = best, source = one.one;
  const lines = [source.name, `${source.wavelength[k].toFixed(2)} ${source.wavelength_unit}${view.z ? ` (rest ${(source.wavelength[k] / (1 + view.z)).toFixed(2)})` : ""}`,
    `${source.flux[k].toPrecision(4)} ${source.flux_unit}`.trim()];
  return { x: plot.valToPos(one.x[k], "x"), y: plot.valToPos(one.y[k], "y"), lines };
}

/* How many times brighter the one is than the other, of the spectra that are farthest apart. */
function contrast(spectra) {
  const sizes = spectra.map((one) => median(one.flux.map(Math.abs))).filter((size) => size > 0);
  return sizes.length > 1 ? Math.max(...sizes) / Math.min(...sizes) : 1;
}

function show(area, data) {
  const figure = area.closest("figure"), panel = figure.parentElement;
  const note = figure.querySelector("[data-plot-note]"), form = figure.querySelector("[data-plot-controls]");
  const unpack = (one) => ({ ...one, wavelength: Float64Array.from(column(one.wavelength)), flux: Float64Array.from(column(one.flux), (value) => value ?? NaN) });
  const known = new Map(data.spectra.map((one) => [one.id, unpack(one)]));
  const picks = [...panel.querySelectorAll("input[data-spectrum]")];
  if (!known.size && !picks.length) {
    area.hidden = true;
    return "No spectrum yet. Upload a FITS or text spectrum under Manage Data.";
  }
  const view = { offset: 0, normalise: "none", smooth: "none", width: 5, z: data.redshift ?? 0, rest: false, medium: "air", groups: [] };
  const wanted = () => (picks.length ? picks.filter((box) => box.checked).map((box) => known.get(Number(box.dataset.spectrum))).filter(Boolean) : [...known.values()]);
  let plot, evened = false;

  const make = () => {
    const drawn = shaped(wanted(), view);
    const units = [...new Set(drawn.map(({ one }) => one.wavelength_unit))].join(", "), fluxes = [...new Set(drawn.map(({ one }) => one.flux_unit))];
    const low = Math.min(...drawn.map(({ x }) => x[0])), high = Math.max(...drawn.map(({ x }) => x.at(-1)));
    const fluxUnit = view.normalise !== "none" ? `relative to the ${view.normalise === "max" ? "maximum" : "median"}` : fluxes.filter(Boolean).join(", ");
    const length = `${view.rest ? "Rest wavelength" : "Wavelength"} (${units || "Angstrom"})`;
    const plan = {
      key: String(view.rest),
      save: figure.dataset.name || "spectra",
      x: { label: length, format: (x) => `${x.toFixed(2)} ${units}` },
      scales: { y: { range: (u) => frame(drawn, (s) => u.series[s + 1]?.show !== false, u.scales.x.min ?? -Infinity, u.scales.x.max ?? Infinity) } },
      axes: [
        { label: length, values: (_, ticks) => ticks.map(String), space: 60, size: 30 },
        { label: `Flux${fluxUnit ? ` (${fluxUnit})` : ""}${view.offset ? " + offset" : ""}`, size: 76, ...anySize },
      ],
      series: drawn.map(({ one }, k) => ({ label: one.name, colour: lineColour(k), dash: DASHES[Math.floor(k / 6) % DASHES.length], width: 1.2 })),
      data: [Number.isFinite(low) ? [low, high] : [3000, 10000], ...drawn.map(() => [null, null])],
      under: (u, _, left, top) => tip(u, drawn, view, left, top),
      behind: (u, pen) => marks(u, view, pen),
      draw: (u, pen) => curves(u, plan, drawn, pen),
      table: (u) => [["spectrum", "id", "wavelength", "unit", "drawn_wavelength", "drawn_flux", "offset"], ...drawn.flatMap((one, s) => (u.series[s + 1].show
        ? [...one.x.keys()].filter((k) => one.x[k] >= u.scales.x.min && one.x[k] <= u.scales.x.max).map((k) => [one.one.name, one.one.id, one.one.wavelength[k], one.one.wavelength_unit, one.x[k], one.y[k] - one.shift, one.shift]) : []))],
    };
    const words = [drawn.length ? `${gestures()} Spikes and noisy ends may reach beyond the frame.` : "Choose a spectrum below."];
    if (evened) words.push("The spectra differ in flux by more than a hundred times: each is divided by its median, unless Normalise says no.");
    if (view.smooth !== "none") words.push(`Smoothed over ${view.width} pixels (${view.smooth === "savgol" ? "Savitzky–Golay, second order" : "boxcar"}).`);
    if (drawn.some(({ one }) => one.total > one.wavelength.length)) words.push("Long spectra are thinned to the extremes of small steps of wavelength: choose fewer to see, and smooth, every pixel.");
    if (view.groups.length) words.push(`Lines: NIST, ${view.medium === "air" ? "standard air" : "vacuum"}, z = ${view.z}.`);
    note.textContent = words.join(" ");
    return plan;
  };

  async function fetchMissing() {
    const missing = picks.filter((box) => box.checked && !known.has(Number(box.dataset.spectrum))).map((box) => box.dataset.spectrum);
    if (missing.length) {
      note.textContent = "Loading…";
      const answer = await fetch(`${figure.dataset.spectra.split("?")[0]}?format=packed&ids=${missing.join(",")}`, { credentials: "same-origin" });
      if (answer.ok) for (const one of (await answer.json()).spectra) known.set(one.id, unpack(one));
    }
    plot.again();
  }

  if (form) {
    form.hidden = false;
    const { redshift, offset, normalise, smoothing, width, rest, medium } = form.elements;
    if (redshift.value === "") redshift.value = view.z;
    if (normalise.value === "none" && contrast(wanted()) > 100) { view.normalise = normalise.value = "median"; evened = true; }
    const read = (event) => {
      if (event.target === normalise) evened = false;
      Object.assign(view, { z: Number(redshift.value) || 0, offset: Number(offset.value) || 0, normalise: normalise.value, smooth: smoothing.value, width: Number(width.value) || 5,
        rest: rest.checked, medium: medium.value, groups: [...form.querySelectorAll("[name=lines]:checked")].map((box) => box.value) });
      plot.again();
    };
    const lines = form.querySelector("[data-line-groups]");
    for (const [value, { label }] of Object.entries(LINES)) {
      const choice = Object.assign(document.createElement("label"), { className: "plot-check" });
      choice.append(Object.assign(document.createElement("input"), { type: "checkbox", name: "lines", value, className: "form-check-input" }), label);
      lines.append(choice);
    }
    form.addEventListener("change", read);
    form.addEventListener("submit", (event) => { event.preventDefault(); read(event); });
  }
  picks.forEach((box) => { box.disabled = false; box.addEventListener("change", fetchMissing); });
  plot = draw(area, make, { height: 420 });
  return note.textContent;
}

eachFigure("data-spectra", show);
