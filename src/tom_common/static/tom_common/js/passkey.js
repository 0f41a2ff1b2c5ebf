// What a browser says about passkeys in words; the rest is allauth's webauthn.js.
const WORDS = {
  NotAllowedError: "It was cancelled, or took too long. Please try again.",
  InvalidStateError: "This key is registered already.",
  SecurityError: "Passkeys work only over https and under the address that they were made for.",
  NotSupportedError: "This key or browser cannot do what is asked for.",
};

function say(text) {
  for (const place of document.querySelectorAll("[data-passkey-error]")) {
    place.textContent = text;
    place.hidden = !text;
  }
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say(WORDS[event.detail.exception?.name] ?? "The passkey could not be used. Please try again.");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-passkey]")) say("");
}, { capture: true });

if (!window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey]")) button.disabled = true;
  say("This browser offers no passkeys here: they need https.");
}
