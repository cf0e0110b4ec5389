// Asks for the PIN of a run: to choose one, to enter it, or to erase what a forgotten one keeps sealed.
(() => {
  "use strict";
  const { seal, store, shown } = window.runSheet;
  const { byId, words } = shown;
  const WRONG_PINS = 5;

  // `now` returns the run, its record in the store or nothing, and the offset of the clock; `onKey` gets the key.
  const askFor = (now, onKey) => {
    const form = byId("run-pin");
    const box = byId("run-pin-box");

    const show = () => {
      const isNew = !now().record;
      form.hidden = false;
      form.querySelectorAll("[data-choose]").forEach((part) => (part.hidden = !isNew));
      form.querySelectorAll("[data-enter]").forEach((part) => (part.hidden = isNew));
    };
    const hide = () => {
      form.hidden = true;
      box.value = "";
    };
    const say = (text) => {
      const error = byId("run-pin-error");
      error.textContent = text;
      error.hidden = !text;
      box.focus();
    };
    const choose = async (pin) => {
      if (seal.isWeak(pin)) return say(words.pinWeak);
      const { run, offset } = now();
      const lock = await seal.newLock();
      const key = await seal.keyOf(pin, lock);
      const check = await seal.seal(key, `check ${run}`, run);
      const { label, until } = byId("run-sheet").dataset;
      await store.saveRun({ run, label, until: until - offset, copy: null, check, ...lock });
      navigator.storage?.persist?.();
      return onKey(key);
    };
    const enter = async (pin) => {
      const { run } = now();
      const record = await store.run(run);
      if (!record) return say(words.pinErased);
      const key = await seal.keyOf(pin, record);
      try {
        await seal.open(key, `check ${run}`, record.check);
      } catch {
        return refuse(record);
      }
      await store.saveRun({ ...record, wrongPins: 0 });
      return onKey(key);
    };
    const refuse = async (record) => {
      const wrongPins = (record.wrongPins || 0) + 1;
      await store.saveRun({ ...record, wrongPins }); // so that opening the page anew gives no further tries
      byId("run-forgot").hidden = false;
      if (wrongPins < WRONG_PINS) return say(words.pinWrong);
      await store.erase(record.run);
      return say(words.pinErased);
    };
    const forget = async (button) => {
      if (!button.dataset.sure) {
        button.dataset.sure = "yes";
        button.textContent = words.eraseSure;
        return;
      }
      const { run } = now();
      for (const { id } of await store.entries(run)) await store.drop(id);
      await store.dropRun(run);
      location.reload();
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (!seal.isPin(box.value)) return say(words.pinShape);
      say("");
      return void (now().record ? enter : choose)(box.value);
    });
    byId("run-forgot").addEventListener("click", ({ target }) => forget(target));
    return { show, hide, say };
  };

  window.runSheet.askFor = askFor;
})();
