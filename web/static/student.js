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
/* "请老师来找我": sent at once, kept and sent again until it arrives. */
(function () {
  "use strict";
  var d = document, form = d.querySelector("form[data-ask]"), wait = 1000;
  if (!form || !window.fetch) { return; }
  var state = form.querySelector("[data-ask-state]"), config = form.dataset;
  function keep(text) { try { if (text) { sessionStorage.setItem("ask", text); } else { sessionStorage.removeItem("ask"); } } catch (e) { /* memory only */ } }
  function send(body) {
    fetch(form.action, {
      method: "POST", body: body, credentials: "same-origin",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "X-CSRFToken": d.querySelector("meta[name=csrf-token]").content }
    }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      keep(""); state.textContent = config.sent; state.classList.add("sent");
    }).catch(function () {
      state.textContent = config.waiting;
      setTimeout(function () { send(body); }, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, 30000);
    });
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var body = new URLSearchParams(new FormData(form)).toString();
    keep(body);
    state.textContent = config.sending;
    send(body);
  });
  try { if (sessionStorage.getItem("ask")) { send(sessionStorage.getItem("ask")); } } catch (e) { /* memory only */ }
})();
