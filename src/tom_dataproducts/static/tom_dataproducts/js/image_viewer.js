/* The image viewer: one scaled image of the whole, sharper ones of what is seen when it is zoomed, and the position under the pointer.
   Image coordinates are those of FITS: x to the right, y upwards, (0.5, 0.5) at the outer corner of the first pixel. */
const WHOLE = 1024;
const MOST_ZOOM = 32;

/* The ICRS position (degrees) at image coordinates, from the grid of unit vectors that the server took from the header; null outside of it. */
export function skyAt(wcs, x, y) {
  if (!wcs) return null;
  const n = wcs.size - 1;
  const u = (x - wcs.x[0]) / (wcs.x[1] - wcs.x[0]) * n;
  const v = (y - wcs.y[0]) / (wcs.y[1] - wcs.y[0]) * n;
  if (!(u >= 0 && v >= 0 && u <= n && v <= n)) return null;
  const i = Math.min(Math.floor(u), n - 1);
  const j = Math.min(Math.floor(v), n - 1);
  const at = (di, dj) => wcs.vectors[(j + dj) * wcs.size + i + di];
  const corners = [[at(0, 0), (1 - u + i) * (1 - v + j)], [at(1, 0), (u - i) * (1 - v + j)], [at(0, 1), (1 - u + i) * (v - j)], [at(1, 1), (u - i) * (v - j)]];
  const sum = [0, 0, 0];
  for (const [vector, weight] of corners) {
    if (!vector) return null;
    for (let k = 0; k < 3; k += 1) sum[k] += vector[k] * weight;
  }
  const ra = Math.atan2(sum[1], sum[0]) * 180 / Math.PI;
  return { ra: (ra + 360) % 360, dec: Math.atan2(sum[2], Math.hypot(sum[0], sum[1])) * 180 / Math.PI };
}

export function sexagesimal(degrees, hours) {
  const places = hours ? 3 : 2;
  const scale = 10 ** places;
  let left = Math.round(Math.abs(hours ? degrees / 15 : degrees) * 3600 * scale);
  if (hours) left %= 24 * 3600 * scale;
  const seconds = (left % (60 * scale)) / scale;
  const minutes = Math.floor(left / (60 * scale)) % 60;
  const whole = Math.floor(left / (3600 * scale));
  const sign = hours ? "" : degrees < 0 ? "−" : "+";
  return `${sign}${String(whole).padStart(2, "0")}:${String(minutes).padStart(2, "0")}:${seconds.toFixed(places).padStart(places + 3, "0")}`;
}

class Viewer {
  constructor(box) {
    this.box = box;
    this.find = (name) => box.querySelector(`[data-${name}]`);
    this.stage = this.find("stage");
    this.canvas = this.find("canvas");
    this.readout = this.find("readout");
    this.stretch = this.find("stretch");
    this.limits = this.find("limits");
    this.low = this.find("low");
    this.high = this.find("high");
    this.asked = 0;
    this.listen();
    this.open(box.dataset.hdu ?? "");
  }

  async open(hdu) {
    this.readout.textContent = "Loading the image…";
    const answer = await fetch(this.address(this.box.dataset.info, { hdu }), { headers: { Accept: "application/json" } }).catch(() => null);
    const info = await answer?.json().catch(() => null);
    if (!answer?.ok || !info) {
      this.readout.textContent = info?.problem || "The image could not be loaded.";
      this.box.dataset.state = "failed";
      return;
    }
    this.info = info;
    const isFits = info.index !== null;
    for (const part of this.box.querySelectorAll("[data-fits-only]")) part.hidden = !isFits;
    this.find("extension-choice").hidden = info.extensions.length < 2;
    this.find("extension").replaceChildren(...info.extensions.map(([index, label]) => new Option(label, index, false, index === info.index)));
    this.find("header").hidden = !info.header.length;
    this.find("header-text").textContent = info.header.join("\n");
    this.whole = this.part = null;
    this.useLimits();
    this.fit();
    this.redraw();
  }

  address(path, parameters) {
    const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
    return `${path}?${query}`;
  }

  useLimits() {
    const known = this.info.limits[this.limits.value];
    if (known) [this.low.value, this.high.value] = known.map((value) => Number(value.toPrecision(6)));
  }

  /* What of the image is drawn, and how. */
  look() {
    return this.info.index === null ? {} : { hdu: this.info.index, stretch: this.stretch.value, limits: `${this.low.value},${this.high.value}` };
  }

  async picture(parameters) {
    const image = new Image();
    image.src = this.address(this.box.dataset.image, parameters);
    await image.decode();
    return image;
  }

  async redraw() {
    const turn = ++this.asked;
    this.part = null;
    try {
      const whole = await this.picture({ ...this.look(), size: WHOLE });
      if (turn !== this.asked) return;
      this.whole = whole;
      this.box.dataset.state = "drawn";
      this.readout.textContent = `${this.info.width} × ${this.info.height} pixels. Point at the image to read positions.`;
      this.paint();
      this.sharpen();
    } catch {
      if (turn !== this.asked) return;
      this.readout.textContent = "This cannot be drawn: limits are two numbers, the lower one first.";
      this.box.dataset.state = "failed";
    }
  }

  /* A sharper picture of what is seen, once it is seen larger than the whole was drawn. */
  sharpen() {
    clearTimeout(this.soon);
    const { info } = this;
    if (!info || info.index === null || !this.whole) return;
    const ratio = devicePixelRatio || 1;
    if (this.scale * ratio * Math.max(info.width, info.height) <= WHOLE * 1.2) return;
    this.soon = setTimeout(async () => {
      const [left, top] = this.toImage(0, 0);
      const [right, bottom] = this.toImage(this.stage.clientWidth, this.stage.clientHeight);
      const x = Math.max(0, Math.floor(left - 0.5));
      const y = Math.max(0, Math.floor(bottom - 0.5));
      const width = Math.min(info.width, Math.ceil(right - 0.5)) - x;
      const height = Math.min(info.height, Math.ceil(top - 0.5)) - y;
      if (width < 1 || height < 1) return;
      const turn = this.asked;
      const size = Math.min(2048, Math.ceil(Math.max(width, height) * Math.min(1, this.scale * ratio)));
      try {
        const image = await this.picture({ ...this.look(), x, y, width, height, size: Math.max(16, size) });
        if (turn === this.asked) { this.part = { image, x, y, width, height }; this.paint(); }
      } catch { /* the whole stays */ }
    }, 180);
  }

  fit() {
    const { clientWidth, clientHeight } = this.stage;
    this.scale = Math.min(clientWidth / this.info.width, clientHeight / this.info.height);
    this.left = (clientWidth - this.info.width * this.scale) / 2;
    this.top = (clientHeight - this.info.height * this.scale) / 2;
    this.fitted = true;
  }

  zoom(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    if (!this.info) return;
    const least = Math.min(this.stage.clientWidth / this.info.width, this.stage.clientHeight / this.info.height) / 2;
    const scale = Math.min(Math.max(this.scale * factor, least), MOST_ZOOM);
    this.left = x - (x - this.left) * scale / this.scale;
    this.top = y - (y - this.top) * scale / this.scale;
    this.scale = scale;
    this.fitted = false;
    this.paint();
    this.sharpen();
  }

  move(dx, dy) {
    if (!this.info) return;
    this.left += dx;
    this.top += dy;
    this.fitted = false;
    this.paint();
    this.sharpen();
  }

  toImage(x, y) {
    return [(x - this.left) / this.scale + 0.5, this.info.height - (y - this.top) / this.scale + 0.5];
  }

  paint() {
    if (!this.whole) return;
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.stage;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.imageSmoothingEnabled = this.scale < 2;
    const { info, scale } = this;
    // a scaled picture has whole squares of pixels, so it may reach a little beyond the right and the upper edge
    const place = (image, x, y, width, height) => {
      const step = Math.max(1, Math.ceil(width / image.naturalWidth), Math.ceil(height / image.naturalHeight));
      const isWhole = info.index === null;
      const w = isWhole ? width : image.naturalWidth * step;
      const h = isWhole ? height : image.naturalHeight * step;
      pen.save();
      pen.beginPath();
      pen.rect(this.left + x * scale, this.top + (info.height - y - height) * scale, width * scale, height * scale);
      pen.clip();
      pen.drawImage(image, this.left + x * scale, this.top + (info.height - y - h) * scale, w * scale, h * scale);
      pen.restore();
    };
    place(this.whole, 0, 0, info.width, info.height);
    if (this.part) place(this.part.image, this.part.x, this.part.y, this.part.width, this.part.height);
    if (this.cross) {
      pen.strokeStyle = "#7fffd4";
      pen.beginPath();
      pen.moveTo(clientWidth / 2 - 9, clientHeight / 2);
      pen.lineTo(clientWidth / 2 + 9, clientHeight / 2);
      pen.moveTo(clientWidth / 2, clientHeight / 2 - 9);
      pen.lineTo(clientWidth / 2, clientHeight / 2 + 9);
      pen.stroke();
    }
  }

  read(px, py) {
    if (!this.whole) return;
    const [x, y] = this.toImage(px, py);
    const inside = x >= 0.5 && y >= 0.5 && x <= this.info.width + 0.5 && y <= this.info.height + 0.5;
    if (!inside) { this.readout.textContent = "Outside of the image."; return; }
    const sky = skyAt(this.info.wcs, x, y);
    const where = sky ? `RA ${sexagesimal(sky.ra, true)}  Dec ${sexagesimal(sky.dec, false)}  (${sky.ra.toFixed(6)}, ${sky.dec.toFixed(6)} deg, ICRS)` : this.info.index === null ? "" : "no position on the sky in the header";
    this.readout.textContent = `x ${x.toFixed(1)}  y ${y.toFixed(1)}  ${where}`;
    this.readout.dataset.x = x;
    this.readout.dataset.y = y;
    if (sky) { this.readout.dataset.ra = sky.ra; this.readout.dataset.dec = sky.dec; }
  }

  listen() {
    const { stage } = this;
    const held = new Map();
    let spread = 0;
    const place = (event) => { const box = stage.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    stage.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(Math.exp(-event.deltaY * 0.0015), ...place(event)); }, { passive: false });
    stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); held.set(event.pointerId, place(event)); spread = 0; });
    stage.addEventListener("pointermove", (event) => {
      const now = place(event);
      const before = held.get(event.pointerId);
      if (before) {
        held.set(event.pointerId, now);
        if (held.size === 2) {
          const [[ax, ay], [bx, by]] = [...held.values()];
          const wide = Math.hypot(ax - bx, ay - by);
          if (spread) this.zoom(wide / spread, (ax + bx) / 2, (ay + by) / 2);
          spread = wide;
        } else this.move(now[0] - before[0], now[1] - before[1]);
      }
      this.read(...now);
    });
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, (event) => { held.delete(event.pointerId); spread = 0; });
    stage.addEventListener("dblclick", (event) => this.zoom(2, ...place(event)));
    stage.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
      if (steps[event.key]) this.move(...steps[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.4);
      else if (event.key === "-") this.zoom(1 / 1.4);
      else if (event.key === "0") { this.fit(); this.paint(); }
      else return;
      event.preventDefault();
      this.cross = true;
      this.readout.setAttribute("aria-live", "polite");
      this.paint();
      this.read(stage.clientWidth / 2, stage.clientHeight / 2);
    });
    stage.addEventListener("blur", () => { this.cross = false; this.readout.setAttribute("aria-live", "off"); this.paint(); });
    for (const button of this.box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        if (!this.info) return;
        const kind = button.dataset.zoom;
        if (kind === "fit") { this.fit(); this.paint(); this.sharpen(); } else this.zoom(kind === "in" ? 1.5 : kind === "out" ? 1 / 1.5 : 1 / this.scale);
      });
    }
    this.stretch.addEventListener("change", () => this.redraw());
    this.limits.addEventListener("change", () => { this.useLimits(); this.redraw(); });
    for (const field of [this.low, this.high]) field.addEventListener("change", () => { this.limits.value = "own"; this.redraw(); });
    this.find("extension").addEventListener("change", (event) => this.open(event.target.value));
    new ResizeObserver(() => { if (this.info) { if (this.fitted) this.fit(); this.paint(); this.sharpen(); } }).observe(stage);
  }
}

for (const box of document.querySelectorAll("[data-image-viewer]")) box.viewer = new Viewer(box);
