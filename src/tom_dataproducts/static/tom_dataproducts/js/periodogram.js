/* The periodogram under a light curve: asked from the server when it is opened; a click folds. */
import { button, coarse, draw, gestures, lineColour, token } from "../../tom_common/js/plot.js";

const percent = (chance) => (chance >= 0.001 ? `${Number((100 * chance).toPrecision(2))} %` : chance > 0 ? chance.toExponential(1) : "0");
const made = (tag, more = {}, ...inside) => { const element = Object.assign(document.createElement(tag), more); element.append(...inside); return element; };
const period = (days) => String(Number(days.toPrecision(7)));

export function periods(figure, fold) {
  const box = figure.querySelector("[data-plot-periods]");
  if (!box) return;
  box.hidden = false;
  const form = box.querySelector("form"), area = box.querySelector(".plot-area"), note = box.querySelector("[data-plot-note]"), list = box.querySelector("[data-plot-peaks]");
  let found, plot;

  const nearestPeak = (u, left) => found.peaks.map((one) => [Math.abs(u.valToPos(one.period, "x") - left), one]).sort((a, b) => a[0] - b[0]).find(([away]) => away < 16)?.[1];
  function pick(u, left) {
    const peak = nearestPeak(u, left);
    if (peak) { fold(peak.period); return; }
    const at = u.posToVal(left, "x");
    let best = 0;
    found.period.forEach((one, k) => { if (Math.abs(u.valToPos(one, "x") - left) < 6 && (found.power[k] > found.power[best] || Math.abs(u.valToPos(found.period[best], "x") - left) >= 6)) best = k; });
    fold(Math.abs(u.valToPos(found.period[best], "x") - left) < 6 ? found.period[best] : at);
  }

  function levels(u, pen) {
    const ratio = devicePixelRatio || 1;
    pen.save();
    pen.strokeStyle = pen.fillStyle = token("--plot-axis", "#444");
    pen.lineWidth = ratio;
    pen.font = `${11 * ratio}px system-ui, sans-serif`;
    pen.textAlign = "right";
    pen.textBaseline = "alphabetic";
    let above = -Infinity, left = 0;
    for (const one of [...found.levels].sort((a, b) => b.power - a.power)) {
      if (one.power > u.scales.y.max) continue;
      const top = u.valToPos(one.power, "y", true);
      pen.setLineDash([4 * ratio, 4 * ratio]);
      pen.beginPath(); pen.moveTo(u.bbox.left, top); pen.lineTo(u.bbox.left + u.bbox.width, top); pen.stroke();
      pen.setLineDash([]);
      // levels that lie close have their words side by side, on a phone the numbers alone
      const words = `${u.bbox.width < 400 * ratio ? "" : "false alarm "}${percent(one.false_alarm_probability)}`;
      left = top - above < 13 * ratio ? left - pen.measureText(words).width - 12 * ratio : u.bbox.left + u.bbox.width - 4 * ratio;
      above = top;
      pen.fillText(words, left, top - 3 * ratio);
    }
    pen.restore();
  }

  function make() {
    const order = [...found.period.keys()].reverse();
    const highest = Math.max(...found.power, ...found.levels.map((one) => Math.min(one.power, 1)));
    return {
      x: { label: "Period (days)", format: (x) => `${period(x)} d`, scale: { distr: 3, range: (_, low, high) => [low, high] } },
      scales: { y: { range: () => [0, Math.min(1.05, highest * 1.12)] } },
      axes: [{ label: "Period (days)", size: 30, values: (_, ticks) => ticks.map((tick) => (tick == null ? null : String(Number(tick.toPrecision(3))))) }, { label: "Power", size: 50 }],
      series: [{ label: found.series, colour: lineColour(0), width: 1.2, format: (y) => y.toFixed(3) }],
      data: [order.map((k) => found.period[k]), order.map((k) => found.power[k])],
      front: levels,
      click: pick,
      save: `${figure.dataset.name || "target"}-periodogram`,
      key: found.series + found.shortest + found.longest,
    };
  }

  async function ask() {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    note.textContent = "Searching for periods…";
    try {
      const answer = await fetch(`${figure.dataset.periodogram}?${query}`, { credentials: "same-origin" });
      const data = await answer.json();
      if (!answer.ok) { note.textContent = data.detail ?? `The server answered ${answer.status}.`; return; }
      found = data;
    } catch (error) {
      note.textContent = `The periods could not be searched (${error.message}).`;
      return;
    }
    const { series } = form.elements;
    if (series.options.length <= 1) {
      series.replaceChildren(...found.choices.map((one) => made("option", { value: one.label, textContent: `${one.label} (${one.points})` })));
      if (found.choices.length > 1) series.append(made("option", { value: "all", textContent: "all, each about its mean" }));
      series.value = found.series;
    }
    area.hidden = false;
    if (plot) plot.again(); else plot = draw(area, make, { height: 260 });
    const some = found.points < found.points_in_all ? ` (a random choice of ${found.points_in_all})` : "";
    note.textContent = `${found.points} detections${some}, ${found.frequencies} frequencies, periods of ${Number(found.shortest.toPrecision(3))} to ${Number(found.longest.toPrecision(3))} days. A ${coarse() ? "tap" : "click"} on the plot folds. ${gestures()} The false-alarm levels suppose white, normal noise.`;
    list.replaceChildren(...found.peaks.map((one) => made("li", {}, button(`${period(one.period)} d`, "Fold with this period", () => fold(one.period)), ` power ${one.power.toFixed(3)}, false alarm ${percent(one.false_alarm_probability)} `, button("× 2", "Fold with twice this period", () => fold(2 * one.period)))));
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  form.elements.series.addEventListener("change", ask);
  box.addEventListener("toggle", () => { if (box.open && !found) ask(); });
}
