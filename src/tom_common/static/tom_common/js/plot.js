/* The plot kit: what every plot of the site shares. Colours come from the theme and follow it, time axes are UTC of 24 hours,
   the legend is a row of buttons, a tip tells the value under the pointer, and the numbers can be had as text. Drag zooms, shift and drag pans,
   ctrl and wheel zooms about the pointer, arrows, +, - and 0 do the same from the keyboard. Fingers drag to pan, pinch to zoom, tap to read. */
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { save } from "./plot_save.js";

const root = document.documentElement;
const SYMBOLS = ["circle", "square", "diamond", "triangle", "cross", "pentagon"];
const TIME_TICKS = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
];

export const token = (name, fallback = "") => getComputedStyle(root).getPropertyValue(name).trim() || fallback;
export const lineColour = (index) => token(`--plot-${(index % 6) + 1}`, "#0072b2");
export const symbolOf = (index) => SYMBOLS[index % SYMBOLS.length];

/* A column of numbers as the server packs it (base64 of little-endian float64 or uint8), or as a plain list. */
export function column(packed) {
  if (Array.isArray(packed)) return packed;
  const bytes = Uint8Array.from(atob(packed.base64), (letter) => letter.charCodeAt(0));
  return packed.type === "uint8" ? bytes : new Float64Array(bytes.buffer);
}
export const mjdToDate = (mjd) => new Date((mjd - 40587) * 86400000);
export const utc = (date, seconds = true) => date.toISOString().slice(0, seconds ? 19 : 16).replace("T", " ");

/* The colour of a band: "ZTF:r" and "r" are the same r on every plot. */
export function bandColour(name, fallback, index = 0) {
  const known = token(`--band-${CSS.escape(name.split(":").pop())}`);
  return known || (root.dataset.bsTheme === "light" ? fallback : "") || lineColour(index);
}

export function trace(context, symbol, x, y, size) {
  const corner = { square: [4, 0.25, 1.15], diamond: [4, 0, 1.35], triangle: [3, -0.25, 1.4], pentagon: [5, -0.25, 1.2] }[symbol];
  if (symbol === "cross") {
    context.moveTo(x - size, y - size); context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size); context.lineTo(x + size, y - size);
  } else if (corner) {
    const [count, turn, scale] = corner;
    for (let k = 0; k < count; k++) {
      const angle = 2 * Math.PI * (k / count) + turn * Math.PI * (turn < 0 ? 2 : 1);
      const at = [x + scale * size * Math.cos(angle), y + scale * size * Math.sin(angle)];
      if (k) context.lineTo(...at); else context.moveTo(...at);
    }
    context.closePath();
  } else {
    context.moveTo(x + size, y);
    context.arc(x, y, size, 0, 2 * Math.PI);
  }
}

function axes(plan) {
  const line = { stroke: token("--plot-grid", "#ddd"), width: 1 };
  return plan.map((one) => ({ font: "12px system-ui, sans-serif", labelFont: "600 12px system-ui, sans-serif", labelGap: 2, labelSize: 20, ...one,
    stroke: token("--plot-axis", "#444"), grid: { ...line, show: one.grid !== false }, ticks: { ...line, size: 5 } }));
}

/* An axis of numbers of any size: by itself uPlot has no tick at steps below 1e-16, and fluxes of spectra are that small. */
export const anySize = {
  space: 40,
  incrs: (_, __, low, high) => [Math.max(5, high - low)],
  splits: (plot, axis, low, high) => {
    const length = plot.bbox[plot.axes[axis].side % 2 ? "height" : "width"] / (devicePixelRatio || 1);
    const least = (high - low) / Math.max(2, Math.floor((length || 300) / anySize.space));
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5].map((one) => one * power).find((one) => one >= least) ?? 10 * power;
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, k) => (first + k) * step);
  },
  values: (_, ticks) => {
    const most = Math.max(...ticks.map(Math.abs)), step = ticks[1] - ticks[0] || most;
    const place = (size) => Math.floor(Math.log10(size) + 1e-9);
    if (most >= 1e-3 && most < 1e5) return ticks.map((tick) => tick.toFixed(Math.max(0, -place(step))));
    return ticks.map((tick) => (tick === 0 ? "0" : tick.toExponential(Math.max(0, place(most) - place(step)))));
  },
};

function swatch(series) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28, className: "plot-swatch" });
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.strokeStyle = context.fillStyle = series.colour;
  context.lineWidth = 4;
  context.setLineDash(series.dash ?? []);
  context.beginPath();
  if (series.symbol) trace(context, series.symbol, 14, 14, 8); else { context.moveTo(1, 14); context.lineTo(27, 14); }
  if (!series.symbol || series.symbol === "cross") context.stroke(); else context.fill();
  return canvas;
}

/* The swatch of the legend in a saved file. */
function mark(pen, series, x, y, ratio) {
  pen.strokeStyle = pen.fillStyle = series.colour;
  pen.lineWidth = 2 * ratio;
  pen.setLineDash(series.symbol ? [] : (series.dash ?? []).map((one) => one * ratio));
  pen.beginPath();
  if (series.symbol) trace(pen, series.symbol, x, y, 4 * ratio); else { pen.moveTo(x - 7 * ratio, y); pen.lineTo(x + 7 * ratio, y); }
  if (!series.symbol || series.symbol === "cross") pen.stroke(); else pen.fill();
  pen.setLineDash([]);
}

export function button(text, title, press, icon) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-outline-secondary", title });
  if (icon) {
    const picture = Object.assign(document.createElement("i"), { className: `bi bi-${icon}` });
    picture.setAttribute("aria-hidden", "true");
    made.append(picture);
    if (text) made.append(" ");
  }
  if (text) made.append(text); else made.setAttribute("aria-label", title);
  made.addEventListener("click", press);
  return made;
}

function legend(plan, hidden, toggle) {
  const list = Object.assign(document.createElement("div"), { className: "plot-legend" });
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Show or hide");
  plan.series.forEach((series, index) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plot-key" });
    button.append(swatch(series), series.label);
    button.setAttribute("aria-pressed", String(!hidden.has(series.label)));
    button.addEventListener("click", () => button.setAttribute("aria-pressed", String(toggle(index))));
    list.append(button);
  });
  if (plan.series.length > 3) {
    const all = (show) => list.querySelectorAll(".plot-key").forEach((key) => { if ((key.getAttribute("aria-pressed") === "true") !== show) key.click(); });
    list.append(button("All", "Show all series", () => all(true)), button("None", "Hide all series", () => all(false)));
  }
  return list;
}

/* Buttons for what drag and keyboard do, and for saving. */
function tools(plan, plot) {
  const bar = Object.assign(document.createElement("div"), { className: "plot-tools" });
  const group = (label, ...buttons) => {
    const box = Object.assign(document.createElement("div"), { className: "btn-group btn-group-sm" });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", label);
    box.append(...buttons);
    bar.append(box);
  };
  const look = () => ({ ground: token("--plot-bg", "#fff"), grid: token("--plot-grid", "#ddd"), axis: token("--plot-axis", "#444") });
  group("Zoom",
    button("", "Earlier or shorter", () => move(plot(), -0.25), "arrow-left"),
    button("", "Zoom in", () => zoom(plot(), 0.5), "zoom-in"),
    button("", "Zoom out", () => zoom(plot(), 2), "zoom-out"),
    button("", "Later or longer", () => move(plot(), 0.25), "arrow-right"),
    button("All", "Show all", () => zoomOut(plot())));
  group("Save what is drawn", ...["csv", "png", "svg"].map((kind) => button(kind.toUpperCase(), `Save as ${kind.toUpperCase()}`, () => save(kind, plot(), plan, look(), mark))));
  return bar;
}

const setRange = (plot, min, max) => plot.setScale("x", { min, max });
/* Ranges are scaled and moved as they are drawn: a logarithmic one in its logarithm. */
function changeRange(plot, change) {
  const [to, from] = plot.scales.x.distr === 3 ? [Math.log, Math.exp] : [(x) => x, (x) => x];
  setRange(plot, ...change(to(plot.scales.x.min), to(plot.scales.x.max), to).map(from));
}
const zoom = (plot, part, about) => changeRange(plot, (min, max, to) => {
  const centre = about == null ? (min + max) / 2 : to(about);
  return [centre - (centre - min) * part, centre + (max - centre) * part];
});
const move = (plot, part) => changeRange(plot, (min, max) => [min + part * (max - min), max + part * (max - min)]);
function zoomOut(plot) {
  const xs = plot.data[0];
  setRange(plot, ...(plot.scales.x.range ? plot.scales.x.range(plot, xs[0], xs[xs.length - 1], "x") : [xs[0], xs[xs.length - 1]]));
}

function pan(plot, start) {
  const width = plot.over.clientWidth;
  let last = start.clientX;
  const follow = (event) => { move(plot, (last - event.clientX) / width); last = event.clientX; };
  const stop = () => { removeEventListener("mousemove", follow); removeEventListener("mouseup", stop); };
  addEventListener("mousemove", follow);
  addEventListener("mouseup", stop);
}

/* What a hand can do here, in words: fingers where they are what one points with. */
export const coarse = () => matchMedia("(pointer: coarse)").matches;
export const gestures = () => (coarse() ? "Drag to move, pinch to zoom, tap a point to read it, double-tap to see all." : "Drag to zoom, double-click to see all.");

/* Fingers: one moves what is drawn (or draws the box, while `plan.box` is there), two zoom about their middle, one that stays reads, a tap is a click
   too. The page scrolls when they go up or down. */
function fingers(plot, plan) {
  const { over } = plot, down = new Map();
  over.style.touchAction = plan.box ? "none" : "pan-y";
  const at = (event) => { const box = over.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const held = () => {
    const [[x, y], second] = down.values();
    return second ? { middle: (x + second[0]) / 2, apart: Math.max(20, Math.hypot(x - second[0], y - second[1])) } : { middle: x, apart: 1 };
  };
  let start = null;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || down.size === 2) return;
    down.set(event.pointerId, at(event));
    start = down.size === 1 ? at(event) : null;
  });
  over.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    const before = held(), place = at(event);
    down.set(event.pointerId, place);
    if (plan.box && down.size === 1) {
      if (start) plot.setSelect({ left: Math.min(start[0], place[0]), top: Math.min(start[1], place[1]), width: Math.abs(place[0] - start[0]), height: Math.abs(place[1] - start[1]) }, false);
      return;
    }
    const after = held(), width = over.clientWidth;
    plot.setCursor({ left: -10, top: -10 });
    changeRange(plot, (min, max) => {
      const span = (max - min) * (before.apart / after.apart), least = min + (max - min) * (before.middle / width) - span * (after.middle / width);
      return [least, least + span];
    });
  });
  const lift = (event) => {
    if (!down.delete(event.pointerId) || !start) return;
    const [x, y] = at(event), [left, top] = start;
    start = null;
    if (event.type !== "pointerup") return;
    if (Math.hypot(x - left, y - top) < 8) { plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false); plot.setCursor({ left: x, top: y }); }
    else if (plan.box) plot.setSelect({ ...plot.select });
  };
  over.addEventListener("pointerup", lift);
  over.addEventListener("pointercancel", lift);
}

/* Keys and wheel of the figure: once for an area, whatever is drawn in it. */
function listenTo(area, plot) {
  area.tabIndex = 0;
  area.addEventListener("keydown", (event) => {
    const act = { ArrowLeft: () => move(plot(), -0.1), ArrowRight: () => move(plot(), 0.1), "+": () => zoom(plot(), 0.5), "=": () => zoom(plot(), 0.5), "-": () => zoom(plot(), 2), 0: () => zoomOut(plot()) }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target !== area) return;
    event.preventDefault();
    act();
  });
  area.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(plot(), event.deltaY > 0 ? 1.25 : 0.8, plot().posToVal(event.clientX - plot().over.getBoundingClientRect().left, "x"));
  }, { passive: false });
}

/* The numbers of a plot as a table, made when somebody opens it. */
function numbers(plan) {
  const box = Object.assign(document.createElement("details"), { className: "plot-numbers" });
  box.append(Object.assign(document.createElement("summary"), { textContent: "Numbers" }));
  box.addEventListener("toggle", () => {
    if (!box.open || box.querySelector("table")) return;
    const table = Object.assign(document.createElement("table"), { className: "table table-sm tom-table" });
    const head = table.createTHead().insertRow();
    for (const text of [plan.x.label, ...plan.series.map((one) => one.label)]) head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: text }));
    const body = table.createTBody();
    plan.data[0].forEach((x, k) => {
      const row = body.insertRow();
      row.insertCell().textContent = plan.x.format(x);
      plan.series.forEach((one, s) => { row.insertCell().textContent = plan.data[s + 1][k] == null ? "–" : one.format(plan.data[s + 1][k]); });
    });
    const scroll = Object.assign(document.createElement("div"), { className: "table-scroll", tabIndex: 0 });
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", "Numbers of the plot");
    scroll.append(table);
    box.append(scroll);
  });
  return box;
}

function lineUnderPointer(plot, plan) {
  const k = plot.cursor.idx;
  if (k == null) return null;
  const lines = [plan.x.format(plan.data[0][k])];
  let top = null;
  plan.series.forEach((one, s) => {
    const value = plan.data[s + 1][k];
    if (value == null || !plot.series[s + 1].show) return;
    lines.push(`${one.label}: ${one.format(value)}`);
    top ??= plot.valToPos(value, one.scale ?? "y");
  });
  return lines.length > 1 ? { x: plot.valToPos(plan.data[0][k], "x"), y: top, lines } : null;
}

function pointer(plan) {
  const tip = Object.assign(document.createElement("div"), { className: "plot-tip", hidden: true });
  const ring = Object.assign(document.createElement("div"), { className: "plot-ring", hidden: true });
  return {
    hooks: {
      init: [(plot) => plot.over.append(ring, tip)],
      setCursor: [(plot) => {
        const { left, top } = plot.cursor;
        const found = left >= 0 ? (plan.under ?? lineUnderPointer)(plot, plan, left, top) : null;
        tip.hidden = !found;
        ring.hidden = !found || !plan.under;
        if (!found) return;
        tip.replaceChildren(...found.lines.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
        const width = plot.over.clientWidth;
        tip.style.left = `${Math.max(0, Math.min(found.x > width / 2 ? found.x - tip.offsetWidth - 14 : found.x + 14, width - tip.offsetWidth))}px`;
        tip.style.top = `${Math.max(2, Math.min(found.y - tip.offsetHeight / 2, plot.over.clientHeight - tip.offsetHeight - 2))}px`;
        ring.style.left = `${found.x}px`;
        ring.style.top = `${found.y}px`;
      }],
    },
  };
}

const live = new Set();

/* Draw into `area`. `make()` is asked again whenever the theme changes and answers a plan:
   {x: {time, label, format}, scales, axes, series: [{label, colour, scale, symbol, dash, width, format}], data, draw?, behind?, front?, under?,
   numbers?, save?, table?, zoomed?, box?, click?, key?}. `draw(plot, pen)` puts the marks, `behind` and `front` what lies under and over them; `save` is
   the name of saved files; `zoomed(min, max)` hears of a new range; while `box` is there, a drag calls box({x: [a, b], y: top and bottom in px}) and
   does not zoom; `click(plot, left, top, by a finger)`; a zoom survives a new drawing as long as `key` is the same. The answer is a function that
   gives the uPlot, with `.again()` to draw anew. */
export function draw(area, make, { height = 320 } = {}) {
  const hidden = new Set();
  let plot, extras = [], drawn;
  const size = () => ({ width: Math.max(240, Math.floor(area.clientWidth)), height: area.clientWidth < 480 ? Math.round(height * 0.8) : height });
  const build = () => {
    const zoom = plot && { min: plot.scales.x.min, max: plot.scales.x.max };
    const plan = make();
    const kept = drawn && drawn.key === plan.key;
    drawn = plan;
    plot?.destroy();
    extras.forEach((one) => one.remove());
    const seen = pointer(plan);
    plot = new uPlot({
      ...size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { drag: { x: true, y: Boolean(plan.box), setScale: !plan.box }, y: false, points: { show: !plan.under },
        bind: { mousedown: (u, _, handle) => (event) => { if (event.button === 0 && event.shiftKey) pan(u, event); else handle(event); } } },
      padding: [10, 30, null, null],
      scales: { x: { time: Boolean(plan.x.time), ...plan.x.scale }, ...plan.scales },
      axes: axes(plan.axes.map((one, k) => (plan.x.time && k === 0 ? { values: TIME_TICKS, space: 70, ...one } : one))),
      series: [{}, ...plan.series.map((one) => ({ label: one.label, scale: one.scale ?? "y", stroke: one.colour, width: one.width ?? 2, dash: one.dash,
        spanGaps: Boolean(one.spanGaps), show: !hidden.has(one.label), ...(plan.draw ? { paths: () => null, points: { show: false } } : { points: { show: plan.data[0].length < 2 } }) }))],
      hooks: { ...seen.hooks,
        drawClear: plan.behind ? [(u) => plan.behind(u, u.ctx)] : [],
        draw: [plan.draw, plan.front].filter(Boolean).map((one) => (u) => one(u, u.ctx)),
        setScale: plan.zoomed ? [(u, scale) => { if (scale === "x") plan.zoomed(u.scales.x.min, u.scales.x.max); }] : [],
        setSelect: plan.box ? [(u) => {
          const { left, top, width, height } = u.select;
          if (width < 2 && height < 2) return;
          plan.box({ x: [u.posToVal(left, "x"), u.posToVal(left + width, "x")], y: [top, top + height] });
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }] : [],
      },
    }, plan.data, area);
    fingers(plot, plan);
    if (plan.click) plot.over.addEventListener("click", (event) => plan.click(plot, event.offsetX, event.offsetY, event.pointerType === "touch"));
    if (kept && zoom && zoom.min != null) plot.setScale("x", zoom);
    extras = [legend(plan, hidden, (index) => {
      const { label } = plan.series[index];
      const show = hidden.has(label);
      if (show) hidden.delete(label); else hidden.add(label);
      plot.setSeries(index + 1, { show });
      return show;
    })];
    if (plan.save) extras.push(tools(plan, () => plot));
    if (plan.numbers) extras.push(numbers(plan));
    area.after(...extras);
    (area.closest("figure") ?? area).dataset.state = "drawn";
  };
  build();
  listenTo(area, () => plot);
  const watcher = new ResizeObserver(() => {
    if (area.clientWidth > 0 && size().width !== plot.width) plot.setSize(size());
  });
  watcher.observe(area);
  live.add({ area, build, stop: () => { watcher.disconnect(); plot.destroy(); } });
  return Object.assign(() => plot, { again: build });
}

new MutationObserver(() => {
  for (const one of live) {
    if (one.area.isConnected) one.build();
    else { one.stop(); live.delete(one); }
  }
}).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });

/* Call `start(element)` once for every element that matches, when it is first seen: now, and in parts of the page that load later. */
export function eachWhenSeen(selector, start) {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      start(entry.target);
    }
  }, { rootMargin: "200px" });
  const look = (scope) => {
    for (const element of scope.querySelectorAll(selector)) {
      if (element.dataset.plotReady) continue;
      element.dataset.plotReady = "yes";
      seen.observe(element);
    }
  };
  look(document);
  document.addEventListener("htmx:load", (event) => look(event.detail?.elt?.parentElement ?? document));
}

/* Figures `<figure data-…="url"><div class="plot-area">…<figcaption>`: load the columns, draw, say in the caption what there is. */
export function eachFigure(attribute, show) {
  eachWhenSeen(`[${attribute}]`, async (figure) => {
    const note = figure.querySelector("[data-plot-note]");
    try {
      const answer = await fetch(figure.getAttribute(attribute), { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      note.textContent = show(figure.querySelector(".plot-area"), await answer.json());
    } catch (error) {
      note.textContent = `The plot could not be loaded (${error.message}). Load the page again; the numbers can be downloaded all the same.`;
    }
  });
}
