/* Uploading many files: dropped or chosen, one request for each, with its progress. Without this script the form posts them all at once. */
const SIZES = ["B", "kB", "MB", "GB"];
const AT_ONCE = 1; // one after the other: two writers at once would wait for each other on SQLite

function sizeText(bytes) {
  let place = 0;
  while (bytes >= 1000 && place < SIZES.length - 1) { bytes /= 1000; place += 1; }
  return `${place ? bytes.toFixed(1) : bytes} ${SIZES[place]}`;
}

function enhance(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "true";
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-upload-files]");
  const status = form.querySelector("[data-upload-status]");
  const drop = form.querySelector("[data-drop]");
  const button = form.querySelector("[type=submit]");
  const all = form.querySelector("[data-preview-all]");
  const waiting = [];
  let running = 0;
  let next = "";
  const count = { stored: 0, processing: 0, refused: 0 };
  input.required = false;

  function add(files) {
    for (const file of files) {
      if (waiting.some((one) => one.file.name === file.name && one.file.size === file.size && one.state === "waiting")) continue;
      const row = document.createElement("li");
      row.innerHTML = `<span class="upload-name"></span><span class="num"></span><button type="button" class="btn btn-sm btn-outline-secondary" data-remove><i class="bi bi-x-lg" aria-hidden="true"></i></button><progress max="1" value="0" hidden></progress><span class="upload-message"></span><div class="upload-preview" aria-live="polite"></div>`;
      row.querySelector(".upload-name").textContent = file.name;
      row.querySelector(".num").textContent = sizeText(file.size);
      const item = { file, row, state: "waiting" };
      const remove = row.querySelector("[data-remove]");
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => {
        item.request?.abort();
        waiting.splice(waiting.indexOf(item), 1);
        row.remove();
        tell();
        input.focus();
      });
      row.querySelector("progress").setAttribute("aria-label", `Upload of ${file.name}`);
      waiting.push(item);
      list.append(row);
    }
    tell();
  }

  /* What would be read from a file, without storing it. */
  async function preview(item) {
    const place = item.row.querySelector(".upload-preview");
    place.replaceChildren("Reading…");
    const data = new FormData(form);
    data.delete(input.name);
    data.append(input.name, item.file, item.file.name);
    const answer = await fetch(form.dataset.preview, { method: "POST", body: data, headers: { "X-Requested-With": "XMLHttpRequest" } }).catch(() => null);
    if (!answer?.ok) { place.replaceChildren("The preview could not be made."); return; }
    place.innerHTML = await answer.text();
  }

  function tell() {
    const left = waiting.filter((one) => one.state === "waiting" || one.state === "sending").length;
    const parts = [];
    if (left) parts.push(`${left} to upload`);
    if (count.stored) parts.push(`${count.stored} stored`);
    if (count.processing) parts.push(`${count.processing} stored, being processed`);
    if (count.refused) parts.push(`${count.refused} refused`);
    status.textContent = parts.join(", ");
    const goOn = next && !left && !running;
    if (goOn) {
      const link = Object.assign(document.createElement("a"), { href: next, textContent: "Show the data" });
      status.append(parts.length ? ". " : "", link);
    }
    button.disabled = running > 0;
    all.hidden = !left;
  }

  function finish(item, state, message, url) {
    item.state = state;
    running -= 1;
    count[state] += 1;
    item.row.classList.add(`is-${state === "processing" ? "stored" : state}`);
    item.row.querySelector("progress").hidden = true;
    item.row.querySelector("[data-remove]").remove();
    item.row.querySelector(".upload-preview").replaceChildren();
    const text = item.row.querySelector(".upload-message");
    text.textContent = `${state === "refused" ? "Refused: " : ""}${message} `;
    if (url) text.append(Object.assign(document.createElement("a"), { href: url, textContent: "Open" }));
    pump();
  }

  function send(item) {
    item.state = "sending";
    running += 1;
    const data = new FormData(form);
    data.delete(input.name);
    data.append(input.name, item.file, item.file.name);
    const bar = item.row.querySelector("progress");
    bar.hidden = false;
    const request = new XMLHttpRequest();
    item.request = request;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); item.row.querySelector(".upload-message").textContent = "Being read…"; });
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* a page of ours or of a proxy */ }
      const one = answer.files?.[0];
      next = answer.next || next;
      if (one) finish(item, one.state, one.message, one.url);
      else finish(item, "refused", answer.problem || (request.status === 413 ? "the server takes no file as large as this" : `the server answered ${request.status}`));
    });
    request.addEventListener("error", () => finish(item, "refused", "the connection broke; choose the file again to repeat it"));
    request.addEventListener("abort", () => { running -= 1; pump(); });
    request.send(data);
  }

  function pump() {
    while (running < AT_ONCE) {
      const item = waiting.find((one) => one.state === "waiting");
      if (!item) break;
      send(item);
    }
    tell();
  }

  tell();
  input.addEventListener("change", () => { add(input.files); input.value = ""; });
  form.addEventListener("submit", (event) => {
    if (!form.reportValidity()) { event.preventDefault(); return; }
    event.preventDefault();
    const left = waiting.filter((one) => one.state === "waiting");
    if (event.submitter === all) { for (const item of left) preview(item); return; }
    if (!left.length) { status.textContent = "Choose files first."; input.focus(); return; }
    pump();
  });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) drop.classList.remove("is-over"); });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    add(event.dataTransfer.files);
  });
}

function scan(root) {
  for (const form of (root.querySelectorAll ? root : document).querySelectorAll("form[data-upload]")) enhance(form);
}
scan(document);
document.addEventListener("htmx:load", (event) => scan(event.target.parentNode || document));
