// The page of one review: lights the evidence of a claim, keeps what is typed, says what an edit does, counts down the
// undo time. Without it the page still works.

import { holding, presence } from "./holding.js";
import { elements, whole } from "./html.js";

const panes = document.querySelector("[data-review]");
const base = `/reviews/${panes.dataset.review}`;
const csrf = panes.dataset.csrf;
const isOpen = panes.dataset.open === "yes";

function send(path, init) {
  const headers = { "x-csrf-token": csrf, "x-fragment": "yes", ...init.headers };
  return fetch(`${base}${path}`, { credentials: "same-origin", redirect: "manual", ...init, headers });
}

// Claims: a link to the evidence lights the exact words, in every place that says it.
function light(number, { scroll = true } = {}) {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  const marks = [...document.querySelectorAll(`mark[data-claim="${number}"]`)];
  for (const node of document.querySelectorAll(`[data-claim="${number}"]`)) node.classList.add("lit");
  for (const mark of marks) for (let at = mark.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  if (scroll) marks[0]?.scrollIntoView({ block: "center", inline: "center" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-claim]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  light(link.dataset.claim);
  history.replaceState(null, "", link.getAttribute("href"));
  link.focus({ preventScroll: true });
});
document.addEventListener("focusin", (event) => {
  const link = event.target.closest?.("a[data-claim]");
  if (link?.matches(":focus-visible")) light(link.dataset.claim);
});
const asked = /^#c(\d+)/.exec(location.hash);
if (asked) light(asked[1]);

// A query is read from the trace when somebody looks at it.
for (const details of document.querySelectorAll("details[data-load]")) {
  details.addEventListener("toggle", async () => {
    if (!details.open || details.dataset.loaded) return;
    details.dataset.loaded = "yes";
    const answer = await whole(fetch(details.dataset.load, { headers: { "x-fragment": "yes" } }));
    if (answer?.ok) details.querySelector(".loads").replaceChildren(elements(answer.text));
  });
}

// What happened meanwhile is said above; nothing that was typed is touched.
const happened = document.getElementById("happened");
function tell(what, who = "", why = "") {
  for (const one of happened.querySelectorAll("[data-what]")) one.hidden = one.dataset.what !== what;
  happened.querySelector("[data-who]").textContent = who;
  happened.querySelector("[data-why]").textContent = why;
  happened.hidden = false;
}

function untell(what) {
  if (!happened.querySelector(`[data-what=${what}]`).hidden) happened.hidden = true;
}

if (isOpen && document.querySelector(".decide")) holding({ send, tell, untell, panes });
presence({ send, csrf });

// An edit: what it would do, and where it is kept.
const form = document.querySelector("form[data-action=edit]");
const store = `compound:${panes.dataset.review}`;
let pen = Number(panes.dataset.pen);

function typed() {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (/^(field\.|drop\.|note)/.test(name)) fields[name] = value;
  }
  return fields;
}

function said(what) {
  const line = form.querySelector(".saved");
  line.textContent = line.dataset[what] ?? "";
}

async function save() {
  const fields = typed();
  said("saving");
  const body = JSON.stringify({ fields, draft_seq: Number(panes.dataset.seq) });
  const headers = { "content-type": "application/json", "if-match": `"${pen}"` };
  const answer = await whole(send("/draft", { method: "PUT", body, headers }));
  if (answer?.ok) {
    pen = JSON.parse(answer.text).version;
    sessionStorage.removeItem(store);
    said("saved");
  } else {
    said(answer?.status === 412 ? "elsewhere" : "kept");
  }
}

let previewing = null;
async function preview() {
  previewing?.abort();
  previewing = new AbortController();
  const body = new FormData(form);
  body.set("action", "edit");
  const ticked = new Set(body.getAll("checked"));
  const answer = await whole(send("/preview", { method: "POST", body, signal: previewing.signal }));
  if (!answer?.ok) return;
  const found = elements(answer.text);
  for (const box of found.querySelectorAll("input[name=checked]")) box.checked = ticked.has(box.value);
  const wrong = new Map([...found.querySelectorAll("[data-error]")].map((one) => [one.dataset.error, one.textContent.trim()]));
  form.querySelector(".foresees").replaceWith(found);
  for (const field of form.querySelectorAll("[name^='field.']")) {
    const why = wrong.get(field.name.slice("field.".length));
    field.toggleAttribute("aria-invalid", Boolean(why));
  }
}

// A person may have typed before this program ran: that is newer than what the tab kept.
function isUntouched(field) {
  const shown = field.defaultValue ?? [...field.options].find((one) => one.defaultSelected)?.value ?? field.value;
  return field.value === shown;
}

if (form) {
  let saves = 0;
  let shows = 0;
  form.addEventListener("input", () => {
    try {
      sessionStorage.setItem(store, JSON.stringify({ seq: panes.dataset.seq, fields: typed() }));
    } catch {
      // A full or forbidden store: the server keeps it.
    }
    clearTimeout(saves);
    clearTimeout(shows);
    saves = setTimeout(save, 800);
    shows = setTimeout(preview, 350);
  });
  form.addEventListener("submit", () => {
    clearTimeout(saves);
    clearTimeout(shows);
    previewing?.abort();
  });
  const left = sessionStorage.getItem(store);
  if (left) {
    const kept = JSON.parse(left);
    if (kept.seq === panes.dataset.seq) {
      for (const [name, value] of Object.entries(kept.fields)) {
        const field = form.elements.namedItem(name);
        if (field && field.type !== "checkbox" && isUntouched(field)) field.value = value;
      }
      form.closest("details").open = true;
      preview();
      save();
    }
  }
  form.closest("details").addEventListener("toggle", (event) => {
    document.body.classList.toggle("editing", event.target.open);
    if (event.target.open) preview();
  });
  document.body.classList.toggle("editing", form.closest("details").open);
}

// The server says until when a decision can be undone, and what time it is.
const undo = document.querySelector(".undo[data-until]");
if (undo) {
  const ends = Date.now() + (new Date(undo.dataset.until).getTime() - Number(undo.dataset.now) * 1000);
  const left = undo.querySelector(".left");
  const words = left.textContent;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    left.textContent = words.replace(/[\d\u0660-\u0669]+/, String(seconds));
    if (seconds === 0) location.reload();
    else setTimeout(tick, 500);
  };
  tick();
}
