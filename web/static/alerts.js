// Says within seconds that alerts came or wait untaken, on every page; small conditional requests.
(function () {
  "use strict";
  var d = document, bar = d.querySelector("[data-alerts]"), queue = d.querySelector("[data-alerts-news]");
  if (!bar || !window.fetch) { return; }
  var newest = queue ? Number(queue.getAttribute("data-newest")) : 0, pause = queue ? 1500 : 5000;
  var link = bar.querySelector("a"), title = d.title, tag = "", failed = 0, used = false;
  // only a person keeps the session alive, never an open page
  ["keydown", "pointerdown", "input"].forEach(function (name) {
    d.addEventListener(name, function () { used = true; }, true);
  });
  function say(text, href) {
    if (text && link.textContent !== text) { link.textContent = text; }
    link.setAttribute("href", href);
    bar.hidden = !text;
  }
  function told(body) {
    var untaken = body.urgent ? bar.getAttribute("data-untaken").replace("{n}", body.urgent) : "";
    say(untaken, bar.getAttribute("data-queue"));
    d.title = body.urgent ? "(" + body.urgent + ") " + title : title;
    if (queue && body.newest > newest) { queue.hidden = false; }
  }
  function poll() {
    var headers = { Accept: "application/json" };
    if (tag) { headers["If-None-Match"] = tag; }
    if (used) { headers["X-Attended"] = "1"; used = false; }
    fetch(bar.getAttribute("data-alerts"), { headers: headers })
      .then(function (answer) {
        failed = 0;
        // a page that is signed out would stay calm for ever
        if (answer.status === 401) { tag = ""; say(bar.getAttribute("data-gone"), location.href); return null; }
        if (answer.status === 200) { tag = answer.headers.get("ETag") || ""; return answer.json().then(told); }
        return null;
      })
      .catch(function () {
        failed += 1;
        if (failed > 2) { tag = ""; say(bar.getAttribute("data-down"), location.href); }
      })
      .then(function () { window.setTimeout(poll, pause); });
  }
  window.setTimeout(poll, queue ? 1000 : 0);
})();
