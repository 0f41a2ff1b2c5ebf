// Plots and finder of a target's page. Data come as JSON beside the element; nothing is drawn before it is seen.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
let uplot;

async function plotLibrary() {
  uplot ??= (await import(new URL("../../tom_common/vendor/uplot/uPlot.esm.js", import.meta.url))).default;
  return uplot;
}

const SHAPES = {
  tonight: (data) => ({
    columns: [data.time, ...data.sites.map((site) => site.altitude)],
    names: data.sites.map((site) => site.site),
    label: "Altitude (deg)",
    range: [0, 90],
  }),
  airmass: (data) => ({
    columns: [data.time, ...data.sites.map((site) => site.airmass)],
    names: data.sites.map((site) => site.site),
    label: "Airmass",
    range: [3, 1],
    dir: -1,
  }),
  moon: (data) => ({
    columns: [data.time, data.separation, data.illumination.map((x) => (x === null ? null : x * 100))],
    names: ["Distance (deg)", "Lit (%)"],
    label: "Degrees, percent",
    range: [0, 180],
  }),
};

async function draw(element) {
  if (element.dataset.drawn) return;
  element.dataset.drawn = "1";
  const source = document.getElementById(element.dataset.source);
  const shape = SHAPES[element.dataset.plot](JSON.parse(source.textContent));
  const UPlot = await plotLibrary();
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--bs-body-color").trim() || "#222";
  const grid = { stroke: style.getPropertyValue("--bs-border-color").trim() || "#ccc", width: 1 };
  const size = () => ({ width: Math.max(280, element.clientWidth), height: 280 });
  const plot = new UPlot(
    {
      ...size(),
      tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      series: [{ label: "UTC" }, ...shape.names.map((label, i) => ({ label, stroke: COLOURS[i % COLOURS.length], width: 2, spanGaps: false }))],
      axes: [
        { stroke: ink, grid, label: "UTC" },
        { stroke: ink, grid, label: shape.label },
      ],
      scales: { y: { range: shape.dir === -1 ? [Math.min(...shape.range), Math.max(...shape.range)] : shape.range, dir: shape.dir ?? 1 } },
    },
    shape.columns,
    element,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(element);
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

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }
});

function prepare(root) {
  for (const element of root.querySelectorAll?.("[data-plot][data-source]") ?? []) {
    if (element.dataset.plot in SHAPES && !element.dataset.drawn) seen.observe(element);
  }
  for (const button of root.querySelectorAll?.("[data-finder-load]") ?? []) {
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
