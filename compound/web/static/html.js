// Parts of pages that this server rendered, as elements. The one policy of the site: nothing else becomes HTML.

const policy = globalThis.trustedTypes?.createPolicy("compound", { createHTML: (text) => text });

export function elements(text) {
  const holder = document.createElement("template");
  holder.innerHTML = policy ? policy.createHTML(text) : text;
  return holder.content;
}

// An answer with its whole text; null if the network, or the page itself, ended before all of it was there.
export async function whole(asked) {
  try {
    const answer = await asked;
    const type = answer.headers.get("content-type") ?? "";
    return { ok: answer.ok, status: answer.status, type, text: await answer.text() };
  } catch {
    return null;
  }
}
