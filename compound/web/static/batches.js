// A page that says data-refresh reads itself again every so many milliseconds, and puts the parts that changed in place.
// A part that somebody is in (focus, an open form) stays as it is until they leave it.

const MARK = "[data-refresh]";

// A document without sinks: the text is parsed by the browser's loader, its scripts never run.
function read(url) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => (request.status === 200 && request.response ? done(request.response) : failed(request.status));
    request.onerror = () => failed(0);
    request.open("GET", url);
    request.send();
  });
}

const isInUse = (part) =>
  part.contains(document.activeElement) || [...part.querySelectorAll("details")].some((one) => one.open);

function refresh(fresh) {
  const next = fresh.querySelector("main");
  const now = document.querySelector("main");
  const parts = [...next.querySelectorAll("[id^='batch-'], .rows")];
  const key = (one) => (one.id ? `#${one.id}` : ".rows");
  const present = [...now.querySelectorAll("[id^='batch-'], .rows")];
  if (parts.map(key).join() !== present.map(key).join()) {
    // Parts came or went: the whole page, unless somebody is in it.
    const [whole, other] = [now.firstElementChild, next.firstElementChild];
    if (whole && other && !isInUse(whole)) whole.replaceWith(document.importNode(other, true));
  } else {
    for (const part of parts) {
      const old = now.querySelector(key(part));
      if (old && !isInUse(old) && old.outerHTML !== part.outerHTML) old.replaceWith(document.importNode(part, true));
    }
  }
  const [mark, old] = [next.querySelector("#batch, #batches"), document.querySelector("#batch, #batches")];
  if (mark && old && !mark.dataset.refresh) delete old.dataset.refresh;
  const [said, before] = [next.querySelector("h1 + p .chip"), document.body.dataset.status];
  const status = said?.textContent.trim() ?? "";
  if (status && before && status !== before) document.getElementById("live").textContent = status;
  if (status) document.body.dataset.status = status;
  document.title = fresh.title;
}

async function run() {
  for (;;) {
    const every = Number(document.querySelector(MARK)?.dataset.refresh ?? 0);
    if (!every) return;
    await new Promise((done) => setTimeout(done, every));
    if (document.hidden || document.querySelector("dialog[open]") || document.body.dataset.busy === "yes") continue;
    try {
      refresh(await read(location.href));
    } catch {
      // The server is away, or the session has ended: the next try tells.
    }
  }
}

run();
