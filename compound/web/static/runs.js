// Runs: counts that stay current, values that are copied, and a run that is followed while it runs.

import { whole } from "./html.js";

const seconds = (n) => new Promise((done) => setTimeout(done, n * 1000));

// The list: how many runs have each status, every 10 seconds while somebody looks.
async function count(nav) {
  for (;;) {
    if (document.visibilityState === "visible") {
      const answer = await whole(fetch(nav.dataset.counts, { headers: { accept: "application/json" } }));
      if (answer?.ok) {
        const { counts } = JSON.parse(answer.text);
        for (const node of nav.querySelectorAll("[data-count]")) node.textContent = counts[node.dataset.count] || "";
        const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
        const fresh = document.querySelector(".fresh");
        if (fresh && nav.dataset.total && total > Number(nav.dataset.total)) fresh.hidden = false;
        nav.dataset.total ||= String(total);
      }
    }
    await seconds(10);
  }
}
const nav = document.querySelector("[data-counts]");
if (nav) count(nav);

// A value: its JSON to the clipboard.
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const answer = await whole(fetch(button.dataset.copies));
    if (!answer?.ok) return;
    await navigator.clipboard.writeText(JSON.stringify(JSON.parse(answer.text), null, 2));
    const was = button.textContent;
    button.textContent = "✓";
    document.getElementById("live").textContent = was;
    await seconds(1.5);
    button.textContent = was;
  });
}

// A run: each event colours its node and adds to its text; at the end the page has what was recorded.
const colours = { running: "#4f46e5", done: "#15803d", failed: "#b91c1c", waiting: "#b45309", skipped: "#64748b" };
const states = {
  node_started: "running",
  node_finished: "done",
  node_failed: "failed",
  node_skipped: "skipped",
  review_opened: "waiting",
};

function show(node, state) {
  for (const drawn of document.querySelectorAll(".picture [data-node]")) {
    if (drawn.dataset.node !== node.split(".").pop()) continue;
    drawn.classList.remove(...Object.keys(colours), "unreached");
    drawn.classList.add(state);
    drawn.setAttribute("opacity", state === "skipped" ? "0.42" : "1");
    const panel = drawn.querySelector("rect");
    panel?.setAttribute("stroke", colours[state]);
    panel?.setAttribute("stroke-width", "3");
  }
}

function say(node, text) {
  const speech = document.querySelector(".speech");
  let place = [...speech.querySelectorAll("[data-text]")].find((one) => one.dataset.text === node);
  if (!place) {
    const head = document.createElement("h3");
    head.textContent = node;
    place = document.createElement("p");
    place.className = "text";
    place.dir = "auto";
    place.dataset.text = node;
    speech.append(head, place);
  }
  if (text === null) place.textContent = "";
  else place.append(text);
}

function follow(run) {
  // The page already shows what was said before: texts start again with the stream, which tells everything.
  for (const place of run.querySelectorAll("[data-text]")) place.textContent = "";
  const source = new EventSource(run.dataset.events);
  for (const [kind, state] of Object.entries(states)) {
    source.addEventListener(kind, (event) => show(JSON.parse(event.data).node, state));
  }
  source.addEventListener("token", (event) => {
    const { node, text } = JSON.parse(event.data);
    say(node, text);
  });
  source.addEventListener("token_void", (event) => say(JSON.parse(event.data).node, null));
  source.addEventListener("run_finished", () => {
    source.close();
    location.reload();
  });
  source.addEventListener("error", async () => {
    if (source.readyState !== EventSource.CLOSED) return;
    await seconds(2); // the server was restarted, or the run has ended
    location.reload();
  });
}
const run = document.querySelector("[data-events]");
if (run) follow(run);

// A run of another process: its spans come every few seconds.
const again = document.querySelector("[data-again]");
if (again) {
  await seconds(Number(again.dataset.again));
  if (document.visibilityState === "visible") location.reload();
  else document.addEventListener("visibilitychange", () => location.reload(), { once: true });
}
