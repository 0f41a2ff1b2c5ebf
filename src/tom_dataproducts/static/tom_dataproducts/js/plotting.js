// What the light curve and the spectrum share: colours of the theme, sizes, loading of columns of numbers.
export function themeColours(element) {
  const style = getComputedStyle(element);
  return {
    text: style.getPropertyValue("--bs-body-color").trim() || style.color || "#222",
    grid: style.getPropertyValue("--bs-border-color").trim() || "rgba(128,128,128,.25)",
  };
}

export function axis(colours, options) {
  return { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid, width: 1 }, ...options };
}

export function keepWidth(plot, area, height) {
  new ResizeObserver(() => {
    const width = Math.floor(area.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  }).observe(area);
}

// Draw every figure that carries `attribute`, now and whenever a part of the page is loaded.
export function drawAll(attribute, draw) {
  const start = (root) => {
    for (const figure of root.querySelectorAll(`[${attribute}]:not([data-drawn])`)) {
      figure.dataset.drawn = "yes";
      const note = figure.querySelector(".data-plot-note");
      fetch(figure.getAttribute(attribute), { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`the server answered ${answer.status}`))))
        .then((data) => { note.textContent = draw(figure.querySelector(".data-plot-area"), data); })
        .catch((error) => { note.textContent = `The plot could not be loaded: ${error.message}.`; });
    }
  };
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail?.elt?.parentElement ?? document));
}
