// The pad that types into the fields of a PIN, and the minute after which an untouched page is left. Without
// scripts a keyboard types into the same fields, and the session ends by itself.
"use strict";

const fields = [...document.querySelectorAll(".kiosk-entry input[type=password]")];
const pad = document.querySelector("[data-pad]");
let current = fields.find((field) => !field.value);

function choose(field) {
  current = field;
  for (const each of fields) each.toggleAttribute("data-current", each === current);
}

function press(key) {
  if (!current) return;
  if (key === "all") current.value = "";
  else if (key === "one") current.value = current.value.slice(0, -1);
  else if (current.value.length < Number(pad.dataset.longest)) current.value += key;
  const next = fields[fields.indexOf(current) + 1];
  if (next && current.value.length === Number(pad.dataset.complete)) choose(next);
}

if (pad && fields.length) {
  pad.hidden = false;
  choose(current);
  for (const field of fields) field.addEventListener("focus", () => choose(field));
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (key) press(key.dataset.key);
  });
}

const shown = document.querySelector("[data-remaining]");
const again = document.querySelector("[data-again]");
const leaving = document.querySelector("form[data-leave]");
let seconds = Number(shown ? shown.dataset.remaining : again ? again.dataset.again : 0);
const whole = seconds;

function tick() {
  seconds -= 1;
  if (shown) shown.textContent = shown.dataset.words.replace("{seconds}", seconds);
  if (seconds > 0) return;
  clearInterval(timer);
  for (const field of fields) field.value = "";
  if (!leaving) {
    location.reload();
    return;
  }
  leaving.elements.why.value = "time";
  leaving.submit();
}

const timer = whole ? setInterval(tick, 1000) : 0;
if (shown) {
  shown.hidden = false;
  shown.textContent = shown.dataset.words.replace("{seconds}", seconds);
}
for (const kind of ["pointerdown", "keydown", "input"])
  document.addEventListener(kind, () => {
    seconds = whole;
  });
