/* The files of a list are of what its filters find now, also after these were changed in place. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-measurement-export]");
  if (!link) return;
  const query = new URLSearchParams(location.search);
  for (const name of ["page", "per_page", "sort", "saved", "_table"]) query.delete(name);
  query.set("as", link.dataset.measurementExport);
  link.search = query;
});
