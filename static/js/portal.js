// Help on top of pages that work without it.
(() => {
  "use strict";
  const all = (selector, act) => document.querySelectorAll(selector).forEach(act);

  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();
  document.addEventListener("htmx:afterSettle", (event) => {
    const swapped = event.target.querySelector && event.target.querySelector("#error-summary");
    if (swapped) swapped.focus();
    if (event.target.id === "main-content") event.target.focus({ preventScroll: true }); // another page, as if loaded
  });
  // htmx has shown another page: what leads back to "this page" leads there.
  document.addEventListener("htmx:pushedIntoHistory", () =>
    all("[data-own-page]", (part) =>
      part.setAttribute(part.matches("a") ? "href" : "value", location.pathname + location.search),
    ),
  );

  // An answer that htmx does not show: the form is sent as without scripts, and the browser shows it as a page.
  const orSend = (event) => {
    if (event.detail.elt.matches("[data-or-send]")) event.detail.elt.form.submit();
  };
  ["htmx:responseError", "htmx:sendError"].forEach((name) => document.addEventListener(name, orSend));

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

  // A button of a stepper goes when its product leaves the cart or the stock ends: the focus moves to the next one.
  document.addEventListener("htmx:afterSettle", (event) => {
    const next = event.target.querySelector && event.target.querySelector(".stepper button:enabled");
    if (next && document.activeElement === document.body) next.focus({ preventScroll: true });
  });

  // The answer to a form that was sent: Back and Reload lead to the page itself, and never send the form again.
  if (document.querySelector("[data-posted]")) history.replaceState(null, "", location.href);

  // Every box of the forms on this page that a person fills in, by the name it is sent under.
  const formsOfPage = () => [...document.querySelectorAll("main form")].filter((form) => form.method === "post");
  const isTyped = (box) => !["hidden", "submit", "button", "file", "password"].includes(box.type) && box.name;
  const differs = (box) => {
    if (box.type === "checkbox" || box.type === "radio") return box.checked !== box.defaultChecked;
    if (box.options) return [...box.options].some((option) => option.selected !== option.defaultSelected);
    return box.value !== box.defaultValue;
  };

  // What was typed before the session ended: the server kept it and gives it back once, here.
  const before = document.querySelector("[data-typed]");
  if (before) {
    const typed = JSON.parse(document.getElementById("typed-fields").textContent);
    const names = (form) => new Set([...form.elements].filter(isTyped).map((box) => box.name));
    const fits = (form) => Object.keys(typed).filter((name) => names(form).has(name)).length;
    const form = formsOfPage().sort((one, other) => fits(other) - fits(one))[0];
    if (form && fits(form)) {
      [...form.elements].filter(isTyped).forEach((box) => {
        const values = typed[box.name] || [];
        if (box.type === "checkbox" || box.type === "radio") box.checked = values.includes(box.value);
        else if (box.options) [...box.options].forEach((option) => (option.selected = values.includes(option.value)));
        else if (values.length) box.value = values[0];
      });
      before.querySelector("[data-typed-filled]").hidden = false;
    }
  }

  const idle = document.querySelector("[data-idle-seconds]");
  if (!idle) return;
  const soon = idle.querySelector("[data-idle-soon]");
  const over = idle.querySelector("[data-idle-over]");
  const away = idle.querySelector("[data-idle-away]");
  const kept = idle.querySelector("[data-idle-kept]");
  const stay = idle.querySelector("[data-idle-stay]");
  const address = idle.dataset.sessionUrl;
  const personal = "main, header .account__who, header .menu__who, .whose, .ordering-for, .messages, [data-typed]";
  let ends = Date.now() + Number(idle.dataset.idleSeconds) * 1000;
  let wasTyping = false;
  let isOver = false;

  const show = (left) => {
    idle.hidden = left > 180000; // the server notes visits once a minute: two minutes are sure
    soon.hidden = stay.hidden = left <= 0;
    over.hidden = left > 0;
    away.hidden = true;
    all(personal, (part) => (part.hidden = left <= 0));
  };
  const ask = (query, options) =>
    fetch(address + query, { credentials: "same-origin", redirect: "error", ...options })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then((answer) => {
        ends = Date.now() + answer.left * 1000;
        return answer;
      });
  // The whole form is sent when something in it was typed, so that an unticked box is known as well.
  const typedNow = () => {
    const form = formsOfPage().find((each) => [...each.elements].some((box) => isTyped(box) && differs(box)));
    const files = [...document.querySelectorAll("main input[type=file]")].some((box) => box.files.length);
    if (!form) return null;
    const body = new URLSearchParams({ _page: location.pathname });
    new FormData(form).forEach((value, name) => {
      const box = form.elements[name];
      if (typeof value === "string" && !(box && box.type === "password")) body.append(name, value);
    });
    if (files) body.append("_files", "1");
    return body;
  };
  const end = () => {
    isOver = true;
    const body = typedNow();
    const hide = () => {
      show(0);
      all(personal, (part) => part.remove());
      document.title = over.firstChild.textContent.trim();
    };
    if (!body) return hide();
    return ask("", { method: "POST", body }).then((answer) => {
      kept.hidden = !answer.kept;
      hide();
    }, hide);
  };
  // All tabs share one session: another tab may have kept it open, so the server is asked before anything is said.
  const look = () => {
    if (isOver) return;
    const left = ends - Date.now();
    if (left > 180000) return show(left);
    ask("").then(
      (answer) => (answer.left > 0 ? show(answer.left * 1000) : end()),
      () => {
        show(left); // no connection: this clock hides what is personal, and the server is asked again
        if (left <= 0) over.hidden = !(away.hidden = false);
      },
    );
  };
  const goOn = () => ask("?stay=1").then((answer) => show(answer.left * 1000), look);
  const typing = () => {
    wasTyping = true;
  };
  setInterval(look, 5000);
  setInterval(() => {
    if (wasTyping && !isOver) goOn();
    wasTyping = false;
  }, 30000);
  ["input", "change", "keydown"].forEach((name) => document.addEventListener(name, typing));
  document.addEventListener("visibilitychange", look);
  document.addEventListener("htmx:afterRequest", goOn);
  stay.addEventListener("click", goOn);
})();
