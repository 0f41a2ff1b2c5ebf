/* A plot as a file. `paint` draws axes, marks and legend with any pen: a canvas' context for PNG, `SvgPen` for SVG. */

/* As much of CanvasRenderingContext2D as plots use, written down as SVG. */
class SvgPen {
  constructor() {
    Object.assign(this, { parts: [], path: "", stack: [], clips: 0, strokeStyle: "#000", fillStyle: "#000", lineWidth: 1, font: "12px sans-serif",
      textAlign: "start", textBaseline: "alphabetic", globalAlpha: 1, dash: [], turn: "" });
  }
  save() { this.stack.push([this.strokeStyle, this.fillStyle, this.lineWidth, this.font, this.textAlign, this.textBaseline, this.globalAlpha, this.dash, this.turn, this.clips]); }
  restore() {
    let clips;
    [this.strokeStyle, this.fillStyle, this.lineWidth, this.font, this.textAlign, this.textBaseline, this.globalAlpha, this.dash, this.turn, clips] = this.stack.pop();
    for (; this.clips > clips; this.clips--) this.parts.push("</g>");
  }
  beginPath() { this.path = ""; }
  moveTo(x, y) { this.path += `M${at(x)} ${at(y)}`; }
  lineTo(x, y) { this.path += `L${at(x)} ${at(y)}`; }
  closePath() { this.path += "Z"; }
  rect(x, y, w, h) { this.path += `M${at(x)} ${at(y)}h${at(w)}v${at(h)}h${at(-w)}Z`; }
  arc(x, y, r) { this.path += `M${at(x - r)} ${at(y)}a${at(r)} ${at(r)} 0 1 0 ${at(2 * r)} 0a${at(r)} ${at(r)} 0 1 0 ${at(-2 * r)} 0`; }
  setLineDash(dash) { this.dash = dash; }
  translate(x, y) { this.turn += `translate(${at(x)} ${at(y)})`; }
  rotate(angle) { this.turn += `rotate(${at(angle * 180 / Math.PI)})`; }
  clip() {
    const id = `clip${this.parts.length}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    this.clips++;
  }
  add(d, paint) { if (d) this.parts.push(`<path d="${d}" ${paint}${this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : ""}/>`); }
  stroke() { this.add(this.path, `fill="none" stroke="${escaped(this.strokeStyle)}" stroke-width="${at(this.lineWidth)}"${this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : ""}`); }
  fill() { this.add(this.path, `fill="${escaped(this.fillStyle)}"`); }
  fillRect(x, y, w, h) { this.add(`M${at(x)} ${at(y)}h${at(w)}v${at(h)}h${at(-w)}Z`, `fill="${escaped(this.fillStyle)}"`); }
  fillText(text, x, y) {
    const anchor = { center: "middle", right: "end", end: "end" }[this.textAlign] ?? "start";
    const base = { middle: "central", top: "hanging" }[this.textBaseline] ?? "auto";
    const [, weight = "400", size] = this.font.match(/^(?:(\d+) )?([\d.]+)px/) ?? [null, "400", "12"];
    this.parts.push(`<text x="${at(x)}" y="${at(y)}" font-size="${size}" font-weight="${weight}" fill="${escaped(this.fillStyle)}" text-anchor="${anchor}" dominant-baseline="${base}"${this.turn ? ` transform="${this.turn}"` : ""}>${escaped(text)}</text>`);
  }
  measureText(text) { return { width: text.length * 0.55 * Number.parseFloat(this.font.match(/([\d.]+)px/)?.[1] ?? 12) }; }
  text(width, height, ratio) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${at(width / ratio)}" height="${at(height / ratio)}" viewBox="0 0 ${at(width)} ${at(height)}" font-family="system-ui, sans-serif">${this.parts.join("")}</svg>`;
  }
}

const at = (value) => String(Math.round(value * 100) / 100);
const escaped = (text) => String(text).replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one]);
const LINE = 20;

function legendRows(pen, shown, room, ratio) {
  pen.font = `${12 * ratio}px system-ui, sans-serif`;
  const rows = [[]];
  let x = 0;
  for (const series of shown) {
    const wide = pen.measureText(series.label).width + 34 * ratio;
    if (rows.at(-1).length && x + wide > room) { rows.push([]); x = 0; }
    rows.at(-1).push({ series, x });
    x += wide;
  }
  return rows;
}

function paintAxes(pen, plot, plan, look, ratio) {
  const { left, top, width, height } = plot.bbox;
  for (const axis of plot.axes) {
    if (!axis.show || !axis._splits) continue;
    const flat = axis.side % 2 === 0;
    const edge = { 0: top, 1: left + width, 2: top + height, 3: left }[axis.side];
    const away = axis.side === 0 || axis.side === 3 ? -1 : 1;
    pen.font = `${12 * ratio}px system-ui, sans-serif`;
    axis._splits.forEach((split, k) => {
      const text = axis._values?.[k];
      if (split == null) return;
      const place = plot.valToPos(split, axis.scale, true);
      if (axis.grid?.show) {
        pen.strokeStyle = look.grid; pen.lineWidth = ratio;
        pen.beginPath();
        if (flat) { pen.moveTo(place, top); pen.lineTo(place, top + height); } else { pen.moveTo(left, place); pen.lineTo(left + width, place); }
        pen.stroke();
      }
      if (text == null || text === "") return;
      pen.fillStyle = look.axis;
      pen.textAlign = flat ? "center" : away < 0 ? "right" : "left";
      pen.textBaseline = flat ? (away < 0 ? "alphabetic" : "top") : "middle";
      String(text).split("\n").forEach((line, n) => pen.fillText(line, flat ? place : edge + away * 9 * ratio, flat ? edge + away * (9 + n * 13) * ratio : place));
    });
    if (!axis.label) continue;
    pen.save();
    pen.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    pen.fillStyle = look.axis;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const reach = (axis._size + 8) * ratio;
    pen.translate(flat ? left + width / 2 : edge + away * reach, flat ? edge + away * reach : top + height / 2);
    if (!flat) pen.rotate(away * Math.PI / 2);
    pen.fillText(axis.label, 0, 0);
    pen.restore();
  }
}

function paintLines(pen, plot, plan, ratio) {
  pen.save();
  pen.beginPath();
  pen.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  pen.clip();
  const [xs, ...columns] = plan.data;
  plan.series.forEach((series, s) => {
    if (!plot.series[s + 1].show) return;
    pen.strokeStyle = series.colour;
    pen.lineWidth = (series.width ?? 2) * ratio;
    pen.setLineDash((series.dash ?? []).map((one) => one * ratio));
    pen.beginPath();
    let down = false;
    for (let k = 0; k < xs.length; k++) {
      const y = columns[s][k];
      if (y == null || xs[k] < plot.scales.x.min || xs[k] > plot.scales.x.max) { if (y === null && !series.spanGaps) down = false; continue; }
      const place = [plot.valToPos(xs[k], "x", true), plot.valToPos(y, series.scale ?? "y", true)];
      if (down) pen.lineTo(...place); else pen.moveTo(...place);
      down = true;
    }
    pen.stroke();
  });
  pen.setLineDash([]);
  pen.restore();
}

function paint(pen, plot, plan, look, ratio, mark) {
  const width = plot.width * ratio, height = plot.height * ratio;
  const shown = plan.series.filter((_, s) => plot.series[s + 1].show);
  const rows = legendRows(pen, shown, width - 32 * ratio, ratio);
  const whole = height + (rows.length * LINE + 12) * ratio;
  pen.fillStyle = look.ground;
  pen.fillRect(0, 0, width, whole);
  paintAxes(pen, plot, plan, look, ratio);
  plan.behind?.(plot, pen);
  if (plan.draw) plan.draw(plot, pen); else paintLines(pen, plot, plan, ratio);
  plan.front?.(plot, pen);
  pen.strokeStyle = look.axis; pen.lineWidth = ratio;
  pen.beginPath(); pen.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height); pen.stroke();
  rows.forEach((row, line) => row.forEach(({ series, x }) => {
    const middle = height + (line + 0.5) * LINE * ratio;
    mark(pen, series, (16 * ratio) + x + 8 * ratio, middle, ratio);
    pen.fillStyle = look.axis; pen.textAlign = "left"; pen.textBaseline = "middle"; pen.font = `${12 * ratio}px system-ui, sans-serif`;
    pen.fillText(series.label, 16 * ratio + x + 20 * ratio, middle);
  }));
  return [width, whole];
}

function offer(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/* A cell that a spreadsheet would take for a formula gets an apostrophe; numbers stay. */
const cell = (value) => {
  if (value == null || (typeof value === "number" && !Number.isFinite(value))) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
export const csv = (rows) => rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
export const saveText = (text, name, type = "text/csv") => offer(new Blob([text], { type }), name);

function rowsOf(plot, plan) {
  const shown = plan.series.map((one, s) => [one, s]).filter(([, s]) => plot.series[s + 1].show);
  const { min, max } = plot.scales.x, seen = [...plan.data[0].keys()].filter((k) => plan.data[0][k] >= min && plan.data[0][k] <= max);
  return [[plan.x.label, ...shown.map(([one]) => one.label)], ...seen.map((k) => [plan.data[0][k], ...shown.map(([, s]) => plan.data[s + 1][k])])];
}

/* Save what is drawn as `kind`: csv, png or svg. */
export async function save(kind, plot, plan, look, mark) {
  const name = `${plan.save}.${kind}`;
  if (kind === "csv") { saveText(csv(plan.table ? plan.table(plot) : rowsOf(plot, plan)), name); return; }
  const ratio = devicePixelRatio || 1;
  const pen = new SvgPen();
  const [width, height] = paint(pen, plot, plan, look, ratio, mark);
  if (kind === "svg") { saveText(pen.text(width, height, ratio), name, "image/svg+xml"); return; }
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(width), height: Math.round(height) });
  paint(canvas.getContext("2d"), plot, plan, look, ratio, mark);
  offer(await new Promise((done) => canvas.toBlob(done, "image/png")), name);
}
