// Says within a few seconds that new alerts came: one small conditional request every three seconds.
(function () {
  "use strict";
  var head = document.querySelector("[data-alerts]");
  var news = document.querySelector("[data-alerts-news]");
  if (!head || !news || !window.fetch) { return; }
  var newest = Number(head.getAttribute("data-newest")), tag = "";
  function poll() {
    var headers = { Accept: "application/json" };
    if (tag) { headers["If-None-Match"] = tag; }
    fetch(head.getAttribute("data-alerts"), { headers: headers })
      .then(function (answer) {
        if (answer.status !== 200) { return null; }
        tag = answer.headers.get("ETag") || "";
        return answer.json();
      })
      .then(function (body) { if (body && body.newest > newest) { news.hidden = false; } })
      .catch(function () { return null; })
      .then(function () { window.setTimeout(poll, 3000); });
  }
  window.setTimeout(poll, 2000);
})();
