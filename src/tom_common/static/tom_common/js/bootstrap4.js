/* Attributes of Bootstrap 4 in templates of plugins and projects, as Bootstrap 5 reads them. */
const STARTS = ["toggle", "dismiss", "ride", "slide", "slide-to", "spy"];
const REST = ["target", "parent", "placement", "content", "trigger", "backdrop", "keyboard", "offset", "interval", "html", "container", "delay", "boundary", "display", "original-title"];
const KNOWN = new Set(["dropdown", "collapse", "modal", "tab", "pill", "list", "tooltip", "popover", "button", "alert", "toast", "offcanvas", "carousel", "scroll"]);
const ANY = STARTS.map((name) => `[data-${name}]`).join(", ");

function translate(element) {
  const starts = STARTS.filter((name) => element.hasAttribute(`data-${name}`));
  // "data-toggle" means other things to other libraries: theirs stay as they are
  if (starts.some((name) => ["toggle", "dismiss"].includes(name) && !KNOWN.has(element.getAttribute(`data-${name}`)))) return;
  for (const name of [...starts, ...REST]) {
    const value = element.getAttribute(`data-${name}`);
    if (value !== null && !element.hasAttribute(`data-bs-${name}`)) element.setAttribute(`data-bs-${name}`, value);
  }
}

function look(scope) {
  if (scope.matches?.(ANY)) translate(scope);
  for (const element of scope.querySelectorAll(ANY)) translate(element);
}

look(document);
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) look(node);
}).observe(document.documentElement, { childList: true, subtree: true });
