// Lets the browser make or use a passkey, and sends what it says with the form around the button.
"use strict";

const form = document.querySelector("form[data-passkey]");
const failed = document.getElementById("passkey-failed");

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(options) {
  const list = (some) => (some || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const found = { ...options, challenge: bytes(options.challenge) };
  if (options.user) {
    found.user = { ...options.user, id: bytes(options.user.id) };
    found.excludeCredentials = list(options.excludeCredentials);
  } else {
    found.allowCredentials = list(options.allowCredentials);
  }
  return found;
}

function told(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function use(event) {
  event.preventDefault();
  failed.hidden = true;
  try {
    const publicKey = asked(JSON.parse(form.dataset.passkey));
    const credential = publicKey.user
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
    form.elements.credential.value = told(credential);
    form.submit();
  } catch (problem) {
    failed.hidden = false;
    failed.focus();
  }
}

if (window.PublicKeyCredential) {
  form.hidden = false;
  document.getElementById("passkey-none").hidden = true;
  form.addEventListener("submit", use);
}
