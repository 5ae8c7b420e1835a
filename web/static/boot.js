(function (d) {
  if (!window.fetch) { return; }
  d.className += " js";
  try { if (localStorage.getItem("large-type") === "1") d.className += " large"; } catch (e) { /* storage off */ }
  // If the page's own script never arrives, show everything as without script.
  setTimeout(function () {
    if (document.getElementById("sheet") && !window.takeReady) { d.className = d.className.replace(" js", ""); }
  }, 8000);
})(document.documentElement);
