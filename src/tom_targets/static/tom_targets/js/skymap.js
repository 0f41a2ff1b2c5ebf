// The cells of the sky map by keyboard: one of them is in the order of Tab, the arrow keys go to the nearest in their direction.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(link) {
  const { x, y, width, height } = link.getBBox();
  return [x + width / 2, y + height / 2];
}

for (const group of document.querySelectorAll("[data-skymap-cells]")) {
  const cells = [...group.querySelectorAll("a")];
  group.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    const here = event.target.closest?.("a");
    if (!way || !here) return;
    event.preventDefault();
    const [x, y] = middle(here);
    let best = null, least = Infinity;
    for (const cell of cells) {
      const [cx, cy] = middle(cell);
      const along = (cx - x) * way[0] + (cy - y) * way[1];
      const aside = Math.abs((cx - x) * way[1]) + Math.abs((cy - y) * way[0]);
      if (along > 0.5 && along + 3 * aside < least) { least = along + 3 * aside; best = cell; }
    }
    if (!best) return;
    here.setAttribute("tabindex", "-1");
    best.setAttribute("tabindex", "0");
    best.focus();
  });
}
