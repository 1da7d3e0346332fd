// Drafts that are approved together: each is ticked as read when its text is opened. The key of "open" opens the next one.

for (const details of document.querySelectorAll("details.reads")) {
  const box = details.parentElement.querySelector("input[name=read]");
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    box.checked = true;
    details.querySelector("summary").removeAttribute("data-key");
    details.scrollIntoView({ block: "nearest" });
  });
}
