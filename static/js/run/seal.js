// Seals what this phone keeps of a run. The key is made from the driver's PIN, cannot be exported, and is never stored.
(() => {
  "use strict";
  const ROUNDS = 600000; // of PBKDF2 with SHA-256, as OWASP advises
  const bytesOf = (text) => new TextEncoder().encode(text);

  // The pepper is a key of this browser: who copies `salt` and the sealed data away cannot try PINs elsewhere.
  const newLock = async () => ({
    salt: crypto.getRandomValues(new Uint8Array(16)),
    pepper: await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
  });

  const keyOf = async (pin, { salt, pepper }) => {
    const peppered = await crypto.subtle.sign("HMAC", pepper, bytesOf(pin));
    const material = await crypto.subtle.importKey("raw", peppered, "PBKDF2", false, ["deriveKey"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
    return crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  };

  // `what` is bound to the value: sealed data of one run or kind opens as no other.
  const seal = async (key, what, value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const how = { name: "AES-GCM", iv, additionalData: bytesOf(what) };
    return { iv, data: await crypto.subtle.encrypt(how, key, bytesOf(JSON.stringify(value))) };
  };

  const open = async (key, what, { iv, data }) => {
    const how = { name: "AES-GCM", iv, additionalData: bytesOf(what) };
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, data)));
  };

  const isWeak = (pin) =>
    /^(\d)\1+$/.test(pin) || "01234567890123".includes(pin) || "98765432109876".includes(pin);
  const isPin = (pin) => /^\d{6,12}$/.test(pin);

  window.runSheet = { seal: { newLock, keyOf, seal, open, isPin, isWeak } };
})();
