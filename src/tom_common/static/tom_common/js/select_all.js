// One box in the table's head selects all boxes of its body.
for (const table of document.querySelectorAll("[data-select-table]")) {
  const all = table.querySelector("[data-select-all]");
  const boxes = () => table.querySelectorAll("tbody input[type=checkbox]");
  all?.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  table.addEventListener("change", (event) => {
    if (event.target !== all) all.checked = [...boxes()].every((box) => box.checked);
  });
}
