// Sends what was entered at the doors, in order, each with the time when it happened. The portal counts an entry once
// however often it arrives, so an entry is dropped here only after the portal has answered.
(() => {
  "use strict";
  const { seal, store } = window.runSheet;
  const LONGEST = 500000; // characters of an entry, with a drawn signature
  const CLOCK_CHANGED = 120000; // ms
  const PATIENCE = 20000; // ms

  class Queue {
    // `offset` is the portal's clock less this phone's, in ms: the phone's own may be a day off.
    constructor(run, key, offset) {
      Object.assign(this, { run, key, offset, state: "ready", entries: [] });
    }

    async load() {
      const found = await store.entries(this.run);
      this.entries = await Promise.all(
        found.map(async ({ id, sealed }) => ({ id, ...(await seal.open(this.key, `entry ${this.run}`, sealed)) })),
      );
    }

    async seal({ id, ...entry }) {
      const record = { run: this.run, kind: entry.kind, sealed: await seal.seal(this.key, `entry ${this.run}`, entry) };
      return id ? { id, ...record } : record;
    }

    async keep(entry) {
      if (JSON.stringify(entry.fields).length > LONGEST) throw new RangeError("entry is too large");
      const kept = { happened: Date.now() + this.offset, offset: this.offset, ...entry };
      kept.id = await store.add(await this.seal(kept));
      this.entries.push(kept);
      return kept;
    }

    async update(entry) {
      await store.save(await this.seal(entry));
    }

    async drop(entry) {
      await store.drop(entry.id);
      this.entries = this.entries.filter((each) => each !== entry);
    }

    waiting() {
      return this.entries.filter((entry) => !entry.refused);
    }

    refused() {
      return this.entries.filter((entry) => entry.refused);
    }

    async ask(path) {
      const wanted = { headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store" };
      try {
        const address = `/delivery/runs/${this.run}/${path}`;
        const answer = await fetch(address, { ...wanted, signal: AbortSignal.timeout(PATIENCE) });
        this.state = stateOf(answer);
        return this.state === "ready" ? await answer.json() : null;
      } catch {
        this.state = "away";
        return null;
      }
    }

    measure(now) {
      this.offset = Date.parse(now) - Date.now();
    }

    // One tab sends at a time. Returns whether something was sent or refused.
    send() {
      return navigator.locks.request(`run ${this.run}`, () => this.sendAll());
    }

    async sendAll() {
      const answer = await this.ask("state/");
      if (!answer) return false;
      this.measure(answer.now);
      let changed = false;
      for (const entry of this.waiting()) {
        if (!(await this.sendOne(entry, answer.token))) break;
        changed = true;
      }
      return changed;
    }

    // Returns whether the portal has answered about this entry.
    async sendOne(entry, token) {
      if (!entry.typed && Math.abs(this.offset - entry.offset) > CLOCK_CHANGED) {
        await this.update(Object.assign(entry, { refused: [], asks: "clock" }));
        return true;
      }
      const body = new URLSearchParams(entry.fields.filter(([name]) => name !== "csrfmiddlewaretoken"));
      body.set("csrfmiddlewaretoken", token);
      if (entry.typed) body.set("stated_at", entry.typed);
      else body.set("happened_at", new Date(entry.happened).toISOString());
      const how = { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" };
      try {
        const answer = await fetch(entry.url, { ...how, signal: AbortSignal.timeout(PATIENCE) });
        if (answer.status === 422) {
          const { sentences, card } = await answer.json();
          await this.update(Object.assign(entry, { refused: sentences, card, asks: card ? "" : "gone" }));
        } else if (answer.status === 404) {
          await this.update(Object.assign(entry, { refused: [], card: "", asks: "gone" }));
        } else {
          this.state = stateOf(answer);
          if (this.state !== "ready") return false;
          entry.said = (await answer.json()).said;
          await this.drop(entry);
        }
        return true;
      } catch {
        this.state = "away";
        return false;
      }
    }
  }

  // A redirect leads to the page to sign in. 404: the run is settled, or another driver's.
  const stateOf = (answer) => {
    if (answer.type === "opaqueredirect") return "signed-out";
    if (answer.status === 404) return "gone";
    return answer.ok ? "ready" : "away";
  };

  window.runSheet.Queue = Queue;
})();
