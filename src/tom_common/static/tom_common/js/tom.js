/* What every page can do: theme, copying, notation of coordinates, local time on hover, messages, confirmations, tables, tabs. */
import "./table.js";

const root = document.documentElement;
const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };

export function toast(text, tone = "info") {
  const icons = { success: "check-circle", info: "info-circle", warning: "exclamation-triangle", danger: "x-octagon", error: "x-octagon" };
  const box = document.createElement("div");
  box.className = `toast tom-toast tom-toast-${tone}`;
  box.setAttribute("role", tone === "danger" || tone === "error" ? "alert" : "status");
  box.innerHTML = `<div class="toast-body"><i class="bi bi-${icons[tone] || icons.info}" aria-hidden="true"></i><span></span><button type="button" class="btn-close" data-bs-dismiss="toast" aria-label="Close"></button></div>`;
  box.querySelector("span").textContent = text;
  document.querySelector(".tom-toasts")?.append(box);
  if (window.bootstrap) {
    bootstrap.Toast.getOrCreateInstance(box, { autohide: tone === "success" || tone === "info", delay: 6000 }).show();
    box.addEventListener("hidden.bs.toast", () => box.remove());
  }
}

function showMessages(scope) {
  // messages stand in the page for readers without scripts; those that only confirm become toasts
  for (const message of scope.querySelectorAll(".tom-messages [data-toast]")) {
    toast(message.querySelector("[data-text]").textContent.trim(), message.dataset.toast);
    message.remove();
  }
}

function localTimes(scope) {
  for (const time of scope.querySelectorAll("time[data-utc]:not([title])")) {
    const when = new Date(time.dateTime);
    if (!Number.isNaN(when.valueOf())) {
      time.title = `${when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })} ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
    }
  }
}

function markTheme() {
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === root.dataset.themeChoice));
  }
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const icon = button.querySelector(".bi");
  button.classList.add("copied");
  icon?.classList.replace("bi-copy", "bi-check2");
  toast("Copied", "success");
  setTimeout(() => { button.classList.remove("copied"); icon?.classList.replace("bi-check2", "bi-copy"); }, 1500);
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-set]");
  if (theme) {
    remember("tom-theme", theme.dataset.themeSet);
    document.dispatchEvent(new CustomEvent("tom:theme"));
    markTheme();
    return;
  }
  const copying = event.target.closest("[data-copy]");
  if (copying) { event.preventDefault(); copy(copying); return; }
  if (event.target.closest("[data-notation-toggle]")) {
    root.dataset.notation = root.dataset.notation === "decimal" ? "sexagesimal" : "decimal";
    remember("tom-notation", root.dataset.notation);
    return;
  }
  const sample = event.target.closest("[data-toast-sample]");
  if (sample) { toast(sample.dataset.toastSample, "success"); return; }
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) {
    const input = document.getElementById(reveal.dataset.reveal);
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    reveal.setAttribute("aria-pressed", String(hidden));
    reveal.querySelector(".bi")?.classList.toggle("bi-eye-slash", hidden);
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !window.confirm(question)) { event.preventDefault(); event.stopPropagation(); }
}, true);

// "/" goes to the search, as in most tools
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector(".navbar-search input");
  if (search && search.offsetParent) { event.preventDefault(); search.focus(); search.select(); }
});

function clock() {
  for (const time of document.querySelectorAll("time[data-clock=utc]")) {
    const now = new Date();
    time.dateTime = now.toISOString();
    time.textContent = now.toISOString().slice(0, 16).replace("T", " ");
  }
}

function openFromHash() {
  const id = location.hash.slice(1);
  const tab = id && document.querySelector(`[data-bs-toggle="tab"][data-bs-target="#${CSS.escape(id)}"], [data-bs-toggle="tab"][href="#${CSS.escape(id)}"]`);
  if (tab && window.bootstrap) bootstrap.Tab.getOrCreateInstance(tab).show();
}

document.addEventListener("shown.bs.tab", (event) => {
  const target = event.target.dataset.bsTarget || event.target.getAttribute("href");
  if (event.target.closest("[data-tabs-hash]") && target) history.replaceState(history.state, "", target);
  // a plot drawn in a hidden tab has no width yet
  window.dispatchEvent(new Event("resize"));
});

// what scrolls sideways can be scrolled by keyboard too
function scrollByKeyboard(scope) {
  for (const box of scope.querySelectorAll(".table-responsive, .tab-pane table, .card-body table")) {
    if (box.tabIndex >= 0 || box.hasAttribute("tabindex") || getComputedStyle(box).overflowX !== "auto") continue;
    box.tabIndex = 0;
    if (box.matches("table")) continue;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.querySelector("caption")?.textContent.trim() || "Table");
  }
}

// what a page needs of further scripts is loaded when it is there
const all = (scope, selector) => [...(scope.matches?.(selector) ? [scope] : []), ...scope.querySelectorAll(selector)];
const SEVERAL = "select[multiple]:not([data-plain], .tomselected)";

function furnish(scope) {
  const selects = all(scope, SEVERAL).filter((select) => select.closest("main, .modal") && !select.closest("[hidden]"));
  if (selects.length) import("./choices.js").then((module) => module.choices(selects));
  const figures = all(scope, "[data-figure]");
  if (figures.length) import("./figures.js").then((module) => module.figures(figures));
  const forms = all(scope, "[data-comment-form][data-people]");
  if (forms.length) import("./listbox.js").then((module) => forms.forEach(module.mentions));
}

// an entry that an app put into the navigation: it does not know where one is
function markWhere() {
  const bar = document.querySelector(".tom-navbar");
  if (!bar || bar.querySelector(".navbar-nav.me-auto .active")) return;
  let best = null;
  for (const link of bar.querySelectorAll(".navbar-nav.me-auto a[href]")) {
    const path = link.pathname;
    if (link.origin !== location.origin || link.getAttribute("href").startsWith("#") || path === "/" || !location.pathname.startsWith(path)) continue;
    if (!best || path.length > best.pathname.length) best = link;
  }
  if (!best) return;
  best.classList.add("active");
  if (best.pathname === location.pathname) best.setAttribute("aria-current", "page");
  best.closest(".dropdown")?.querySelector(".dropdown-toggle")?.classList.add("active");
}

function enhance(scope) {
  furnish(scope);
  scrollByKeyboard(scope);
  showMessages(document);
  localTimes(scope);
  for (const element of scope.querySelectorAll('[data-bs-toggle="tooltip"]')) window.bootstrap?.Tooltip.getOrCreateInstance(element);
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] || document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = decodeURIComponent(token);
});
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt.parentElement ?? event.detail.elt));
// a part that did not come says so in its place and can be asked for again
function failedHere(target, text) {
  if (!target?.classList?.contains("lazy")) return false;
  const box = document.createElement("div");
  box.className = "alert alert-warning mb-0";
  box.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: "Try again" });
  button.addEventListener("click", () => { box.replaceWith(skeleton); htmx.trigger(target, "again"); });
  const skeleton = target.querySelector(".skeleton");
  box.append(`${text} `, button);
  skeleton?.replaceWith(box);
  return true;
}

function wordsOf(xhr) {
  if (!(xhr.getResponseHeader("Content-Type") || "").startsWith("text/html")) return "";
  const part = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-error-text]");
  return part?.textContent.trim() || "";
}

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (failedHere(event.detail.target, wordsOf(event.detail.xhr) || `This part could not be loaded (${status}).`)) return;
  const said = wordsOf(event.detail.xhr);
  toast(said ? said : status === 403 ? "You may not do that." : status === 404 ? "That is not there (any more)." : `The server answered with an error (${status}). Try again; if it stays, tell who runs this TOM.`, "danger");
});
document.addEventListener("htmx:sendError", (event) => failedHere(event.detail.target, "The server could not be reached.") || toast("The server could not be reached. Check the connection and try again.", "danger"));

const searchField = document.querySelector("[data-suggest]");
searchField?.addEventListener("focus", () => import("./listbox.js").then((module) => { if (!searchField.dataset.ready) { searchField.dataset.ready = "true"; module.search(searchField); } }), { once: true });

enhance(document);
markWhere();
markTheme();
clock();
setInterval(clock, 15000);
openFromHash();
addEventListener("hashchange", openFromHash);
addEventListener("resize", () => scrollByKeyboard(document));
window.tom = { toast };
