(function (d) {
  d.className += " js";
  try { if (localStorage.getItem("large-type") === "1") d.className += " large"; } catch (e) { /* storage off */ }
})(document.documentElement);
