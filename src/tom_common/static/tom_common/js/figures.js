/* Plotly figures of plugins: their data stand in the page as JSON, the library is loaded once, when there is one. */
const source = new URL("../vendor/plotly/plotly-cartesian.min.js", import.meta.url).href;
let ready;

function load() {
  ready ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: source });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("Plotly could not be loaded"));
    document.head.append(script);
  });
  return ready;
}

function themed(layout = {}) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: colour("--plot-grid"), linecolor: colour("--plot-axis"), zerolinecolor: colour("--plot-grid"), tickcolor: colour("--plot-axis") };
  const axes = Object.fromEntries(Object.keys({ xaxis: 0, yaxis: 0, ...layout }).filter((key) => /^[xy]axis\d*$/.test(key)).map((key) => [key, { ...layout[key], ...axis }]));
  return { ...layout, ...axes, paper_bgcolor: colour("--plot-bg"), plot_bgcolor: colour("--plot-bg"), font: { ...layout.font, color: colour("--plot-text") }, autosize: true };
}

export async function figures(boxes) {
  for (const box of boxes) {
    if (box.dataset.drawn) continue;
    box.dataset.drawn = "true";
    try {
      const figure = JSON.parse(document.getElementById(box.dataset.figure).textContent);
      const Plotly = await load();
      const draw = () => Plotly.react(box, figure.data || [], themed(figure.layout), { responsive: true, displaylogo: false, ...figure.config });
      await draw();
      box.querySelector(".figure-waiting")?.remove();
      document.addEventListener("tom:theme", () => requestAnimationFrame(draw));
    } catch (error) {
      box.textContent = "This figure could not be drawn.";
      console.warn(error);
    }
  }
}
