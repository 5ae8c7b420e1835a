/* Bonus in a secure context: the sheet opens again while the network is away. Answers are never in this cache. */
"use strict";
var CACHE = "take-1";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

function kept(request) {
  return caches.open(CACHE).then(function (cache) {
    return cache.match(request, { ignoreSearch: true, ignoreVary: true });
  });
}

self.addEventListener("fetch", function (event) {
  var url = new URL(event.request.url);
  var ours = event.request.mode === "navigate" || url.pathname.indexOf("/static/") === 0;
  if (event.request.method !== "GET" || url.origin !== location.origin || !ours) { return; }
  event.respondWith(fetch(event.request).catch(function () {
    return kept(event.request).then(function (found) { return found || Response.error(); });
  }));
});
