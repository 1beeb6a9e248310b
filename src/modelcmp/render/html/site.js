// Search and filters of the front page. The list is whole without it; nothing is loaded and nothing leaves.
"use strict";
(() => {
  const models = JSON.parse(document.getElementById("index").textContent);
  const rows = new Map(
    Array.from(document.querySelectorAll("tr[data-model]"), (row) => [row.dataset.model, row]),
  );
  const form = document.getElementById("finder");
  const [words, task, open, commercial, told] = ["words", "task", "open", "commercial", "told"].map(
    (name) => document.getElementById(name),
  );
  const squash = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

  function serves(model, wanted) {
    return (
      (!task.value || model.tasks.includes(task.value)) &&
      (!open.checked || model.open) &&
      (!commercial.checked || model.commercial) &&
      wanted.every((word) => model.words.includes(word) || model.words.includes(squash(word) || word))
    );
  }

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const model of models) {
      const fits = serves(model, wanted);
      rows.get(model.id).hidden = !fits;
      shown += fits;
    }
    told.textContent = shown
      ? `${shown} of ${models.length} models`
      : "No model here has all of that. Try fewer words or fewer filters.";
  }

  const asked = new URLSearchParams(location.search);
  words.value = asked.get("q") || "";
  task.value = asked.get("task") || "";
  if (task.selectedIndex < 0) task.value = "";
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  filter();
})();
