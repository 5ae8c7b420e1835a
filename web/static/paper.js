// Typing a paper sheet with one hand on the number pad; without this script Tab does the same.
(function () {
  "use strict";
  var form = document.querySelector("[data-paper]");
  if (!form) { return; }
  var fields = Array.prototype.slice.call(form.querySelectorAll(".paper-item input"));
  var at = form.querySelector("[data-at]"), words = form.getAttribute("data-position");
  var submit = form.querySelector("button[type=submit]");

  function go(place) {
    if (place >= fields.length) { submit.focus(); return; }
    var field = fields[Math.max(0, place)];
    field.focus();
    field.select();
  }
  function whole(field) {
    var codes = field.getAttribute("data-codes").split(" "), typed = field.value.trim();
    var longer = codes.some(function (code) { return code.length > typed.length && code.indexOf(typed) === 0; });
    return codes.indexOf(typed) !== -1 && !longer;
  }
  fields.forEach(function (field, place) {
    field.addEventListener("focus", function () {
      at.hidden = false;
      at.textContent = words.replace("{n}", place + 1).replace("{all}", fields.length);
    });
    field.addEventListener("input", function () {
      field.classList.remove("paper-odd");
      if (/^[-.*\/+。—]$/.test(field.value)) { field.value = "-"; go(place + 1); return; }
      if (whole(field)) { go(place + 1); return; }
      if (field.getAttribute("data-codes") && field.value !== "") { field.classList.add("paper-odd"); field.select(); }
    });
    field.addEventListener("keydown", function (event) {
      if (event.key === "Backspace" && field.value === "") { event.preventDefault(); go(place - 1); }
      if (event.key === " ") { event.preventDefault(); field.value = "-"; go(place + 1); }
      if (event.key === "Enter" && place < fields.length - 1) { event.preventDefault(); go(place + 1); }
    });
  });
  var wrong = form.querySelector("[aria-invalid] ");
  var empty = fields.filter(function (field) { return field.value === ""; })[0];
  if (!wrong) { go(fields.indexOf(empty || fields[0])); }
})();
