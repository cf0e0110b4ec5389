// A scanner types a lot and ends it with Enter: go on to the next empty box, and never send the page half filled in.
(() => {
  "use strict";
  const boxes = () => [...document.querySelectorAll("[data-scan]")];
  const goOn = (from) => {
    const all = boxes();
    const at = all.indexOf(from);
    const next = [...all.slice(at + 1), ...all.slice(0, at)].find((box) => !box.value.trim());
    const done = document.querySelector("[data-scanned]");
    if (next) return next.focus();
    done.hidden = false; // no button gets the focus: one scan too many would press it
    done.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-scan]")) return;
    event.preventDefault();
    if (event.target.value.trim()) goOn(event.target);
  });
  const first = document.querySelector(".errors [data-scan]") ?? boxes().find((box) => !box.value);
  if (first) first.focus();
})();
