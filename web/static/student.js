/* Pages for students and guardians, without it everything still works: large type, the help bar, focus on errors. */
(function () {
  "use strict";
  var d = document, root = d.documentElement;
  var large = d.querySelector("[data-large]");
  function show() { large.setAttribute("aria-pressed", root.classList.contains("large") ? "true" : "false"); }
  if (large) {
    show();
    large.addEventListener("click", function () {
      root.classList.toggle("large");
      try { localStorage.setItem("large-type", root.classList.contains("large") ? "1" : "0"); } catch (e) { /* storage off */ }
      show();
    });
  }
  var summary = d.querySelector(".error-summary");
  if (summary) { summary.focus(); }

  var help = d.getElementById("help");
  if (help) {
    d.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && help.open) { help.open = false; help.querySelector("summary").focus(); }
    });
  }
})();
