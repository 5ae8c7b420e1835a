// Keeps the figures of a board fresh with one small conditional request every five seconds.
(function () {
  "use strict";
  var board = document.querySelector("[data-board]");
  if (!board || !window.fetch) { return; }
  var tag = "", used = false, gone = document.querySelector("[data-board-gone]");
  // only a person keeps the session alive, never an open page
  ["keydown", "pointerdown"].forEach(function (name) {
    document.addEventListener(name, function () { used = true; }, true);
  });
  function show(klasses) {
    Object.keys(klasses).forEach(function (id) {
      var row = board.querySelector('[data-klass="' + id + '"]');
      if (!row) { return; }
      klasses[id].forEach(function (figure, place) { write(row.querySelector('[data-figure="' + place + '"]'), figure); });
      write(row.querySelector("[data-of]"), klasses[id][0] + klasses[id][1]);
    });
  }
  function write(cell, figure) {
    if (cell && cell.textContent !== String(figure)) { cell.textContent = figure; }
  }
  function sums(total) {
    Array.prototype.forEach.call(board.querySelectorAll("[data-totals] .stat strong"), function (words, place) {
      words.firstChild.nodeValue = total[place];
    });
  }
  function poll() {
    var headers = { Accept: "application/json" };
    if (tag) { headers["If-None-Match"] = tag; }
    if (used) { headers["X-Attended"] = "1"; used = false; }
    fetch(board.getAttribute("data-board"), { headers: headers })
      .then(function (answer) {
        // figures that stand still must say so
        if (gone) { gone.hidden = answer.status !== 401; }
        if (answer.status !== 200) { return null; }
        tag = answer.headers.get("ETag") || "";
        return answer.json();
      })
      .then(function (body) { if (body) { show(body.klasses); sums(body.total); } })
      .catch(function () { return null; })
      .then(function () { window.setTimeout(poll, 5000 + Math.random() * 1000); });
  }
  window.setTimeout(poll, 5000);
})();
