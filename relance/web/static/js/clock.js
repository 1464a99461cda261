// On a demo instance time can be set forward: what ages on this page ages by it.
let asking = 0;

async function follow() {
  asking = 0;
  const answer = await fetch("/api/demo/clock").catch(() => null);
  if (answer?.ok) document.dispatchEvent(new CustomEvent("relance:clock", { detail: await answer.json() }));
}

document.addEventListener("relance:changed", ({ detail }) => {
  if (["clock", "everything"].includes(detail.what) && !asking) asking = setTimeout(follow, 100);
});
