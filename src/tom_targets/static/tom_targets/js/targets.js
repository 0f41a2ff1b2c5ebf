// Plots and finder of a target's page. Data come as JSON beside the element; nothing is drawn before it is seen.
import { draw, eachWhenSeen, lineColour, token, utc } from "../../tom_common/js/plot.js";

const DASHES = [undefined, [8, 4], [2, 3], [8, 3, 2, 3]];
const degrees = (value) => `${value.toFixed(1)}°`;
const decimals = (value) => value.toFixed(2);

// Altitudes at which Pickering's airmass has these values.
const AIRMASS = [[90, "1"], [56.4, "1.2"], [41.8, "1.5"], [29.9, "2"], [19.3, "3"]];
// Day and the twilights behind the curves; the darker the sky, the fainter the band.
const BANDS = [[-0.83, 0.3], [-6, 0.2], [-12, 0.12], [-18, 0.06]];

function twilight(plot, sun) {
  const { ctx, bbox } = plot;
  const times = plot.data[0];
  ctx.save();
  ctx.fillStyle = token("--plot-axis", "#888");
  for (let k = 0; k + 1 < times.length; k++) {
    const band = BANDS.find(([limit]) => sun[k] > limit);
    if (!band) continue;
    const from = Math.max(bbox.left, plot.valToPos(times[k], "x", true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(times[k + 1], "x", true));
    if (to <= from) continue;
    ctx.globalAlpha = band[1];
    ctx.fillRect(Math.floor(from), bbox.top, Math.ceil(to) - Math.floor(from), bbox.height);
  }
  ctx.restore();
}

const SHAPES = {
  night: ({ sites: [site] }) => ({
    columns: [site.altitude, site.moon],
    names: ["Target", "Moon"],
    dashes: [undefined, [2, 4]],
    label: "Altitude (deg)",
    scale: { range: [0, 90] },
    format: degrees,
    airmass: true,
    behind: (plot) => twilight(plot, site.sun),
  }),
  tonight: (data) => ({
    airmass: true,
    columns: data.sites.map((site) => site.altitude),
    names: data.sites.map((site) => site.site),
    label: "Altitude (deg)",
    scale: { range: [0, 90] },
    format: degrees,
  }),
  airmass: (data) => ({
    columns: data.sites.map((site) => site.airmass),
    names: data.sites.map((site) => site.site),
    label: "Airmass",
    scale: { range: [1, 3], dir: -1 },
    format: decimals,
  }),
  moon: (data) => ({
    columns: [data.separation, data.illumination.map((x) => (x === null ? null : x * 100))],
    names: ["Distance (deg)", "Lit (%)"],
    label: "Degrees, percent",
    scale: { range: [0, 180] },
    format: (value) => value.toFixed(1),
  }),
};

function show(area) {
  const data = JSON.parse(document.getElementById(area.dataset.source).textContent);
  const shape = SHAPES[area.dataset.plot](data);
  draw(area, () => ({
    x: { time: true, label: "Time (UTC)", format: (seconds) => `${utc(new Date(seconds * 1000), false)} UTC` },
    scales: { y: shape.scale },
    axes: [
      { label: "UTC", size: 44 },
      { label: shape.label, size: 50 },
      ...(shape.airmass ? [{ label: "Airmass", size: 46, side: 1, scale: "y", grid: false, splits: () => AIRMASS.map(([at]) => at), values: () => AIRMASS.map(([, name]) => name) }] : []),
    ],
    series: shape.names.map((label, k) => ({ label, colour: lineColour(k), dash: shape.dashes?.[k] ?? DASHES[Math.floor(k / 6) % DASHES.length], format: shape.format })),
    behind: shape.behind,
    data: [data.time, ...shape.columns],
    numbers: true,
  }), { height: 280 });
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
}

async function loadSky(finder) {
  const note = finder.querySelector("[data-finder-note]");
  const sky = finder.querySelector("[data-finder-sky]");
  const [server] = finder.dataset.hips.split(" ");
  try {
    const answer = await fetch(`${server}/DSS/DSSColor/properties`, { mode: "cors" });
    if (!answer.ok) throw new Error(String(answer.status));
    await loadScript(new URL("../../tom_common/vendor/aladin/aladin.js", import.meta.url));
    await window.A.init;
    sky.hidden = false;
    finder.querySelector("svg")?.setAttribute("hidden", "");
    window.A.aladin(sky, {
      survey: `${server}/DSS/DSSColor`,
      target: `${finder.dataset.ra} ${finder.dataset.dec}`,
      fov: Number(finder.dataset.field || 10) / 60,
      cooFrame: "ICRS",
      showReticle: true,
      log: false,
    });
    note.textContent = "Survey image: DSS colour.";
  } catch {
    note.textContent = "No sky image is available: the image server cannot be reached. The chart shows targets of this TOM.";
  }
}

eachWhenSeen("[data-plot][data-source]", (area) => { if (area.dataset.plot in SHAPES) show(area); });

function prepare(root) {
  for (const button of root.querySelectorAll?.("[data-finder-load]") ?? []) {
    if (button.dataset.ready) continue;
    button.dataset.ready = "1";
    button.addEventListener("click", () => loadSky(button.closest("[data-finder]")), { once: true });
  }
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? event.detail.elt));
document.addEventListener("shown.bs.tab", (event) => {
  const pane = document.querySelector(event.target.dataset.bsTarget);
  prepare(pane);
  const url = new URL(window.location);
  url.searchParams.set("tab", pane.id);
  window.history.replaceState(null, "", url);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches?.("[data-persistent-share]")) {
    document.body.dispatchEvent(new Event("persistent-share-changed"));
  }
});
