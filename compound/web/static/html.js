// Parts of pages that this server rendered, as elements. The one policy of the site: nothing else becomes HTML.

const policy = globalThis.trustedTypes?.createPolicy("compound", { createHTML: (text) => text });

export function elements(text) {
  const holder = document.createElement("template");
  holder.innerHTML = policy ? policy.createHTML(text) : text;
  return holder.content;
}
