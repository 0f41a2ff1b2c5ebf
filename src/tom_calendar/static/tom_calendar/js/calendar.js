// The dialog opens when a form was put into it, and closes when the server says that it is done.
const element = document.getElementById("cal-modal");
const modal = () => window.bootstrap?.Modal.getOrCreateInstance(element);
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "cal-modal-body") modal()?.show();
});
document.body.addEventListener("calClose", () => modal()?.hide());
