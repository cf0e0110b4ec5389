// The open card: what is still to check, and the question about a large tip. The server asks the same again.
(() => {
  "use strict";
  const ASKED_AGAIN = 2000; // cents: TIP_ASKED_AGAIN_CENTS in delivery/rules/hand_overs.py
  const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const money = (cents) => `$${(cents / 100).toFixed(2)}`;

  // Returns cents, or null for what is no amount.
  const centsOf = (box) => {
    const text = box ? box.value.trim().replace(/^\$\s*/, "").replace(/,/g, "") : "";
    if (!text) return 0;
    return /^\d{1,4}(\.\d{2})?$/.test(text) ? Math.round(Number(text) * 100) : null;
  };
  const isGiven = (form, name) => {
    const values = new FormData(form).getAll(name);
    return values.some((value) => typeof value === "string" && value.trim());
  };

  const missing = (form) => {
    const still = form.querySelector("[data-still]");
    if (!still) return [];
    const checks = Object.entries(JSON.parse(still.dataset.still));
    const names = checks.filter(([name]) => form.elements[name] && !isGiven(form, name)).map(([, words]) => words);
    const paid = [centsOf(form.elements.cash_cents), centsOf(form.elements.debit_cents)];
    const due = Number(form.dataset.due);
    const isPaid = !paid.includes(null) && paid[0] + paid[1] >= due && paid[1] <= due;
    if (!isPaid) names.push(still.dataset.stillMoney);
    const tip = tipOf(form, paid);
    const box = form.querySelector("[data-tip] input");
    if (tip > ASKED_AGAIN && !(box.checked && Number(box.value) === tip)) names.push(still.dataset.stillTip);
    return names;
  };
  const tipOf = (form, [cash, debit]) => (cash || 0) + (debit || 0) - Number(form.dataset.due);

  const askAboutTip = (form) => {
    const part = form.querySelector("[data-tip]");
    if (!part) return;
    const tip = tipOf(form, [centsOf(form.elements.cash_cents), centsOf(form.elements.debit_cents)]);
    const box = part.querySelector("input");
    part.hidden = tip <= ASKED_AGAIN;
    if (Number(box.value) === tip) return;
    box.checked = false;
    box.value = tip;
    part.querySelectorAll("[data-words]").forEach((words) => {
      words.textContent = filled(words.dataset.words, { tip: money(tip) });
    });
  };

  const show = (form) => {
    const still = form.querySelector("[data-still]");
    if (!still) return;
    askAboutTip(form);
    const what = missing(form);
    still.textContent = what.length ? filled(still.dataset.words, { what: what.join(", ") }) : "";
  };

  window.runSheet.card = { filled, missing, show };
})();
