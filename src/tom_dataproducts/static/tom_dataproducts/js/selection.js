/* The points that somebody chose on a light curve: a table of where they came from, to copy and to save. */
import { button, mjdToDate, utc } from "../../tom_common/js/plot.js";
import { csv, saveText } from "../../tom_common/js/plot_save.js";

const HEAD = ["Time (UTC)", "MJD", "Series", "Value", "Error", "Unit", "Telescope", "Instrument", "Source", "Product", "Id"];
const MOST = 500;
const made = (tag, more = {}, ...inside) => { const element = Object.assign(document.createElement(tag), more); element.append(...inside); return element; };

export const rowOf = ({ one, k, origin }) => [
  utc(mjdToDate(one.mjd[k])), one.mjd[k], one.label, (one.is_limit[k] ? (one.kind === "mag" ? ">" : "<") : "") + one.y[k], Number.isFinite(one.error[k]) ? one.error[k] : "",
  one.unit || (one.kind === "mag" ? "mag" : ""), origin.telescope, origin.instrument, origin.source, origin.product_name, one.id[k],
];

/* Show `chosen` in `box`; `links` are addresses with 0 in place of a key: {product, datum}. */
export function showChosen(box, chosen, links, name, clear) {
  box.hidden = !chosen.length;
  if (!chosen.length) { box.replaceChildren(); return; }
  const rows = chosen.map(rowOf);
  const link = (address, key, text) => (address && key ? made("a", { href: address.replace(/\b0\b/, key), textContent: text }) : text);
  const body = made("tbody");
  chosen.slice(0, MOST).forEach(({ origin }, n) => {
    const cells = rows[n].slice();
    cells[1] = cells[1].toFixed(5);
    cells[3] = cells[3].replace(/[\d.eE+-]+$/, (value) => String(Number(Number(value).toPrecision(7))));
    if (typeof cells[4] === "number") cells[4] = String(Number(cells[4].toPrecision(3)));
    const line = made("tr", {}, ...cells.map((cell) => made("td", {}, cell === "" ? "–" : cell)));
    line.cells[9].replaceChildren(link(links.product, origin.product, origin.product_name || "–"));
    line.cells[10].replaceChildren(link(links.datum, cells[10], String(cells[10])));
    body.append(line);
  });
  const said = made("span", { textContent: `${chosen.length} point${chosen.length === 1 ? "" : "s"} selected${chosen.length > MOST ? `, the first ${MOST} listed` : ""}` });
  said.setAttribute("role", "status");
  const copy = button("Copy", "Copy the selected points", async () => {
    await navigator.clipboard.writeText([HEAD, ...rows].map((row) => row.join("\t")).join("\n"));
    said.textContent = "Copied, to be pasted into a table.";
  }, "copy");
  const scroll = made("div", { className: "table-scroll", tabIndex: 0 }, made("table", { className: "table table-sm" },
    made("thead", {}, made("tr", {}, ...HEAD.map((text) => made("th", { scope: "col", textContent: text })))), body));
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", "Selected points");
  box.replaceChildren(made("div", { className: "plot-tools" }, said, copy,
    button("CSV", "Save the selected points as CSV", () => saveText(csv([HEAD, ...rows]), `${name}-selected.csv`)), button("Clear", "Select nothing", clear)), scroll);
}
