// Keys: an element says its own with data-key ("e", "Control+Enter", "g r"); a key does what a click on it does.
// None works in a field, in an open dialog, while a page or a form is on its way, or while it is held down.

const busy = () => document.readyState !== "complete" || document.body.dataset.busy === "yes";
const isField = (node) => node instanceof Element && node.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const visible = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled;

// A person may have other keys in place of the usual ones: what a pressed key means.
const own = JSON.parse(document.documentElement.dataset.keymap ?? "{}");
const usual = new Map(Object.entries(own).map(([key, mine]) => [mine, key]));
export const meaning = (event) => usual.get(event.key) ?? (event.key in own ? "" : event.key);

let prefix = "";
let prefixTimer = 0;

function wanted(event) {
  const name = event.ctrlKey || event.metaKey ? `Control+${event.key}` : prefix ? event.key : meaning(event);
  const full = prefix ? `${prefix} ${name}` : name;
  const found = [...document.querySelectorAll("[data-key]")].filter(
    (node) => visible(node) && node.dataset.key.split("|").includes(full),
  );
  return { full, target: found[0] };
}

function begins(full) {
  return [...document.querySelectorAll("[data-key]")].some((node) =>
    node.dataset.key.split("|").some((one) => one.startsWith(`${full} `)),
  );
}

// What a person has not seen is shown first: the first press of a key only brings it into view.
function isOnScreen(node) {
  const box = node.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
}

function act(node) {
  if (!isOnScreen(node)) {
    node.scrollIntoView({ block: "nearest" });
    node.focus();
    return;
  }
  if (node.matches("input, textarea, select")) {
    node.focus();
    node.select?.();
  } else if (node.matches("summary")) {
    node.parentElement.open = true;
    const first = node.parentElement.querySelector("textarea, input:not([type=hidden]), select");
    (first ?? node).focus();
  } else {
    node.click();
  }
}

function move(step) {
  const rows = [...document.querySelectorAll(".rows a")];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  return true;
}

addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey || busy()) return;
  if (document.querySelector("dialog[open]")) return;
  const inField = isField(event.target);
  const isChord = event.ctrlKey || event.metaKey;
  if (inField && event.key === "Escape") {
    event.target.blur();
    return;
  }
  if (inField && !(isChord && event.key === "Enter")) return;
  if (!isChord && document.documentElement.dataset.shortcuts === "off") return;
  const step = { j: 1, k: -1 }[meaning(event)];
  if (!isChord && !prefix && step && move(step)) {
    event.preventDefault();
    return;
  }
  const { full, target } = wanted(event);
  clearTimeout(prefixTimer);
  if (target) {
    prefix = "";
    event.preventDefault();
    act(target);
  } else if (!isChord && begins(full)) {
    prefix = full;
    prefixTimer = setTimeout(() => (prefix = ""), 1000);
  } else {
    prefix = "";
  }
});

// A form is sent once: a second click or key while it is on its way does nothing.
addEventListener("submit", (event) => {
  if (document.body.dataset.busy === "yes") {
    event.preventDefault();
    return;
  }
  document.body.dataset.busy = "yes";
});
addEventListener("pageshow", () => {
  document.body.dataset.busy = "no";
});

for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.opens).showModal());
}
