/* A list under a text field from which one chooses by keyboard: the names of the search field, the people of a mention. */
let counter = 0;

export class Listbox {
  /* `ask(text)` gives a promise of [{label, detail, value}]; `choose(item)` takes one. */
  constructor(input, list, { ask, choose, textOf }) {
    Object.assign(this, { input, list, ask, choose, textOf, items: [], active: -1, asked: "" });
    list.id ||= `listbox-${counter += 1}`;
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-autocomplete", "list");
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(Number(option.dataset.index));
    });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.update(), 180);
  }

  async update() {
    const text = this.textOf(this.input);
    this.asked = text;
    if (text === null) { this.close(); return; }
    let found = [];
    try { found = await this.ask(text); } catch { /* no network: no list */ }
    if (this.asked !== text || document.activeElement !== this.input) return;
    this.show(found);
  }

  show(items) {
    this.items = items;
    this.active = -1;
    this.list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${this.list.id}-${index}`, className: "dropdown-item" });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.index = index;
      option.append(item.label);
      if (item.detail) {
        const detail = document.createElement("small");
        detail.textContent = ` ${item.detail}`;
        option.append(detail);
      }
      return option;
    }));
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() { if (!this.list.hidden) this.show([]); }

  move(step) {
    const options = this.list.children;
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = (this.active + step + options.length + (this.active < 0 && step < 0 ? 1 : 0)) % options.length;
    const option = options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); this.move(event.key === "ArrowDown" ? 1 : -1); }
    else if (event.key === "Escape") { event.stopPropagation(); this.close(); }
    else if ((event.key === "Enter" || event.key === "Tab") && this.active >= 0) { event.preventDefault(); this.take(this.active); }
  }

  take(index) {
    const item = this.items[index];
    this.close();
    if (item) this.choose(item);
  }
}

/* The search field of the navigation bar: Enter goes to the one target of that name, a choice goes straight to its page. */
export function search(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  return new Listbox(input, list, {
    textOf: (field) => (field.value.trim().length >= 2 ? field.value.trim() : null),
    ask: async (text) => {
      const answer = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ name: text })}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).suggestions : [];
    },
    choose: (item) => { location.assign(item.url); },
  });
}

/* A comment's text: "@" and the beginning of a name offers the people who can be told. */
export function mentions(form) {
  const input = form.querySelector("textarea[data-mentions]");
  if (!input || !form.dataset.people || input.dataset.ready) return;
  input.dataset.ready = "true";
  const list = document.createElement("ul");
  list.className = "dropdown-menu suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People");
  list.hidden = true;
  const place = document.createElement("div");
  place.className = "suggestions-place";
  input.after(place);
  place.append(list);
  const begun = (field) => field.value.slice(0, field.selectionStart).match(/(?:^|[^\w@.+/-])@([\w.+-]{0,150})$/);
  new Listbox(input, list, {
    textOf: (field) => begun(field)?.[1] ?? null,
    ask: async (text) => {
      const answer = await fetch(`${form.dataset.people}?${new URLSearchParams({ q: text })}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).people.map((one) => ({ label: `@${one.username}`, detail: one.name, value: one.username })) : [];
    },
    choose: (item) => {
      const start = input.selectionStart - (begun(input)?.[1].length ?? 0);
      input.setRangeText(`${item.value} `, start, input.selectionStart, "end");
      input.focus();
    },
  });
}
