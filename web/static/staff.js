/* Progressive enhancement of staff pages: everything works without it. */
(function () {
  "use strict";
  var d = document;
  function each(selector, act) { Array.prototype.forEach.call(d.querySelectorAll(selector), act); }

  var summary = d.querySelector(".error-summary");
  if (summary) { summary.focus(); }

  // A filter applies itself; the button stays for keyboards and old browsers.
  each("form[data-autosubmit]", function (form) {
    form.addEventListener("change", function () { form.submit(); });
  });

  // One press, one request: a second submit of the same form is ignored for five seconds.
  d.addEventListener("submit", function (event) {
    var form = event.target, now = Date.now();
    if (form.method !== "post") { return; }
    if (form.sentAt && now - form.sentAt < 5000) { event.preventDefault(); return; }
    form.sentAt = now;
  });
  window.addEventListener("pageshow", function () { each("form", function (form) { form.sentAt = 0; }); });

  // On a phone a row of words is a card: every cell says what its column is, and the table stays one
  // to readers. Tables of figures keep their columns as long as they fit.
  var phone = window.matchMedia("(max-width: 40rem)");
  function card(table, heads) {
    function is(selector, role) {
      Array.prototype.forEach.call(table.querySelectorAll(selector), function (part) { part.setAttribute("role", role); });
    }
    table.setAttribute("role", "table");
    is("thead, tbody, tfoot", "rowgroup"); is("tr", "row"); is("thead th", "columnheader"); is("tbody th", "rowheader"); is("td", "cell");
    Array.prototype.forEach.call(table.querySelectorAll("tbody tr"), function (row) {
      var at = 0;
      Array.prototype.forEach.call(row.children, function (cell) {
        var over = heads.slice(at, at += cell.colSpan).map(function (head) { return head.textContent.trim(); });
        var label = over.length > 2 ? "" : over.join("、");
        cell.setAttribute("data-label", label);
        cell.classList.toggle("long", (label + cell.textContent.trim()).length > 13);
      });
    });
    table.classList.add("cards");
  }
  function cards() {
    each(".table-wrap > .table:not([role])", function (table) {
      var heads = Array.prototype.slice.call(table.querySelectorAll("thead th"));
      var figures = table.querySelectorAll("thead th.num").length * 2 > heads.length;
      var wide = phone.matches && table.scrollWidth > table.parentNode.clientWidth;
      if (figures ? wide : heads.length > 3) { card(table, heads); table.classList.toggle("figures", figures); }
    });
  }
  cards();
  phone.addEventListener("change", cards);
  d.addEventListener("toggle", cards, true);

  // Ticks every box of its group; when all are ticked it takes them all away again.
  each("[data-tick-all]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var boxes = Array.prototype.slice.call(button.closest("fieldset").querySelectorAll("input[type=checkbox]"));
      var all = boxes.every(function (box) { return box.checked; });
      boxes.forEach(function (box) { box.checked = !all; });
    });
  });

  each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  d.addEventListener("click", function (event) {
    each("header details[open]", function (menu) { if (!menu.contains(event.target)) { menu.open = false; } });
  });

  function typing(target) { return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable; }

  function move(step) {
    var links = Array.prototype.slice.call(d.querySelectorAll("[data-rows] tbody tr a[href]:first-of-type"));
    var at = links.indexOf(d.activeElement);
    var next = links[Math.min(links.length - 1, Math.max(0, at + step))];
    if (next) { next.focus(); }
  }
  d.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      each("header details[open]", function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "/") {
      var search = d.querySelector("[data-search], input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    } else if (event.key === "j") { move(1); } else if (event.key === "k") { move(-1); }
  });
})();
