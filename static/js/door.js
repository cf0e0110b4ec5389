// At the door: scan the card and the photo ID, sign on the screen, and what is due without what is refused. The page
// works without all of it: each of these fills boxes that can be typed into. Listeners stand on the document, because
// the card of a stop is replaced.
(() => {
  "use strict";
  const within = (part, selector) => part.closest("[data-door]").querySelector(selector);
  const box = (form, name) => form.elements[name];
  const tell = (element) => {
    element.dispatchEvent(new Event("input", { bubbles: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const fill = (form, name, value) => {
    const field = box(form, name);
    if (!field || !value) return;
    if (field.type === "checkbox") field.checked = true;
    else field.value = value; // of radio buttons too
    tell(field.length && !field.options ? field[0] : field);
  };

  // --- The reader of barcodes: loaded when somebody scans for the first time, from our own files ---
  let loading;
  const load = (form) => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = form.dataset.reader;
      script.onload = () => {
        window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => form.dataset.wasm } });
        resolve(window.ZXingWASM);
      };
      script.onerror = reject;
      document.head.append(script);
    });
    loading.catch(() => (loading = undefined)); // the next try asks again
    return loading;
  };
  const look = async (form, image, format) => {
    const reader = await load(form);
    const found = await reader.readBarcodes(image, { formats: [format], tryHarder: true, maxNumberOfSymbols: 1 });
    return found.find((code) => code.isValid);
  };

  // --- The camera, or a picture where there is none ---
  const MOST_PIXELS = 2400; // of the longer side: enough for the narrow bars, and quick on a phone
  let scan; // what is being scanned: the form, its button and the stream of the camera
  const words = (name) => {
    const line = within(scan.button, "[data-camera-words]");
    line.textContent = line.dataset[name];
  };
  const drawn = (source, width, height) => {
    const canvas = document.createElement("canvas");
    const smaller = Math.min(1, MOST_PIXELS / Math.max(width, height));
    canvas.width = Math.round(width * smaller);
    canvas.height = Math.round(height * smaller);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
  };
  const stop = () => {
    if (!scan) return;
    if (scan.stream) scan.stream.getTracks().forEach((track) => track.stop());
    const panel = within(scan.button, "[data-camera]");
    panel.querySelector("video").srcObject = null;
    panel.hidden = true;
    scan = undefined;
  };
  const watch = async (mine) => {
    const video = within(mine.button, "video");
    while (scan === mine && mine.stream) {
      if (video.videoWidth) {
        const code = await look(mine.form, drawn(video, video.videoWidth, video.videoHeight), mine.format);
        if (code && scan === mine) return take(code);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  const start = async (button) => {
    stop();
    const form = button.closest("[data-door]");
    const mine = (scan = { button, form, format: button.dataset.scan });
    const panel = within(button, "[data-camera]");
    (button.closest("[data-scan-or-type]") || button).after(panel);
    panel.hidden = false;
    words("look");
    load(form).catch(() => scan === mine && words("noReader"));
    const camera = { video: { facingMode: "environment", width: { ideal: 1920 } } };
    try {
      mine.stream = await navigator.mediaDevices.getUserMedia(camera);
    } catch {
      if (scan === mine) words("noCamera");
      return;
    }
    if (scan !== mine) return mine.stream.getTracks().forEach((track) => track.stop());
    const video = panel.querySelector("video");
    video.srcObject = mine.stream;
    await video.play();
    watch(mine).catch(() => scan === mine && words("noReader"));
  };
  const picture = async (input) => {
    const mine = scan;
    const file = input.files[0];
    input.value = "";
    if (!file || !mine) return;
    try {
      const image = await createImageBitmap(file);
      const code = await look(mine.form, drawn(image, image.width, image.height), mine.format);
      if (scan !== mine) return;
      if (code) take(code);
      else words("none");
    } catch {
      if (scan === mine) words(window.ZXingWASM ? "none" : "noReader");
    }
  };
  const take = (code) => {
    const { button, form, format } = scan;
    stop();
    if (format === "QRCode") {
      fill(form, "card", code.text);
      fill(form, "card_checked", "on");
      show(form);
      button.focus();
    } else compare(button, form, code.bytes);
  };

  // --- What the photo ID says is compared by the portal; the bytes are sent, because text mode spells control signs ---
  const say = (form, sentences, isFine) => {
    const place = form.querySelector("[data-said]");
    place.classList.toggle("door__said--differs", !isFine);
    openTyped(form); // what was read stands there, or can be typed
    place.replaceChildren(
      ...sentences.map((sentence) => {
        const line = document.createElement("p");
        line.textContent = sentence;
        return line;
      }),
    );
  };
  const compare = async (button, form, bytes) => {
    const chosen = box(form, "received_by") ? box(form, "received_by").value : "";
    const away = form.querySelector("[data-camera-words]").dataset.away;
    let answer;
    try {
      const response = await fetch(`${button.dataset.address}?received_by=${encodeURIComponent(chosen)}`, {
        method: "POST",
        body: bytes,
        credentials: "same-origin",
        redirect: "error",
        headers: {
          Accept: "application/json",
          "Content-Type": "application/octet-stream",
          "X-CSRFToken": box(form, "csrfmiddlewaretoken").value,
        },
      });
      answer = await response.json();
    } catch {
      return say(form, [away], false);
    }
    Object.entries(answer.fields || {}).forEach(([name, value]) => fill(form, name, value));
    fill(form, "received_by", answer.received_by);
    say(form, answer.sentences || [away], Boolean(answer.is_fine));
  };

  // --- What the photo ID says is typed in where it is not scanned ---
  const openTyped = (form) => {
    form.querySelector("[data-id-typed]").hidden = false;
    form.querySelector("[data-type-in]").setAttribute("aria-expanded", "true");
  };

  // --- The signature: lines in the units of a field of 600 by 200 ---
  const MOST_POINTS = 1800; // 20 kB at most
  const pads = new WeakMap();
  const pointOf = (pad, event) => {
    const place = pad.getBoundingClientRect();
    const at = (value, from, length, units) =>
      Math.max(0, Math.min(units, Math.round(((value - from) / length) * units)));
    return [
      at(event.clientX, place.left, place.width, pad.width),
      at(event.clientY, place.top, place.height, pad.height),
    ];
  };
  const draw = (pad, lines) => {
    const pen = pad.getContext("2d");
    pen.clearRect(0, 0, pad.width, pad.height);
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    lines.forEach((line) => {
      pen.beginPath();
      line.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
    });
  };
  const keep = (pad, lines) => {
    const form = pad.closest("[data-door]");
    const path = lines.map((line) => line.map(([x, y], place) => `${place ? "L" : "M"}${x} ${y}`).join("")).join("");
    box(form, "signature").value = path;
    if (path) fill(form, "signed", "drawn");
    show(form);
  };
  const read = (path) =>
    path
      .split("M")
      .filter(Boolean)
      .map((line) => line.split("L").map((point) => point.split(" ").map(Number)));
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.matches("[data-pad]") || event.button) return;
    event.target.setPointerCapture(event.pointerId);
    const lines = pads.get(event.target) || [];
    lines.push([pointOf(event.target, event)]);
    pads.set(event.target, lines);
    event.target.dataset.drawing = "";
  });
  document.addEventListener("pointermove", (event) => {
    const pad = event.target;
    if (!pad.matches || !pad.matches("[data-pad][data-drawing]")) return;
    const lines = pads.get(pad);
    const line = lines[lines.length - 1];
    const [x, y] = pointOf(pad, event);
    const [lastX, lastY] = line[line.length - 1];
    if (Math.abs(x - lastX) + Math.abs(y - lastY) < 3 || lines.flat().length >= MOST_POINTS) return;
    line.push([x, y]);
    draw(pad, lines);
  });
  ["pointerup", "pointercancel"].forEach((name) =>
    document.addEventListener(name, (event) => {
      if (!event.target.matches || !event.target.matches("[data-pad][data-drawing]")) return;
      delete event.target.dataset.drawing;
      keep(event.target, pads.get(event.target));
    }),
  );

  // --- What is shown: buttons that need this script, the box of a typed name, and what is due now ---
  const dollars = (cents) => `$${(cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`;
  const due = (form) => {
    form.dataset.whole ??= form.dataset.due;
    const refused = [...form.querySelectorAll("[data-refused] [data-cents]")].reduce(
      (sum, field) => sum + (Number(field.value) || 0) * Number(field.dataset.cents),
      0,
    );
    const line = form.querySelector("[data-now-due]");
    form.dataset.due = Number(form.dataset.whole) - refused; // the question about the tip reads it
    line.textContent = refused ? line.dataset.words.replace("{due}", dollars(form.dataset.due)) : "";
  };
  const show = (form) => {
    const signed = box(form, "signed").value;
    form.querySelector("[data-typed-name]").hidden = signed !== "typed";
    const pad = form.querySelector("[data-pad]");
    pad.hidden = !["", "drawn"].includes(signed);
    form.querySelector("[data-pad-clear]").hidden = pad.hidden || !box(form, "signature").value;
    const card = form.querySelector("[data-card-number]"); // an address is nothing to read: the words say that it is there
    card.hidden = box(form, "card").value.includes("/verify/") && !card.querySelector(".usa-form-group--error");
    form.querySelector("[data-card-said]").hidden = !card.hidden;
  };
  const ready = (form) => {
    if (form.dataset.ready) return;
    form.dataset.ready = "1";
    const mayScan = !document.querySelector("#run-sheet[data-away]"); // the page that stands in without network has no camera
    form.querySelectorAll("[data-scan='QRCode'], [data-scan-or-type]").forEach((part) => (part.hidden = !mayScan));
    const typed = form.querySelector("[data-id-typed]");
    typed.hidden = mayScan && !box(form, "id_number").value && !typed.querySelector(".usa-form-group--error");
    form.querySelector("[data-type-in]").setAttribute("aria-expanded", String(!typed.hidden));
    const pad = form.querySelector("[data-pad]");
    pads.set(pad, read(box(form, "signature").value));
    draw(pad, pads.get(pad));
    show(form);
    due(form);
  };
  const readyAll = () => document.querySelectorAll("[data-door]").forEach(ready);
  document.addEventListener("click", (event) => {
    if (event.target.matches("[data-scan]")) start(event.target);
    if (event.target.matches("[data-type-in]")) {
      openTyped(event.target.form);
      box(event.target.form, "id_number").focus();
    }
    if (event.target.matches("[data-camera-stop]")) {
      if (scan.button.closest("[data-scan-or-type]")) openTyped(scan.form);
      stop();
    }
    if (event.target.matches("[data-door] [type=submit]")) openTyped(event.target.form); // nothing that is missing is hidden
    if (!event.target.matches("[data-pad-clear]")) return;
    const pad = within(event.target, "[data-pad]");
    pads.set(pad, []);
    draw(pad, []);
    keep(pad, []);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-picture]")) picture(event.target);
    if (event.target.name === "signed") show(event.target.form);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-refused] [data-cents]")) due(event.target.form);
  });
  document.addEventListener("visibilitychange", () => document.hidden && stop());
  new MutationObserver(readyAll).observe(document.documentElement, { childList: true, subtree: true });
  readyAll();
})();
