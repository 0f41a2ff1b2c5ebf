// Buttons that open a FITS file in JS9, shown where the project loads JS9.
if (window.JS9) {
  for (const button of document.querySelectorAll("[data-js9]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.JS9.LoadWindow(button.dataset.js9, {}, "light"));
  }
}
