// The driver's runs: what this phone keeps of a run that is not open any more is erased, and what waits is shown.
(() => {
  "use strict";
  const { store } = window.runSheet;
  const place = document.querySelector("[data-open-runs]");
  if (!window.isSecureContext || !window.indexedDB || !navigator.serviceWorker) return;
  navigator.serviceWorker.register("/delivery/runs/worker.js").catch(() => {}); // without it the page needs the network
  const open = place.dataset.openRuns.split(" ");

  const showWaiting = async () => {
    for (const { run, label } of await store.runs()) {
      if (open.includes(run) || !(await store.entries(run)).length) continue;
      const link = document.createElement("a");
      link.className = "usa-link";
      link.href = `/delivery/runs/away/#${run}`;
      link.textContent = place.dataset.waiting.replace("{run}", label);
      const line = document.createElement("p");
      line.append(link);
      place.append(line);
    }
    place.hidden = !place.children.length;
  };
  store
    .eraseOld()
    .then(() => store.eraseAll((run) => open.includes(run)))
    .then(showWaiting);
})();
