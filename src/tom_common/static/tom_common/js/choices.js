/* Lists from which several are chosen become a field one can type into. Without this script they stay what the browser makes of them. */
const vendor = new URL("../vendor/tom-select/", import.meta.url);
let ready;

function load() {
  ready ??= new Promise((resolve, reject) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("tom-select.bootstrap5.min.css", vendor).href });
    // before our own style sheets, which colour it
    document.head.insertBefore(style, document.querySelector("link[rel=stylesheet]"));
    const script = Object.assign(document.createElement("script"), { src: new URL("tom-select.complete.min.js", vendor).href });
    script.onload = () => resolve(window.TomSelect);
    script.onerror = reject;
    document.head.append(script);
  });
  return ready;
}

export async function choices(selects) {
  const TomSelect = await load();
  for (const select of selects) {
    if (select.tomselect || select.dataset.plain !== undefined) continue;
    const label = select.labels?.[0]?.textContent.replace("*", "").trim() || select.getAttribute("aria-label") || "Choose";
    const made = new TomSelect(select, {
      plugins: ["remove_button"],
      maxOptions: 200,
      hideSelected: true,
      closeAfterSelect: false,
      placeholder: select.dataset.placeholder || "Type to choose",
      render: { no_results: (data, escape) => `<div class="no-results">Nothing begins with “${escape(data.input)}”</div>` },
    });
    select.setAttribute("aria-label", label);
    made.control_input.setAttribute("aria-label", label);
    made.control_input.setAttribute("autocomplete", "off");
    made.dropdown_content.setAttribute("aria-label", label);
    const described = select.getAttribute("aria-describedby");
    if (described) made.control_input.setAttribute("aria-describedby", described);
    for (const button of made.control.querySelectorAll(".remove")) name(button);
    made.on("item_add", () => { for (const button of made.control.querySelectorAll(".remove")) name(button); });
  }
}

function name(button) {
  button.setAttribute("aria-label", `Take out ${button.parentElement.firstChild.textContent.trim()}`);
}
