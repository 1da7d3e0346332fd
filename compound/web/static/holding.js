// A review is held while somebody works on it, and others see who looks at it. A page that is seen but not used is warned
// before its hold lapses, at least 20 seconds; any key or movement, or the button, keeps it.

import { whole } from "./html.js";

const EVERY_S = 30;
const AGAIN_S = 3;
const IDLE_S = 60;
const WARNED_S = 30;
const HERE_S = 20;

export function holding({ send, tell, untell, panes }) {
  const warning = document.getElementById("lapsing");
  const words = { soon: warning.querySelector("[data-what=soon]"), over: warning.querySelector("[data-what=over]") };
  let active = Date.now();
  let asked = 0;
  let until = 0;

  function warn(what) {
    if (warning.dataset.shows === what) return;
    warning.dataset.shows = what;
    warning.hidden = !what;
    for (const [name, node] of Object.entries(words)) node.hidden = name !== what;
    if (what) document.getElementById("live").textContent = words[what].textContent.trim();
  }

  async function hold() {
    if (document.visibilityState !== "visible" || document.body.dataset.busy === "yes") return;
    asked = Date.now();
    const body = new FormData();
    body.set("draft_sha256", panes.dataset.draft);
    const answer = await whole(send("/hold", { method: "POST", body }));
    if (!answer?.ok) {
      asked -= (EVERY_S - AGAIN_S) * 1000;
      if (answer === null) tell("offline");
      return;
    }
    const now = JSON.parse(answer.text);
    if (now.state === "held") {
      until = Date.now() + now.left_s * 1000;
      for (const input of document.querySelectorAll("input[name=version]")) input.value = now.version;
      untell("offline");
      panes.dataset.held = "yes";
      warn("");
    } else {
      until = 0;
      warn("");
      const known = { stale: "stale", redrafted: "redrafted", taken: "taken", decided: "decided" };
      tell(known[now.state] ?? "closed", now.who, now.why);
    }
  }

  function use() {
    const wasIdle = Date.now() - active > IDLE_S * 1000 || !warning.hidden;
    active = Date.now();
    if (wasIdle) hold();
  }

  function look() {
    const now = Date.now();
    if (now - active <= IDLE_S * 1000 && now - asked >= EVERY_S * 1000) hold();
    else if (until && now >= until) warn("over");
    else if (until && until - now <= WARNED_S * 1000) warn("soon");
  }

  hold();
  setInterval(look, 1000);
  for (const kind of ["keydown", "pointerdown", "pointermove", "input", "wheel"]) addEventListener(kind, use, { passive: true });
  document.addEventListener("visibilitychange", hold);
  warning.querySelector("button").addEventListener("click", hold);
}

export function presence({ send, csrf }) {
  const chip = document.getElementById("others");
  const say = (away) => {
    const body = new FormData();
    body.set("csrf", csrf);
    if (away) body.set("away", "yes");
    return send("/here", { method: "POST", body, keepalive: away });
  };
  async function here() {
    if (document.visibilityState !== "visible") return;
    const answer = await whole(say(false));
    if (!answer?.ok) return;
    const { others } = JSON.parse(answer.text);
    chip.lastElementChild.textContent = others.join(", ");
    chip.hidden = others.length === 0;
  }
  here();
  setInterval(here, HERE_S * 1000);
  document.addEventListener("visibilitychange", here);
  addEventListener("pagehide", () => void say(true).catch(() => {}));
}
