// Shows on the sheet what this phone keeps: stops whose entry waits to be sent, the network, and what was refused.
(() => {
  "use strict";
  const { filled } = window.runSheet.card;
  const byId = (id) => document.getElementById(id);
  const words = byId("run-words") ? byId("run-words").dataset : {};
  const clock = (ms) => {
    const how = { hour: "numeric", minute: "2-digit", timeZone: "America/New_York" };
    const time = new Date(ms).toLocaleTimeString("en-US", how);
    return time.replace("AM", "a.m.").replace("PM", "p.m.");
  };
  const timeOf = (entry) => entry.typed || clock(entry.happened);
  const made = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.textContent = text;
    return node;
  };

  const say = (text, { isLoud = false } = {}) => {
    const said = byId("run-said");
    said.textContent = text;
    said.hidden = !text;
    if (isLoud) said.focus();
  };

  // --- The stops whose entry waits

  const linesOf = (entry) => {
    if (entry.kind === "hand-over") return [filled(words.handedOver, { at: timeOf(entry) }), words.kept];
    if (entry.kind === "later") return [filled(words.nobody, { at: timeOf(entry) }), words.kept];
    return [words.comesBack, words.kept];
  };
  const showLines = (row, entry) => {
    linesOf(entry).forEach((line) => row.children[1].append(made("span", "run__line", line)));
  };
  const toDone = (place, row, entry) => {
    const number = row.children[0];
    number.className = "run__place run__place--done";
    number.replaceChildren(made("span", "run__check", ""));
    row.children[1].replaceChildren(made("strong", "", row.querySelector(".run__name").textContent));
    showLines(row, entry);
    row.children[2].classList.add("run__money--done");
    place.querySelector("[data-done-list]").prepend(row);
    place.querySelector("[data-done-part]").hidden = false;
    const doorsOf = (rows) => new Set([...place.querySelectorAll(rows)].map(({ dataset }) => dataset.place));
    const progress = place.querySelector("progress");
    progress.value = doorsOf("[data-place]").size - doorsOf(".run__group:not([data-done-part]) [data-place]").size;
    place.querySelector("[data-done]").textContent = progress.value;
  };

  // Moves the row of a stop to where it stands after what was entered. Returns whether it has moved now.
  const mark = (place, entry) => {
    const row = place.querySelector(`[data-next] [data-row="${CSS.escape(entry.stop)}"]`);
    if (!row || row.dataset.entry === String(entry.id)) return false;
    row.dataset.entry = entry.id;
    row.hidden = false;
    if (entry.kind === "later") {
      row.parentElement.append(row);
      showLines(row, entry);
    } else {
      toDone(place, row, entry);
    }
    return true;
  };

  // --- Whether the driver is late: the next stop says from when on

  const showPace = (place, now) => {
    const part = place.querySelector("[data-pace-part]");
    if (!part) return;
    const next = place.querySelector("[data-next] [data-expected]");
    part.hidden = !next;
    if (!next) return;
    const pace = part.querySelector("[data-pace]");
    const isLate = now > next.dataset.lateFrom * 1000;
    const minutes = Math.ceil((now / 1000 - next.dataset.expected) / 60);
    pace.className = isLate ? "tag tag--warn" : "";
    pace.textContent = isLate ? filled(words.late, { minutes }) : words.onTime;
  };

  // --- The network

  const keptWords = (entries) => {
    if (!entries.length) return "";
    const allHandOvers = entries.every((entry) => entry.kind === "hand-over");
    const [one, many] = allHandOvers ? [words.oneKept, words.manyKept] : [words.oneEntry, words.manyEntries];
    return entries.length === 1 ? one : filled(many, { count: entries.length });
  };
  const showNet = ({ state, entries, isKept }) => {
    const net = byId("run-net");
    const isAway = state === "away" || !navigator.onLine;
    let text = keptWords(entries);
    if (isAway) text = `${words.noNetwork} ${text || (isKept ? words.sheetKept : "")}`;
    else if (state === "signed-out") text = words.signedOut;
    else if (state === "gone") text = words.closed;
    net.classList.toggle("run__net--away", isAway);
    net.hidden = !text;
    if (net.dataset.text === text) return;
    net.dataset.text = text;
    net.replaceChildren(made("span", "", text));
    if (!isAway && state === "signed-out") {
      const link = made("a", "usa-link", words.signIn);
      link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
      net.append(" ", link);
    }
  };

  // --- What the portal refused, until the driver has dealt with it

  const whyOf = ({ asks, refused }) => {
    if (refused.length) return refused.join(" ");
    return asks === "clock" ? words.clock : words.noLonger;
  };
  const refusedOne = (entry, { onCorrect, onAgain, onRemove }) => {
    const part = byId("run-refused-one").content.firstElementChild.cloneNode(true);
    part.querySelector("[data-what]").textContent = `${entry.stop}, ${entry.name}: ${linesOf(entry)[0]}`;
    part.querySelector("[data-why]").textContent = whyOf(entry);
    const again = part.querySelector("[data-again]");
    again.hidden = entry.asks !== "clock";
    again.elements.typed.value = entry.asks === "clock" ? clock(entry.happened).replaceAll(".", "") : "";
    again.addEventListener("submit", (event) => {
      event.preventDefault();
      onAgain(entry, again.elements.typed.value.trim());
    });
    const correct = part.querySelector("[data-correct]");
    correct.hidden = !entry.card;
    correct.addEventListener("click", () => onCorrect(entry));
    const remove = part.querySelector("[data-remove]");
    remove.addEventListener("click", () => {
      if (remove.dataset.sure) return onRemove(entry);
      remove.dataset.sure = "yes";
      remove.textContent = words.removeSure;
      return undefined;
    });
    return part;
  };
  const showRefused = (entries, actions) => {
    byId("run-refused").replaceChildren(...entries.map((entry) => refusedOne(entry, actions)));
  };

  window.runSheet.shown = { byId, words, say, mark, showPace, showNet, showRefused, made };
})();
