// The run sheet on a phone: keeps the sheet for a time without network, and what was entered at the doors until it is
// sent. Without this script the page's forms work as they are.
(() => {
  "use strict";
  const { seal, store, Queue, card, shown } = window.runSheet;
  const { byId, words, say } = shown;
  const SHORT_WAIT = 8000; // ms that a driver waits for an answer at the door
  const LOOKS_EVERY = 20000; // ms
  const place = byId("run-sheet");
  const needed = [window.isSecureContext, window.indexedDB, navigator.serviceWorker, navigator.locks];
  if (!place) return;
  place.querySelectorAll("form[data-keep]").forEach(card.show);
  place.addEventListener("input", ({ target }) => target.form && card.show(target.form));
  if (!needed.every(Boolean)) return;

  const asServed = place.innerHTML;
  const isAway = "away" in place.dataset;
  const named = `${location.pathname}${location.hash}`.match(/[0-9a-f]{8}-[0-9a-f-]{27}/);
  let run = named ? named[0] : "";
  let offset = isAway ? 0 : Date.parse(place.dataset.now) - Date.now();
  let record, queue, cards, pending, key;
  let isTouched = false;
  let isBusy = false;
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const isOff = () => !navigator.onLine || Boolean(queue && queue.state === "away");
  const cardPart = () => place.querySelector("[data-card]");
  const openNumber = () => (cardPart()?.querySelector("[data-stop]") || { dataset: {} }).dataset.stop;

  // --- What is on the page

  const show = (main) => {
    const before = isTouched ? cardPart().firstElementChild : null;
    place.after(byId("run-net"), byId("run-kept"));
    place.innerHTML = main;
    const number = before && before.dataset.stop;
    // What the driver is typing stays, unless the stop is done or must not be delivered any more.
    if (number && (cards[number] || "").includes('data-keep="hand-over"')) openCard(before);
    else isTouched = false;
    dress();
  };
  const dress = () => {
    const head = place.querySelector(".run__head");
    head.append(byId("run-net"));
    head.after(byId("run-kept"));
    place.querySelectorAll("form[data-keep]").forEach(card.show);
  };
  const openCard = (node) => {
    cardPart().replaceChildren(...(node ? [node] : []));
    const number = openNumber();
    place.querySelectorAll("[data-next] [data-row]").forEach((row) => (row.hidden = row.dataset.row === number));
    const next = place.querySelector("[data-next]");
    if (next) next.hidden = !next.querySelector("[data-row]:not([hidden])");
    cardPart().querySelectorAll("form[data-keep]").forEach(card.show);
  };
  const nodeOf = (html) => {
    const part = document.createElement("template");
    part.innerHTML = html || "";
    return part.content.firstElementChild;
  };
  const openStop = (number, html = cards[number]) => {
    isTouched = false;
    openCard(nodeOf(html));
    byId("stop-name")?.focus();
  };
  const overlay = () => {
    const moved = queue.waiting().filter((entry) => shown.mark(place, entry)).map((entry) => entry.stop);
    if (moved.includes(openNumber())) {
      const rows = [...place.querySelectorAll("[data-next] [data-row]")];
      openStop((rows[0] || { dataset: {} }).dataset.row);
    } else if (moved.length) {
      openCard(cardPart().firstElementChild);
    }
    shown.showRefused(queue.refused(), { onCorrect, onAgain, onRemove });
    showNet();
  };
  const showNet = () => {
    const state = queue ? queue.state : "ready";
    shown.showNet({ state, entries: queue ? queue.waiting() : [], isKept: Boolean(record && record.copy) });
    showPace();
  };
  const showPace = () => shown.showPace(place, Date.now() + (queue ? queue.offset : offset));

  // --- The PIN

  const pin = window.runSheet.askFor(() => ({ run, record, offset }), (made) => unlock(made));
  const unlock = async (made) => {
    key = made;
    record = await store.run(run);
    queue = new Queue(run, key, offset);
    await queue.load();
    pin.hide();
    if (isAway && record.copy) await showCopy();
    if (!isAway && !record.copy) await saveCopy({ ...place.dataset, main: asServed }); // until the whole one is here
    if (pending) await keepAndSend(pending);
    pending = null;
    await look();
  };
  const showCopy = async () => {
    const copy = await seal.open(key, `copy ${run}`, record.copy);
    cards = copy.cards;
    queue.offset = offset = copy.offset;
    byId("run-name").textContent = copy.label;
    show(copy.main);
    overlay();
  };

  // --- Sending, and reading the sheet anew

  let looking = null;
  const look = () => (looking = looking || lookNow().finally(() => (looking = null)));
  const lookNow = async () => {
    if (await queue.send()) say("");
    if (queue.state === "ready") await refresh();
    if (queue.state === "gone") await closeSheet();
    overlay();
  };
  const refresh = async () => {
    const answer = await queue.ask("copy/");
    if (!answer) return;
    queue.measure(answer.now);
    cards = answer.cards;
    show(answer.main);
    await saveCopy(answer);
  };
  const saveCopy = async ({ main, label, until }) => {
    if (until - queue.offset < Date.now()) return void (await store.erase(run));
    const copy = await seal.seal(key, `copy ${run}`, { main, cards: cards || {}, label, offset: queue.offset });
    record = { ...record, label, until: until - queue.offset, copy };
    await store.saveRun(record);
  };
  const closeSheet = async () => {
    await store.erase(run);
    cards = {};
    if (isAway) show('<div class="run__head"></div><div data-card></div>');
  };

  // A page that was left open keeps no sheet past the run's end. What the portal has sent stays on the screen.
  const eraseWhenOver = async () => {
    if (record && record.until < Date.now()) await closeSheet();
  };

  // --- What the driver enters

  const entryOf = (form, button) => {
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    if (data.has("entry_key")) data.set("entry_key", crypto.randomUUID());
    const isHandOver = form.dataset.keep === "hand-over";
    return {
      url: new URL(form.getAttribute("action"), location.origin).pathname,
      fields: [...data].filter(([, value]) => typeof value === "string"),
      kind: isHandOver ? "hand-over" : button.name,
      stop: openNumber(),
      name: byId("stop-name").textContent,
      typed: (data.get("stated_at") || "").trim(),
      corrects: Number(form.closest("[data-corrects]")?.dataset.corrects || 0),
    };
  };
  const isReady = (form) => {
    const missing = card.missing(form);
    const still = form.querySelector("[data-still]");
    if (missing.length) {
      still.classList.add("run__still--now");
      still.focus();
    }
    const outcome = new FormData(form).get("outcome");
    if (form.dataset.keep === "attempt" && !outcome) say(words.chooseOutcome, { isLoud: true });
    return !missing.length && (form.dataset.keep !== "attempt" || Boolean(outcome));
  };
  const keepAndSend = async (entry) => {
    if (isBusy) return;
    isBusy = true;
    await keepOne(entry).finally(() => (isBusy = false));
  };
  const keepOne = async (entry) => {
    const old = queue.entries.find(({ id }) => id === entry.corrects);
    if (old) Object.assign(entry, { happened: old.happened, offset: old.offset });
    let kept;
    try {
      kept = await queue.keep(entry);
    } catch {
      return say(words.cannotKeep, { isLoud: true });
    }
    if (old) await queue.drop(old);
    isTouched = false;
    const part = cardPart();
    part.inert = true;
    say(words.sending);
    await Promise.race([Promise.resolve(looking).then(look), wait(SHORT_WAIT)]);
    part.inert = false;
    if (kept.refused && kept.card && !old) return showErrors(kept);
    say(kept.said || (kept.refused ? "" : words.keptNow));
    return overlay();
  };
  // The driver is still at the door and corrects the card: nothing has happened yet.
  const showErrors = async (entry) => {
    await queue.drop(entry);
    say("");
    openStop(entry.stop, entry.card);
    overlay();
    byId("error-summary")?.focus();
  };
  const onCorrect = (entry) => {
    openStop(entry.stop, entry.card);
    cardPart().firstElementChild.dataset.corrects = entry.id;
  };
  const onAgain = async (entry, typed) => {
    if (!/^\d{1,2}(:\d{2})?\s*([ap]\.?m\.?)?$/i.test(typed)) return say(words.enterTime, { isLoud: true });
    await queue.update(Object.assign(entry, { typed, refused: null, asks: "" }));
    return look();
  };
  const onRemove = async (entry) => {
    await queue.drop(entry);
    await look();
  };

  const takeOver = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if ((form.getAttribute("action") || "").includes("/logout/")) {
        takeOver(event);
        store.eraseAll().finally(() => form.submit());
      } else if (place.contains(form) && form.method === "post") {
        if (!form.dataset.keep) {
          if (!isOff()) return;
          takeOver(event);
          say(words.needsNetwork, { isLoud: true });
        } else if (queue || isOff()) {
          takeOver(event);
          if (!isReady(form)) return;
          const entry = entryOf(form, event.submitter);
          if (queue) return void keepAndSend(entry);
          pending = entry;
          pin.show();
          pin.say(words.pinFirst);
        }
      }
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".run__name[href]");
    if (!link || !cards) return;
    const { row } = link.closest("[data-row]").dataset;
    if (!cards[row]) return;
    event.preventDefault();
    openStop(row);
  });
  place.addEventListener("input", ({ target }) => {
    if (cardPart()?.contains(target)) isTouched = true;
  });

  // --- The start

  const worker = () => navigator.serviceWorker.controller;
  const keyOfWorker = () => {
    if (!worker()) return null;
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    worker().postMessage({ give: run }, [port2]);
    return Promise.race([answer, wait(1000)]);
  };
  const askToBeClaimed = async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (!worker()) active.postMessage({ claim: true }); // without a worker the key goes to no other page
  };
  window.addEventListener("pagehide", () => key && worker()?.postMessage({ hold: { run, key } }));
  const again = () => (queue && queue.state !== "signed-out" ? look() : showNet());
  window.addEventListener("online", again);
  window.addEventListener("offline", showNet);
  setInterval(() => {
    eraseWhenOver();
    showPace();
    if (queue && (queue.state === "away" || queue.waiting().length)) again();
  }, LOOKS_EVERY);
  document.addEventListener("visibilitychange", eraseWhenOver);

  const listKept = async () => {
    const kept = await store.runs();
    const links = kept.map((each) => {
      const link = shown.made("a", "usa-link", each.label);
      link.href = `/delivery/runs/${each.run}/`;
      const item = document.createElement("li");
      item.append(link);
      return item;
    });
    byId("run-list").replaceChildren(...links);
    byId("run-list").hidden = !links.length;
    byId("run-none").hidden = Boolean(links.length);
    return kept;
  };
  const start = async () => {
    dress();
    navigator.serviceWorker.register("/delivery/runs/worker.js").catch(() => {}); // without it the page needs the network
    askToBeClaimed();
    await store.eraseOld();
    if (!run) {
      const kept = await listKept();
      if (kept.length !== 1) return;
      byId("run-list").hidden = true;
      run = kept[0].run;
    }
    record = await store.run(run);
    showNet();
    if (!record) {
      if (isAway) await listKept();
      else if ("canKeep" in place.dataset) pin.show();
      return;
    }
    if (isAway) byId("run-name").textContent = record.label;
    const found = await keyOfWorker();
    if (found) await unlock(found);
    else pin.show();
  };
  start();
})();
