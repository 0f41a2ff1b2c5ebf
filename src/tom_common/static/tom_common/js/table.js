/* Tables: headers and pages load in place, the address bar follows, the selection is counted, "all that match" can be selected. */
const container = (element) => element.closest("[data-table]");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-table-link]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0 && window.htmx) {
    event.preventDefault();
    const table = container(link);
    htmx.ajax("GET", link.href, { source: link, target: table, swap: "outerHTML" }).then(() => {
      history.pushState({ tomTable: true }, "", link.href);
      document.querySelector("[data-table] .table-scroll")?.focus({ preventScroll: true });
    });
    return;
  }
  const all = event.target.closest("[data-table-select-all]");
  if (all) { setAll(container(all), true); return; }
  const none = event.target.closest("[data-table-select-none]");
  if (none) {
    const table = container(none);
    for (const box of rows(table)) box.checked = false;
    setAll(table, false);
  }
});

// going back after table loads brings the table of that address
addEventListener("popstate", () => { if (document.querySelector("[data-table]")) location.reload(); });

const rows = (table) => [...table.querySelectorAll("[data-table-select-row]")];

function formOf(table) {
  const id = rows(table)[0]?.getAttribute("form");
  return (id && document.getElementById(id)) || table.closest("form");
}

function hidden(form, name, value) {
  let input = form.querySelector(`input[type=hidden][name="${name}"]`);
  if (!input) {
    input = Object.assign(document.createElement("input"), { type: "hidden", name });
    form.append(input);
  }
  input.value = value;
}

function setAll(table, wanted) {
  table.dataset.allSelected = wanted ? "true" : "";
  const form = formOf(table);
  if (form) {
    hidden(form, "isSelectAll", wanted ? "True" : "False");
    hidden(form, "query_string", location.search.slice(1));
  }
  update(table);
}

function update(table) {
  const boxes = rows(table);
  const chosen = boxes.filter((box) => box.checked).length;
  const every = table.dataset.allSelected === "true";
  const page = table.querySelector("[data-table-select-page]");
  if (page) {
    page.checked = boxes.length > 0 && chosen === boxes.length;
    page.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
  const bar = table.querySelector("[data-table-selection]");
  if (bar) {
    bar.hidden = chosen === 0 && !every;
    const all = bar.querySelector("[data-table-select-all]");
    bar.querySelector("[data-table-selected-count]").textContent = every ? all?.textContent.replace(/^.*Select all | that match.*$/gs, "") ?? chosen : chosen;
    if (all) all.hidden = every || chosen < boxes.length;
  }
  const bulk = table.closest(".table-page")?.querySelector("[data-table-bulk]");
  if (bulk) bulk.hidden = chosen === 0 && !every;
  table.dispatchEvent(new CustomEvent("tom:selection", { bubbles: true, detail: { count: chosen, all: every } }));
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches?.("[data-table-select-page]")) {
    const table = container(box);
    for (const row of rows(table)) row.checked = box.checked;
    if (!box.checked) setAll(table, false); else update(table);
  } else if (box.matches?.("[data-table-select-row]")) {
    const table = container(box);
    if (!box.checked && table.dataset.allSelected) setAll(table, false); else update(table);
  }
});

// a filter form keeps the order of the table, and an address shows only what is set
document.addEventListener("htmx:configRequest", (event) => {
  const form = event.target.closest?.("form");
  const target = event.detail.target;
  if (event.detail.verb !== "get" || !form || !target?.matches?.(".table-container")) return;
  const values = event.detail.parameters;
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort && !values.has?.("sort") && !values.sort) { if (values.append) values.append("sort", sort); else values.sort = sort; }
  for (const name of [...new Set(Object.keys(Object.fromEntries(values.entries?.() ?? Object.entries(values))))]) {
    const value = values.getAll ? values.getAll(name) : values[name];
    if (value === "" || (Array.isArray(value) && value.every((item) => item === ""))) { if (values.delete) values.delete(name); else delete values[name]; }
  }
});

// fields of a filter form that carry no htmx attributes of their own still filter at once
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-table-filter]");
  if (!form || !window.htmx || event.target.closest("[hx-get]")) return;
  const values = [...new FormData(form).entries()].filter(([, value]) => value !== "");
  const query = new URLSearchParams(values);
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort) query.set("sort", sort);
  const url = `${location.pathname}${query.size ? `?${query}` : ""}`;
  const table = document.querySelector("[data-table]");
  htmx.ajax("GET", url, { target: table, swap: "outerHTML" }).then(() => history.pushState({ tomTable: true }, "", url));
});

document.addEventListener("htmx:load", (event) => {
  const table = event.detail.elt.closest?.("[data-table]") || event.detail.elt.querySelector?.("[data-table]");
  if (table) update(table);
});
for (const table of document.querySelectorAll("[data-table]")) update(table);
