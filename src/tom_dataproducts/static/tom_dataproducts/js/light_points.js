/* The points of a light curve in the units of a view: pure functions over columns of numbers. */
import { column } from "../../tom_common/js/plot.js";

const POGSON = 2.5 / Math.LN10;
const COLUMNS = ["mjd", "y", "error", "is_limit", "id", "from"];

/* The series of an answer, its packed columns unpacked. */
export const unpacked = (series) => series.map((one) => ({ ...one, ...Object.fromEntries(COLUMNS.map((name) => [name, column(one[name])])) }));

/* How the brightness of a series is turned into what the view shows: {kind, turn(y, error) -> [y, error]}; null where that cannot be. */
export function brightness(one, view) {
  const isMag = one.kind === "mag";
  const magnitude = isMag ? (y, e) => [y, e] : (y, e) => { const f = y * one.to_ujy; return f > 0 ? [23.9 - 2.5 * Math.log10(f), POGSON * e / y] : [NaN, NaN]; };
  if (view.y === "reported") return { kind: one.kind, turn: (y, e) => [y, e] };
  if (view.y === "flux") {
    if (isMag && one.zero_point == null || !isMag && one.to_ujy == null) return null;
    return { kind: "flux", turn: isMag ? (y, e) => { const f = 10 ** (0.4 * (one.zero_point - y)); return [f, f * e / POGSON]; } : (y, e) => [y * one.to_ujy, e * one.to_ujy] };
  }
  if (!isMag && one.to_ujy == null) return null;
  if (view.y === "mag") return { kind: "mag", turn: magnitude };
  if (!Number.isFinite(view.modulus) || view.ebv && one.extinction == null) return null;
  const shift = view.modulus + (view.ebv ? view.ebv * one.extinction : 0);
  return { kind: "mag", turn: (y, e) => { const [m, me] = magnitude(y, e); return [m - shift, me]; } };
}

export const phaseOf = (mjd, view) => { const turn = (mjd - view.zero) / view.period; return turn - Math.floor(turn); };
const timeOf = { mjd: (t) => t, date: (t) => t, days: (t, view) => t - view.zero, phase: phaseOf };

/* One series as drawn, in order of x: columns x, y, error and k (place in the answer); and how many points have no value in this view.
   A folded light curve is drawn twice, from phase 0 to 2. */
export function points(one, view) {
  const way = brightness(one, view);
  if (!way) return { kind: null, x: [], y: [], error: [], k: [], lost: one.mjd.length };
  const when = timeOf[view.x];
  let rows = [];
  for (let k = 0; k < one.mjd.length; k++) {
    const [y, error] = way.turn(one.y[k], one.error[k] ?? NaN);
    if (Number.isFinite(y)) rows.push([when(one.mjd[k], view), y, error, k]);
  }
  const lost = one.mjd.length - rows.length;
  if (view.x === "phase") rows = [...rows, ...rows.map(([x, ...rest]) => [x + 1, ...rest])].sort((a, b) => a[0] - b[0]);
  const take = (n) => Float64Array.from(rows, (row) => row[n]);
  return { kind: way.kind, x: take(0), y: take(1), error: take(2), k: Int32Array.from(rows, (row) => row[3]), lost };
}

export function firstAtOrAfter(values, wanted) {
  let low = 0, high = values.length;
  while (low < high) { const middle = (low + high) >> 1; if (values[middle] < wanted) low = middle + 1; else high = middle; }
  return low;
}

/* The reach of y, errors included, of the points from `low` to `high` of x. */
export function reach(drawn, kind, shown, low, high) {
  let least = Infinity, most = -Infinity;
  drawn.forEach((one, s) => {
    if (one.kind !== kind || !shown(s)) return;
    for (let n = firstAtOrAfter(one.x, low); n < one.x.length && one.x[n] <= high; n++) {
      const error = one.error[n] > 0 && !one.limit(n) ? one.error[n] : 0;
      least = Math.min(least, one.y[n] - error);
      most = Math.max(most, one.y[n] + error);
    }
  });
  if (!Number.isFinite(least)) return [0, 1];
  const pad = (most - least) * 0.06 || Math.abs(most) * 0.05 || 0.5;
  return [least - pad, most + pad];
}
