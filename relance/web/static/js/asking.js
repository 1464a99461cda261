// Posts as htmx does, but however many at once, and tells the page what the answer says besides. Returns the answer, or
// null where none came.
export async function post(to, said = {}) {
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(to, {
    method: "POST",
    body: new URLSearchParams(said),
    headers: { ...token, "HX-Request": "true", "HX-Current-URL": location.href },
    keepalive: true, // also when the page is left
  }).catch(() => null);
  if (answer?.ok) hear(answer);
  return answer;
}

function hear({ headers }) {
  if (headers.get("HX-Redirect")) return location.assign(headers.get("HX-Redirect"));
  for (const [name, detail] of Object.entries(JSON.parse(headers.get("HX-Trigger") ?? "{}"))) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
