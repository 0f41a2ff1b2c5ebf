// Light curve: a series for each band and telescope, magnitudes downwards, error bars, limits as arrows; see docs/plots.md for what it can do.
import { anySize, bandColour, draw, eachFigure, gestures, mjdToDate, symbolOf, token, trace, utc } from "../../tom_common/js/plot.js";
import { firstAtOrAfter, points, reach, unpacked } from "./light_points.js";
import { periods } from "./periodogram.js";
import { showChosen } from "./selection.js";

const HEIGHT = 420;
const NEAR_PX = 14;
const WAIT_MS = 250;
const PATH = 200;
const LABELS = { mjd: "MJD (UTC)", date: "Date (UTC)", phase: "Phase" };

/* Calls mark(n) for every n from first to last and pen.stroke() or pen.fill() after each few: a path of very many parts takes far longer to paint than many short ones. */
function inPaths(pen, paint, first, last, mark) {
  for (let start = first; start < last; start += PATH) {
    pen.beginPath();
    for (let n = start; n < Math.min(start + PATH, last); n++) mark(n);
    pen[paint]();
  }
}

/* Marks of all series; bars and symbols in few paths, since 20,000 of them are drawn while one drags. */
function marks(plot, plan, drawn, chosen, pen) {
  const ratio = devicePixelRatio || 1;
  const { min, max } = plot.scales.x;
  pen.save();
  pen.beginPath();
  pen.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  pen.clip();
  pen.lineWidth = 1.2 * ratio;
  drawn.forEach((one, s) => {
    if (!one.kind || !plot.series[s + 1].show) return;
    const { colour, symbol } = plan.series[s];
    const first = Math.max(0, firstAtOrAfter(one.x, min) - 1), last = Math.min(one.x.length, firstAtOrAfter(one.x, max) + 1);
    const small = last - first > 4000 ? 2.2 : 3.2;
    pen.strokeStyle = pen.fillStyle = colour;
    const x = new Float64Array(last - first), y = new Float64Array(last - first);
    inPaths(pen, "stroke", first, last, (n) => {
      const left = x[n - first] = plot.valToPos(one.x[n], "x", true);
      const top = y[n - first] = plot.valToPos(one.y[n], one.kind, true);
      if (one.limit(n)) {
        // fainter than this: downwards in either kind, since magnitudes grow downwards
        const size = 4 * ratio;
        pen.moveTo(left - size, top); pen.lineTo(left + size, top);
        pen.moveTo(left, top); pen.lineTo(left, top + 2.4 * size);
        pen.moveTo(left - size / 1.5, top + 1.5 * size); pen.lineTo(left, top + 2.4 * size); pen.lineTo(left + size / 1.5, top + 1.5 * size);
      } else if (one.error[n] > 0) {
        pen.moveTo(left, plot.valToPos(one.y[n] - one.error[n], one.kind, true));
        pen.lineTo(left, plot.valToPos(one.y[n] + one.error[n], one.kind, true));
      }
    });
    inPaths(pen, symbol === "cross" ? "stroke" : "fill", first, last, (n) => { if (!one.limit(n)) trace(pen, symbol, x[n - first], y[n - first], small * ratio); });
    if (!chosen.size) return;
    pen.strokeStyle = token("--plot-text", "#000");
    inPaths(pen, "stroke", first, last, (n) => { if (chosen.has(one.id(n))) trace(pen, "circle", x[n - first], y[n - first], 6 * ratio); });
  });
  pen.restore();
}

function nearest(plot, drawn, left, top) {
  const from = plot.posToVal(left - NEAR_PX, "x"), to = plot.posToVal(left + NEAR_PX, "x");
  let best = null, least = NEAR_PX * 1.5;
  drawn.forEach((one, s) => {
    if (!one.kind || !plot.series[s + 1].show) return;
    for (let n = firstAtOrAfter(one.x, from); n < one.x.length && one.x[n] <= to; n++) {
      const x = plot.valToPos(one.x[n], "x"), y = plot.valToPos(one.y[n], one.kind);
      const away = Math.hypot(x - left, y - top);
      if (away < least) { least = away; best = { x, y, one, n }; }
    }
  });
  return best;
}

const number = (value, kind) => (kind === "mag" ? value.toFixed(3) : value.toPrecision(4));

function tip(plot, drawn, view, origins, left, top) {
  const found = nearest(plot, drawn, left, top);
  if (!found) return null;
  const { one, n } = found, source = one.source, k = one.k[n], limit = one.limit(n);
  const error = one.error[n] > 0 && !limit ? ` ± ${one.kind === "mag" ? one.error[n].toFixed(3) : one.error[n].toPrecision(2)}` : "";
  const unit = view.y === "flux" ? "µJy" : source.unit || (one.kind === "mag" ? "mag" : "");
  const origin = origins[source.from[k]] ?? {};
  const lines = [
    `${source.label}  ${limit ? (one.kind === "mag" ? "> " : "< ") : ""}${number(one.y[n], one.kind)}${error} ${unit}${limit ? " (limit)" : ""}`,
    `${utc(mjdToDate(source.mjd[k]))} UTC`,
    `MJD ${source.mjd[k].toFixed(5)}${view.x === "phase" || view.x === "days" ? `, ${view.x === "phase" ? "phase" : "day"} ${one.x[n].toFixed(4)}` : ""}`,
  ];
  if (view.y !== "reported") lines.push(`as reported: ${number(source.y[k], source.kind)} ${source.unit || (source.kind === "mag" ? "mag" : "")}`);
  for (const text of [[origin.telescope, origin.instrument].filter(Boolean).join(" "), origin.source !== origin.telescope && origin.source, origin.product_name]) if (text) lines.push(text);
  return { x: found.x, y: found.y, lines };
}

const mjdTicks = (_, ticks) => ticks.map((tick) => String(Number(tick.toFixed(5))));
const evenTicks = (_, ticks, __, ___, step) => ticks.map((tick) => tick.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
const dateTicks = (plot, ticks) => ticks.map((tick) => {
  const text = mjdToDate(tick).toISOString();
  return plot.scales.x.max - plot.scales.x.min < 3 ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10);
});

/* Where some series name their unit and others do not, the axis says so rather than lend the one to the other. */
function unitOf(drawn, kind, view) {
  if (kind === "flux" && view.y === "flux") return "µJy";
  const units = [...new Set(drawn.filter((one) => one.kind === kind).map((one) => one.source.unit))];
  return units.some(Boolean) && view.y === "reported" ? units.map((unit) => unit || "unit not stated").join(", ") : "";
}

/* MJD, or a date and time in UTC, as MJD. */
export function readTime(text) {
  const value = String(text).trim();
  if (/^[\d.]+$/.test(value)) return Number(value) > 2400000.5 ? Number(value) - 2400000.5 : Number(value);
  const when = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value.replace(" ", "T")}${value.includes(":") ? "Z" : "T00:00:00Z"}`);
  return when / 86400000 + 40587;
}

function show(area, data) {
  const figure = area.closest("figure");
  const note = figure.querySelector("[data-plot-note]");
  const controls = figure.querySelector("[data-plot-controls]");
  if (!data.series.length) {
    area.hidden = true;
    return "No photometry yet. Upload a table of magnitudes under Manage Data, or ask a data service for it.";
  }
  const whole = { ...data, series: unpacked(data.series) };
  const loaded = { window: null, data: whole };
  const begin = Math.min(...whole.series.map((one) => one.mjd[0])), end = Math.max(...whole.series.map((one) => one.mjd.at(-1)));
  const view = { y: "reported", x: "mjd", zero: Math.floor(begin), period: NaN, modulus: data.distance_modulus ?? NaN, ebv: 0, select: false };
  const chosen = new Map();
  const links = { product: figure.dataset.product, datum: figure.dataset.datum };
  const name = figure.dataset.name || "light-curve";
  let plot, timer, asked = 0, unseen = 0;

  const drawnOf = () => loaded.data.series.map((source) => {
    const one = points(source, view);
    return Object.assign(one, { source, limit: (n) => source.is_limit[one.k[n]], id: (n) => source.id[one.k[n]] });
  });
  const rangeX = () => (view.x === "phase" ? [0, 2] : view.x === "days" ? [begin - view.zero, end - view.zero] : [begin, end]);

  function say(drawn) {
    const words = [];
    if (loaded.data.series.some((one) => one.is_limit.some(Boolean))) words.push("Arrows are upper limits.");
    words.push(view.select ? "Drag a box to select points." : gestures());
    const { shown, total } = loaded.data;
    if (shown < total) words.push(`${shown} of ${total} points are drawn: of every pixel the least and the greatest. Zoom in for all.`);
    unseen = drawn.reduce((sum, one) => sum + one.lost, 0);
    if (unseen) words.push(`${unseen} point${unseen === 1 ? " has" : "s have"} no value in this unit.`);
    if (view.y !== "reported" && drawn.some((one) => one.kind && one.source.taken_as_ab)) words.push("Magnitudes without a system are taken as AB.");
    if (view.y === "abs") words.push(Number.isFinite(view.modulus) ? "No K correction." : "Give a distance modulus.");
    if (view.x === "phase" && !(view.period > 0)) words.push("Give a period.");
    note.textContent = words.join(" ");
  }

  /* The points of what is in view, if they were thinned. */
  function refetch(min, max) {
    clearTimeout(timer);
    const [low, high] = rangeX();
    const all = min <= low && max >= high;
    if (whole.shown === whole.total || (loaded.window && !all && loaded.data.shown === loaded.data.total && min >= loaded.window[0] && max <= loaded.window[1])) return;
    if (all && !loaded.window && view.x !== "phase") return;
    timer = setTimeout(async () => {
      const turn = ++asked;
      const query = new URLSearchParams({ format: "packed", pixels: String(Math.max(200, plot().over.clientWidth)) });
      if (view.x === "phase") {
        if (!(view.period > 0)) return;
        query.set("period", view.period); query.set("epoch", view.zero);
        if (Math.floor(min) === Math.floor(max)) { query.set("from", min - Math.floor(min)); query.set("to", max - Math.floor(min)); }
      } else if (!all) {
        const shift = view.x === "days" ? view.zero : 0;
        query.set("from", min + shift); query.set("to", max + shift);
      }
      try {
        const answer = await fetch(`${figure.dataset.lightCurve.split("?")[0]}?${query}`, { credentials: "same-origin" });
        if (!answer.ok || turn !== asked) return;
        const found = await answer.json();
        loaded.data = { ...found, series: unpacked(found.series) };
        loaded.window = all ? null : [min, max];
        plot.again();
      } catch (error) {
        note.textContent = `More points could not be loaded (${error.message}).`;
      }
    }, WAIT_MS);
  }

  function choose(found) {
    for (const one of found) chosen.set(one.one.id[one.k], one);
    tell();
  }
  function tell() {
    showChosen(figure.querySelector("[data-plot-chosen]"), [...chosen.values()].sort((a, b) => a.one.mjd[a.k] - b.one.mjd[b.k]), links, name, () => { chosen.clear(); tell(); });
    plot().redraw(false);
  }

  plot = draw(area, () => {
    const drawn = drawnOf();
    const has = (kind) => drawn.some((one) => one.kind === kind);
    const [low, high] = rangeX();
    const plan = {
      key: view.x + view.zero + view.period,
      save: name,
      table: (u) => [["id", "mjd", LABELS[view.x] ?? `days since MJD ${view.zero}`, "series", "value", "error", "limit", "unit", "telescope", "instrument", "source"],
        ...drawn.flatMap((one, s) => (one.kind && u.series[s + 1].show ? [...one.k.keys()].filter((n) => one.x[n] >= u.scales.x.min && one.x[n] <= u.scales.x.max && (view.x !== "phase" || one.x[n] < 1 || u.scales.x.min >= 1)).map((n) => {
          const k = one.k[n], origin = loaded.data.sources[one.source.from[k]];
          return [one.source.id[k], one.source.mjd[k], one.x[n], one.source.label, one.limit(n) ? null : one.y[n], one.error[n], one.limit(n) ? one.y[n] : null,
            view.y === "flux" ? "uJy" : one.source.unit || (one.kind === "mag" ? "mag" : ""), origin.telescope, origin.instrument, origin.source];
        }) : []))],
      x: { scale: { range: (_, least, most) => (least === low && most === high && view.x !== "phase" ? (least === most ? [least - 1, most + 1] : [least - (most - least) * 0.02, most + (most - least) * 0.02]) : [least, most]) } },
      scales: {},
      axes: [view.x === "date" ? { label: LABELS.date, values: dateTicks, space: 90, size: 30 }
        : { label: LABELS[view.x] ?? `Days since MJD ${view.zero}`, values: view.x === "mjd" ? mjdTicks : evenTicks, space: 80, size: 30 }],
      series: drawn.map(({ source }) => ({ label: source.label, scale: "x", colour: bandColour(source.band || source.label, source.colour, hashed(source.band)), symbol: symbolOf(source.symbol) })),
      data: [[low, high], ...drawn.map(() => [null, null])],
      under: (u, _, left, top) => tip(u, drawn, view, loaded.data.sources, left, top),
      draw: (u, pen) => marks(u, plan, drawn, chosen, pen),
      zoomed: refetch,
      click: (u, left, top, byFinger) => {
        if (byFinger && !view.select) return; // a tap reads
        const found = nearest(u, drawn, left, top);
        if (found) choose([{ one: found.one.source, k: found.one.k[found.n], origin: loaded.data.sources[found.one.source.from[found.one.k[found.n]]] }]);
      },
      box: view.select ? (box) => choose(drawn.flatMap((one, s) => {
        if (!one.kind || !plot().series[s + 1].show) return [];
        const inside = [];
        for (let n = firstAtOrAfter(one.x, box.x[0]); n < one.x.length && one.x[n] <= box.x[1]; n++) {
          const top = plot().valToPos(one.y[n], one.kind);
          if (top >= box.y[0] && top <= box.y[1]) inside.push({ one: one.source, k: one.k[n], origin: loaded.data.sources[one.source.from[one.k[n]]] });
        }
        return inside;
      })) : null,
    };
    for (const one of plan.series) delete one.scale;
    drawn.forEach((one, s) => { plan.series[s].scale = one.kind ?? (has("mag") || !has("flux") ? "mag" : "flux"); });
    if (view.x === "mjd") plan.axes.push({ scale: "x", side: 0, values: dateTicks, space: 90, size: 28, grid: false });
    const shown = (u) => (s) => u.series[s + 1]?.show !== false;
    const range = (kind) => (u) => reach(drawn, kind, shown(u), u.scales.x.min ?? -Infinity, u.scales.x.max ?? Infinity);
    const title = (kind, words) => { const unit = unitOf(drawn, kind, view); return unit ? `${words} (${unit})` : words; };
    if (has("mag") || !has("flux")) {
      plan.scales.mag = { dir: -1, auto: true, range: range("mag") };
      plan.axes.push({ scale: "mag", label: title("mag", view.y === "abs" ? "Absolute magnitude" : "Magnitude"), size: 56, values: evenTicks });
    }
    if (has("flux")) {
      plan.scales.flux = { auto: true, range: range("flux") };
      plan.axes.push({ scale: "flux", side: has("mag") ? 1 : 3, label: title("flux", "Flux"), size: 70, grid: !has("mag"), ...anySize });
    }
    say(drawn);
    return plan;
  }, { height: HEIGHT });

  wire(controls, view, data, plot, () => { loaded.window = null; loaded.data = whole; refetchPhase(); });
  function refetchPhase() { if (view.x === "phase" && whole.shown < whole.total) refetch(0, 2); }
  periods(figure, (period) => {
    controls.elements.time.value = "phase";
    controls.elements.period.value = String(Number(period.toPrecision(8)));
    controls.dispatchEvent(new Event("change"));
    area.scrollIntoView({ block: "nearest" });
  });
  return note.textContent;
}

const hashed = (text) => [...(text || "?")].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);

/* The form above the plot: read into the view, draw again. */
function wire(form, view, data, plot, changed) {
  if (!form) return;
  form.hidden = false;
  const { brightness, time, zero, period, modulus, ebv } = form.elements;
  if (modulus.value === "" && data.distance_modulus != null) modulus.value = data.distance_modulus.toFixed(2);
  if (ebv.value === "" && data.ebv != null) ebv.value = data.ebv;
  if (data.distance_from) form.querySelector("[data-distance-from]").textContent = `from ${data.distance_from}`;
  zero.value = String(view.zero);
  const read = () => {
    Object.assign(view, { y: brightness.value, x: time.value, period: Number.parseFloat(period.value), modulus: modulus.value === "" ? NaN : Number(modulus.value), ebv: Number(ebv.value) || 0 });
    const given = readTime(zero.value);
    zero.setCustomValidity(Number.isFinite(given) ? "" : "Give an MJD, a JD, or a date such as 2024-03-01 12:00 (UTC).");
    if (Number.isFinite(given)) view.zero = given;
    form.querySelectorAll("[data-for]").forEach((part) => { part.hidden = !part.dataset.for.split(" ").some((word) => word === view.y || word === view.x); });
    changed();
    plot.again();
  };
  form.addEventListener("change", read);
  form.addEventListener("submit", (event) => { event.preventDefault(); read(); });
  const select = form.querySelector("[data-plot-select]");
  select.addEventListener("click", () => {
    view.select = !view.select;
    select.setAttribute("aria-pressed", String(view.select));
    plot.again();
  });
  form.querySelectorAll("[data-for]").forEach((part) => { part.hidden = true; });
}

eachFigure("data-light-curve", show);
