// What this phone keeps, in IndexedDB. A run: {run, label, until, salt, pepper, check, copy, wrongPins}. An entry: {id,
// run, kind, sealed}. `check`, `copy` and `sealed` are sealed (seal.js); the rest says nothing about a person. `until` is
// by this phone's clock, which may differ from the portal's.
(() => {
  "use strict";
  const answer = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  let opened = null;
  const database = () => {
    if (opened) return opened;
    const request = indexedDB.open("run-sheet", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("runs", { keyPath: "run" });
      request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true }).createIndex("run", "run");
    };
    opened = answer(request);
    return opened;
  };

  // Returns when the disk has it: what was entered at a door must outlive a phone that is switched off.
  const change = async (name, act) => {
    const work = (await database()).transaction(name, "readwrite", { durability: "strict" });
    const result = answer(act(work.objectStore(name)));
    await new Promise((resolve, reject) => {
      work.oncomplete = resolve;
      work.onerror = work.onabort = () => reject(work.error);
    });
    return result;
  };
  const read = async (name, act) => answer(act((await database()).transaction(name).objectStore(name)));

  // While something waits to be sent, signing out must not clear the browser's storage (accounts/middleware.py).
  const noteUnsent = async () => {
    const count = await read("entries", (all) => all.count());
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `run-unsent=${count || ""}; Path=/; SameSite=Strict; Max-Age=${count ? 604800 : 0}${secure}`;
  };
  const changeEntries = async (act) => {
    const result = await change("entries", act);
    await noteUnsent();
    return result;
  };

  const store = {
    run: (run) => read("runs", (all) => all.get(run)),
    runs: () => read("runs", (all) => all.getAll()),
    saveRun: (record) => change("runs", (all) => all.put(record)),
    dropRun: (run) => change("runs", (all) => all.delete(run)),
    entries: (run) => read("entries", (all) => all.index("run").getAll(run)),
    add: (entry) => changeEntries((all) => all.add(entry)),
    save: (entry) => changeEntries((all) => all.put(entry)),
    drop: (id) => changeEntries((all) => all.delete(id)),

    // Erases the sheet of a run. What waits to be sent stays, sealed, and so does what its PIN is checked with.
    async erase(run) {
      const record = await store.run(run);
      if (!record) return;
      const waiting = await store.entries(run);
      await (waiting.length ? store.saveRun({ ...record, copy: null }) : store.dropRun(run));
    },
    async eraseAll(keep = () => false) {
      for (const { run } of await store.runs()) if (!keep(run)) await store.erase(run);
    },
    async eraseOld() {
      for (const { run, until } of await store.runs()) if (until < Date.now()) await store.erase(run);
    },
  };
  window.runSheet.store = store;
})();
