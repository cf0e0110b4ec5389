// Help on top of pages that work without it.
(() => {
  "use strict";
  const all = (selector, act) => document.querySelectorAll(selector).forEach(act);

  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  all("[data-reveal]", (button) => {
    const box = document.getElementById(button.dataset.reveal);
    const show = button.textContent;
    const label = box.labels[0] ? box.labels[0].textContent.trim() : "";
    const turn = (type) => {
      box.type = type;
      button.textContent = type === "password" ? show : button.dataset.hide;
      button.setAttribute("aria-label", `${button.textContent.trim()} ${label}`);
    };
    turn("password");
    button.hidden = false;
    button.addEventListener("click", () => turn(box.type === "password" ? "text" : "password"));
    if (box.form) box.form.addEventListener("submit", () => turn("password"));
  });

  all("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  // A long list of boxes gets a search by the beginnings of words; what is ticked stays in sight, and the arrow down
  // leads into the list.
  all("[data-choice-search]", (search) => {
    const input = search.querySelector("input");
    const status = search.querySelector("[role=status]");
    const wordsOf = (text) =>
      text
        .normalize("NFD")
        .replace(/\p{M}|['’]/gu, "")
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean);
    const wordsOfLabel = (label) => {
      const copy = label.cloneNode(true);
      copy.querySelectorAll("[data-not-searched]").forEach((part) => part.remove());
      return wordsOf(copy.textContent);
    };
    const choices = [...search.parentElement.querySelectorAll("input[type=checkbox]")].map((box) => ({
      box,
      row: box.parentElement,
      words: wordsOfLabel(box.labels[0]),
    }));
    const narrow = () => {
      const wanted = wordsOf(input.value);
      choices.forEach(({ box, row, words }) => {
        row.hidden = !box.checked && !wanted.every((start) => words.some((word) => word.startsWith(start)));
      });
      const shown = choices.filter(({ row }) => !row.hidden).length;
      status.textContent = wanted.length
        ? status.dataset.shown.replace("{shown}", shown).replace("{all}", choices.length)
        : "";
    };
    search.hidden = false;
    input.addEventListener("input", narrow);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // would send the form
      if (event.key !== "Enter" && event.key !== "ArrowDown") return;
      const first = choices.find(({ row }) => !row.hidden);
      if (first) first.box.focus();
    });
  });

  // The second click of a double click is dropped; the button itself stays alive, for a post that never arrived.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-hx-post]")) return;
    const last = sent.get(event.target) || -Infinity;
    if (event.timeStamp - last < 3000) event.preventDefault();
    else sent.set(event.target, event.timeStamp);
  });

  const idle = document.querySelector("[data-idle-seconds]");
  if (!idle) return;
  const soon = idle.querySelector("[data-idle-soon]");
  const over = idle.querySelector("[data-idle-over]");
  const stay = idle.querySelector("[data-idle-stay]");
  const limit = Number(idle.dataset.idleSeconds) * 1000;
  let since = Date.now();
  const look = () => {
    const left = since + limit - Date.now();
    idle.hidden = left > 180000; // the server notes visits once a minute: two minutes are sure
    soon.hidden = stay.hidden = left <= 0;
    over.hidden = left > 0;
  };
  const restart = () => {
    since = Date.now();
    look();
  };
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("htmx:afterRequest", restart);
  stay.addEventListener("click", () =>
    fetch(idle.dataset.keepAliveUrl, { credentials: "same-origin", redirect: "error" }).then((answer) => {
      if (answer.ok) restart();
    }, look),
  );
})();
