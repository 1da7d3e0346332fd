// The list of reviews: what is new or gone without moving a row, more rows in place, and a selection by keys.

import { elements, whole } from "./html.js";
import { meaning } from "./keys.js";

const EVERY_S = 5;
const MOST = 20;
const rows = document.querySelector(".rows[data-news]");
const seconds = (n) => new Promise((done) => setTimeout(done, n * 1000));
const listed = () => [...(rows?.querySelectorAll("li[data-id]") ?? [])];

// News: rows stay where they are. What is gone fades in place; what is new is announced and shown on request.
function show({ counts, gone, held, looking, ...told }) {
  for (const node of document.querySelectorAll(".views [data-count]")) {
    node.textContent = counts[node.dataset.count] || "";
  }
  for (const row of listed()) {
    const why = gone[row.dataset.id];
    row.classList.toggle("is-gone", why !== undefined);
    const mark = row.querySelector(".gone");
    mark.hidden = why === undefined;
    mark.textContent = why ?? "";
    const box = row.querySelector(".pick input");
    if (box && why !== undefined) [box.checked, box.disabled] = [false, true];
    for (const [mark, who] of [[".held", held], [".looking", looking]]) {
      const chip = row.querySelector(mark);
      const names = mark === ".looking" && looking[row.dataset.id] === held[row.dataset.id] ? "" : who[row.dataset.id];
      chip.hidden = !names;
      chip.lastElementChild.textContent = names ?? "";
    }
  }
  document.title = `${counts.open ? `(${counts.open}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
  const pill = document.querySelector(".pill");
  const link = pill.firstElementChild;
  const text = link.dataset.one.replace("%(n)s", told.new);
  if (told.new && link.textContent !== text) {
    link.textContent = text;
    document.getElementById("live").textContent = text;
  }
  pill.hidden = !told.new;
  count();
}

async function follow() {
  for (;;) {
    await seconds(EVERY_S);
    if (document.visibilityState !== "visible" || document.body.dataset.busy === "yes") continue;
    const address = new URL(rows.dataset.news, location.href);
    address.searchParams.set("since", rows.dataset.since);
    address.searchParams.set("ids", listed().map((row) => row.dataset.id).join(","));
    const answer = await whole(fetch(address, { headers: { accept: "application/json" } }));
    if (answer?.ok && answer.type.includes("json")) show(JSON.parse(answer.text));
  }
}

// A selection: of one kind, and not more than are approved at once.
const boxes = () => [...document.querySelectorAll(".pick input:not(:disabled)")];
const form = document.querySelector("form.bulk");
const every = form?.querySelector(".every");
const send = form?.querySelector(".picking button");

function count() {
  if (!send) return;
  const n = boxes().filter((box) => box.checked).length;
  send.disabled = n === 0 || n > MOST;
  const said = form.querySelector(".count");
  said.textContent = n ? said.dataset.text.replace("%(n)s", n) : "";
  every.checked = n > 0 && n === Math.min(MOST, boxes().length);
  every.indeterminate = n > 0 && !every.checked;
}
if (send) {
  every.parentElement.hidden = false;
  every.addEventListener("change", () => {
    boxes().forEach((box, at) => (box.checked = every.checked && at < MOST));
    count();
  });
  form.addEventListener("change", count);
  addEventListener("pageshow", count);
}

addEventListener("keydown", (event) => {
  if (meaning(event) !== "x" || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.documentElement.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  const row = document.activeElement?.closest?.("li[data-id]");
  const box = row?.querySelector(".pick input:not(:disabled)");
  if (!box || document.activeElement.matches("input")) return;
  event.preventDefault();
  box.click();
});

// More rows, in place.
addEventListener("click", async (event) => {
  const link = event.target.closest?.(".more a[rel=next]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  const answer = await whole(fetch(link.href));
  if (!answer?.ok) {
    location.assign(link.href);
    return;
  }
  const page = elements(answer.text);
  const known = new Set(listed().map((row) => row.dataset.id));
  const come = [...page.querySelectorAll(".rows li[data-id]")].filter((row) => !known.has(row.dataset.id));
  rows.append(...come.map((row) => document.importNode(row, true)));
  come.length && listed().at(-come.length).querySelector("a").focus({ preventScroll: true });
  const more = page.querySelector(".more a[rel=next]");
  if (more) [link.href, link.ariaBusy] = [more.getAttribute("href"), "false"];
  else link.parentElement.remove();
  count();
});

// A choice of a filter searches at once.
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
if (rows) follow();
