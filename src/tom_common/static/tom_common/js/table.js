/* Tables: headers and pages load in place, the address bar follows, the selection is counted, "all that match" can be selected,
   columns are chosen and moved, and whoever comes back finds the list as it was left. */
const container = (element) => element.closest("[data-table]");
const rows = (table) => [...table.querySelectorAll("[data-table-select-row]")];
const KEPT = ["sort", "per_page", "saved"];
let goingTo = null;
let underWay = null;

function load(url, { source, focus } = {}) {
  const table = document.querySelector("[data-table]");
  goingTo = url;
  return htmx.ajax("GET", url, { source: source || table, target: table, swap: "outerHTML" }).then(() => {
    if (goingTo !== url) return;
    history.pushState({ tomTable: true }, "", url);
    if (!focus) return;
    const again = focus.dataset?.sortBy !== undefined && document.querySelector(`[data-sort-by="${focus.dataset.sortBy}"], [data-sort-by="${focus.dataset.sortBy.startsWith("-") ? focus.dataset.sortBy.slice(1) : `-${focus.dataset.sortBy}`}"]`);
    (again || document.querySelector("[data-table] .table-scroll"))?.focus({ preventScroll: true });
  });
}

// Shift and a click on a heading sort by this column too, after those before
function addedOrder(link) {
  const query = new URLSearchParams(location.search);
  const name = link.dataset.sortBy.replace(/^-/, "");
  const present = query.getAll("sort");
  const place = present.findIndex((one) => one.replace(/^-/, "") === name);
  if (place < 0) present.push(link.dataset.sortBy);
  else present[place] = present[place].startsWith("-") ? name : `-${name}`;
  query.delete("sort");
  query.delete("page");
  for (const one of present) query.append("sort", one);
  return `${location.pathname}?${query}`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-table-link]");
  const added = link?.dataset.sortBy && event.shiftKey;
  if (link && !event.ctrlKey && !event.metaKey && (!event.shiftKey || added) && event.button === 0 && window.htmx) {
    event.preventDefault();
    load(added ? addedOrder(link) : link.href, { source: link, focus: link });
    return;
  }
  const fields = event.target.closest("a[data-table-fields]");
  if (fields && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0 && window.htmx) {
    event.preventDefault();
    const place = document.querySelector(fields.dataset.tableFields);
    if (place.childElementCount) {
      place.hidden = !place.hidden;
      fields.setAttribute("aria-expanded", String(!place.hidden));
      return;
    }
    const query = new URLSearchParams(location.search);
    query.set("_table", "search");
    htmx.ajax("GET", `${location.pathname}?${query}`, { source: place, target: place, swap: "innerHTML" }).then(() => {
      fields.setAttribute("aria-expanded", "true");
      place.querySelector("input, select, textarea")?.focus();
    });
    return;
  }
  const tool = event.target.closest("a[data-table-tool]");
  const panel = tool && document.querySelector("[data-table-tool-panel]");
  if (panel && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0 && window.htmx) {
    event.preventDefault();
    if (panel.dataset.open === tool.dataset.tableTool) { closeTool(panel); return; }
    const query = new URLSearchParams(location.search);
    query.set("_table", tool.dataset.tableTool);
    htmx.ajax("GET", `${location.pathname}?${query}`, { source: panel, target: panel, swap: "innerHTML" }).then(() => {
      panel.dataset.open = tool.dataset.tableTool;
      for (const each of document.querySelectorAll("a[data-table-tool]")) each.setAttribute("aria-expanded", String(each === tool));
      panel.querySelector("[data-table-tool-box]")?.focus({ preventScroll: false });
    });
    return;
  }
  if (event.target.closest("[data-table-tool-close]")) { closeTool(document.querySelector("[data-table-tool-panel]")); return; }
  const move = event.target.closest("[data-move]");
  if (move) { moveColumn(move.closest("[data-column]"), move.dataset.move, move); return; }
  if (event.target.matches?.("input[data-required]")) { event.preventDefault(); return; }
  const all = event.target.closest("[data-table-select-all]");
  if (all) { setAll(container(all), true); return; }
  const none = event.target.closest("[data-table-select-none]");
  if (none) {
    const table = container(none);
    for (const box of rows(table)) box.checked = false;
    setAll(table, false);
    return;
  }
  const opened = event.target.closest("[data-table] tbody a[href]");
  if (opened) keepPlace(opened.getAttribute("href"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const panel = event.target.closest?.("[data-table-tool-panel]");
  if (panel?.dataset.open) closeTool(panel);
});

function closeTool(panel) {
  const link = document.querySelector(`a[data-table-tool="${panel.dataset.open}"]`);
  panel.replaceChildren();
  delete panel.dataset.open;
  link?.setAttribute("aria-expanded", "false");
  link?.focus();
}

/* columns: their places are the numbers that the form sends */
function renumber(list) {
  [...list.querySelectorAll("[data-column]")].forEach((item, index) => { item.querySelector("input[type=number]").value = index + 1; });
}

function moveColumn(item, way, button) {
  const other = way === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (way === "up") other.before(item); else other.after(item);
  renumber(item.parentElement);
  button.focus();
  const said = item.closest("form").querySelector("[data-column-said]");
  const place = [...item.parentElement.children].indexOf(item) + 1;
  if (said) said.textContent = `${item.querySelector("label").textContent.trim()}, place ${place} of ${item.parentElement.children.length}`;
}

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-column]") || null;
  if (dragged) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); dragged.classList.add("is-dragged"); }
});
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-column]");
  if (!over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY > box.top + box.height / 2) over.after(dragged); else over.before(dragged);
});
document.addEventListener("drop", (event) => { if (dragged) { event.preventDefault(); renumber(dragged.parentElement); } });
document.addEventListener("dragend", () => { dragged?.classList.remove("is-dragged"); if (dragged) renumber(dragged.parentElement); dragged = null; });

/* the selection */
const allBox = (table) => (table.closest(".table-page") || document).querySelector("[data-table-all]");

function setAll(table, wanted) {
  table.dataset.allSelected = wanted ? "true" : "";
  const box = allBox(table);
  if (box) box.checked = wanted;
  else sendAll(table, wanted);
  update(table);
}

// where a page has no box for "all that match", its form is told by a field of ours
function sendAll(table, wanted) {
  const id = rows(table)[0]?.getAttribute("form");
  const form = (id && document.getElementById(id)) || table.closest("form");
  if (!form) return;
  for (const [name, value] of [["isSelectAll", wanted ? "True" : "False"], ["query_string", location.search.slice(1)]]) {
    let input = form.querySelector(`input[type=hidden][name="${name}"]`);
    if (!input) { input = Object.assign(document.createElement("input"), { type: "hidden", name }); form.append(input); }
    input.value = value;
  }
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
    bar.querySelector("[data-table-selected-count]").textContent = every ? all?.dataset.count ?? chosen : chosen;
    if (all) all.hidden = every || chosen < boxes.length;
  }
  const bulk = table.closest(".table-page")?.querySelector("[data-table-bulk]");
  if (bulk) {
    bulk.hidden = chosen === 0 && !every;
    if (!bulk.hidden) bulk.dispatchEvent(new CustomEvent("tom:shown"));
  }
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
  } else if (box.matches?.("[data-table-all]")) {
    const table = document.querySelector("[data-table]");
    if (table) setAll(table, box.checked);
  } else if (box.closest?.("form[data-table-page-size]") && window.htmx) {
    const query = new URLSearchParams(new FormData(box.form));
    load(`${location.pathname}?${query}`);
  }
});

/* filters: an address keeps the order and shows only what is set */
function filterQuery(values) {
  const query = new URLSearchParams([...values].filter(([name, value]) => value !== "" && !KEPT.includes(name) && name !== "page"));
  const present = new URLSearchParams(location.search);
  for (const name of KEPT) for (const value of present.getAll(name)) query.append(name, value);
  return query;
}

document.addEventListener("htmx:configRequest", (event) => {
  const form = event.target.closest?.("form");
  const target = event.detail.target;
  if (event.detail.verb !== "get" || !form || !target?.matches?.(".table-container")) return;
  const values = event.detail.parameters;
  if (!values.entries || !values.append) return;
  const query = filterQuery(values.entries());
  for (const name of new Set([...values.keys()])) values.delete(name);
  for (const [name, value] of query) values.append(name, value);
  event.detail.path = event.detail.path.replace(/[?#].*/, ""); // else the filters of before stay in the address
  underWay = event.detail;
});
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig === underWay) underWay = null; });

// Enter changes a field and sends its form: the change has asked already, or waits for the one before it; else the table is loaded anew
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-table-filter]");
  if (!form || !window.htmx || !document.querySelector("[data-table]")) return;
  event.preventDefault();
  const query = filterQuery(new FormData(form).entries());
  if (!underWay) load(`${location.pathname}${query.size ? `?${query}` : ""}`);
});

// fields of a filter form that carry no htmx attributes of their own still filter at once
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-table-filter]");
  if (!form || !window.htmx || event.target.closest("[hx-get]")) return;
  const query = filterQuery(new FormData(form).entries());
  load(`${location.pathname}${query.size ? `?${query}` : ""}`);
});

/* the place in a list, kept for this tab: how far one had scrolled, what was ticked, which row one went to */
const store = (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* private window */ } };
const stored = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
const placeKey = (path) => `tom-place:${path}`;
const RETURN = "tom-return";

function keepPlace(opened) {
  const table = document.querySelector(".table-page [data-table]");
  if (!table) return;
  const box = table.querySelector(".table-scroll");
  store(placeKey(location.pathname), {
    search: location.search,
    top: box?.scrollTop ?? 0,
    left: box?.scrollLeft ?? 0,
    page: scrollY,
    ticked: rows(table).filter((one) => one.checked).map((one) => one.value),
    all: table.dataset.allSelected === "true",
    opened: opened ?? stored(placeKey(location.pathname))?.opened ?? null,
  });
}

function restorePlace() {
  const table = document.querySelector(".table-page [data-table]");
  if (!table) return;
  const returned = stored(RETURN);
  store(RETURN, null);
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  const place = stored(placeKey(location.pathname));
  if (!place || place.search !== location.search || (kind !== "back_forward" && returned !== location.pathname)) return;
  for (const box of rows(table)) box.checked = place.ticked.includes(box.value);
  if (place.all) setAll(table, true);
  for (const link of table.querySelectorAll("tbody a[href]")) {
    if (link.getAttribute("href") === place.opened) link.closest("tr").classList.add("is-last-opened");
  }
  const box = table.querySelector(".table-scroll");
  if (box) { box.scrollTop = place.top; box.scrollLeft = place.left; }
  scrollTo(scrollX, place.page);
}

addEventListener("pagehide", () => keepPlace());

// links that speak of what the filters find, also after these were changed in place; their own parameters stand in the attribute
for (const kind of ["pointerdown", "click"]) {
  document.addEventListener(kind, (event) => {
    const link = event.target.closest?.("a[data-table-follows]");
    if (!link) return;
    const query = new URLSearchParams(location.search);
    for (const name of ["page", "per_page", "_table", "_lists"]) query.delete(name);
    for (const [name, value] of new URLSearchParams(link.dataset.tableFollows)) query.set(name, value);
    link.search = query;
  });
}

// going back after table loads brings the table of that address
addEventListener("popstate", () => {
  if (!document.querySelector("[data-table]")) return;
  store(RETURN, location.pathname);
  location.reload();
});

// links back to a list lead to it as it was left
function backLinks() {
  for (const link of document.querySelectorAll("a[data-table-back]")) {
    const place = stored(placeKey(link.pathname));
    if (place?.search) link.search = place.search;
    link.addEventListener("click", () => store(RETURN, link.pathname));
  }
}

document.addEventListener("htmx:load", (event) => {
  const table = event.detail.elt.closest?.("[data-table]") || event.detail.elt.querySelector?.("[data-table]");
  if (table) {
    const box = allBox(table);
    if (box) box.checked = false;
    update(table);
  }
});
for (const table of document.querySelectorAll("[data-table]")) update(table);
restorePlace();
backLinks();
for (const table of document.querySelectorAll("[data-table]")) update(table);

// what was wrong with the filters stands beside their fields once the page is loaded; afterwards the table's answer says it
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id !== "table-problems") return;
  for (const field of document.querySelectorAll("form[data-table-filter] .has-error")) {
    field.classList.remove("has-error");
    field.querySelector(".field-errors")?.remove();
    field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }
});
