"use strict";
// Finds rows within the lists of reasons; without scripts the lists are simply all there.
(function () {
  const line = document.querySelector(".find");
  if (!line) return;
  const input = line.querySelector("input");
  const told = line.querySelector("output");
  const reasons = Array.from(line.parentElement.querySelectorAll(".reason"));
  line.hidden = false;
  input.addEventListener("input", function () {
    const wanted = input.value.trim().toLowerCase();
    let found = 0;
    for (const reason of reasons) {
      let here = 0;
      for (const row of reason.querySelectorAll("tbody tr")) {
        row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
        if (!row.hidden) here += 1;
      }
      reason.hidden = wanted !== "" && here === 0;
      reason.querySelector("details").open = wanted !== "" && here > 0;
      found += here;
    }
    told.textContent = wanted === "" ? "" : found + (found === 1 ? " row" : " rows") + " shown on this page";
  });
})();
