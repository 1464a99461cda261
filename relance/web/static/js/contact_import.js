// A file can be dropped on the field; one that is too large is told before it is sent.
const drop = document.querySelector("[data-drop]");
const input = drop.querySelector("input");
drop.querySelector(".drop-hint").hidden = false;

function judge() {
  const large = (input.files[0]?.size ?? 0) > Number(drop.dataset.most);
  document.querySelector("[data-too-large]").hidden = !large;
  input.form.querySelector("button.primary").disabled = large;
}

for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", over);
  });
}
drop.addEventListener("drop", ({ dataTransfer }) => {
  if (!dataTransfer.files.length) return;
  input.files = dataTransfer.files;
  judge();
});
input.addEventListener("change", judge);
judge();
