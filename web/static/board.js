// Keeps the figures of a board fresh with one small conditional request every five seconds.
(function () {
  "use strict";
  var board = document.querySelector("[data-board]");
  if (!board || !window.fetch) { return; }
  var tag = "";
  function show(klasses) {
    Object.keys(klasses).forEach(function (id) {
      var row = board.querySelector('[data-klass="' + id + '"]');
      if (!row) { return; }
      klasses[id].forEach(function (figure, place) {
        var cell = row.querySelector('[data-figure="' + place + '"]');
        if (cell && cell.textContent !== String(figure)) { cell.textContent = figure; }
      });
    });
  }
  function poll() {
    fetch(board.getAttribute("data-board"), { headers: tag ? { "If-None-Match": tag, Accept: "application/json" } : { Accept: "application/json" } })
      .then(function (answer) {
        if (answer.status !== 200) { return null; }
        tag = answer.headers.get("ETag") || "";
        return answer.json();
      })
      .then(function (body) { if (body) { show(body.klasses); } })
      .catch(function () { return null; })
      .then(function () { window.setTimeout(poll, 5000 + Math.random() * 1000); });
  }
  window.setTimeout(poll, 5000);
})();
