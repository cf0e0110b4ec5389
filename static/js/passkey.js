// What can be done with a passkey is shown where the browser knows them; allauth's own script talks to it.
(() => {
  "use strict";
  const all = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const able = Boolean(window.PublicKeyCredential && navigator.credentials);
  const hideFailures = () => all("[data-passkey-failed]", (words) => (words.hidden = true));

  all("[data-passkey]", (part) => (part.hidden = !able));
  all("[data-passkey-missing]", (words) => (words.hidden = able));
  all("button[data-passkey]", (button) => button.addEventListener("click", hideFailures));

  // InvalidStateError: the device holds a passkey of this account already.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const what = event.detail.exception.name === "InvalidStateError" ? "known" : "other";
    all(`[data-passkey-failed="${what}"]`, (words) => {
      words.hidden = false;
      words.focus();
    });
  });
})();
