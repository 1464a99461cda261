// Posts as htmx does, but however many at once, and tells the page what each answer says besides, in the order in which
// they were asked for: what was done last can be taken back first. Returns the answer, or null where none came.
let told = Promise.resolve();

export function post(to, said = {}) {
  const asked = ask(to, said);
  const answered = told.then(async () => {
    const answer = await asked;
    if (answer?.ok) hear(answer);
    return answer;
  });
  told = answered.catch(() => null);
  return answered;
}

// Resolves once everything that was asked for is told.
export const allTold = () => told;

function ask(to, said) {
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  return fetch(to, {
    method: "POST",
    body: new URLSearchParams(said),
    headers: { ...token, "HX-Request": "true", "HX-Current-URL": location.href },
    keepalive: true, // also when the page is left
  }).catch(() => null);
}

function hear({ headers }) {
  if (headers.get("HX-Redirect")) return location.assign(headers.get("HX-Redirect"));
  for (const [name, detail] of Object.entries(JSON.parse(headers.get("HX-Trigger") ?? "{}"))) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
