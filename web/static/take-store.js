/* Unsent answers on this device: encrypted under a key that no script can read, only in a secure context.
   Elsewhere nothing is written; the page's memory is all there is. */
(function () {
  "use strict";
  var subtle = window.isSecureContext && window.indexedDB && window.crypto && crypto.subtle;

  function request(made) {
    return new Promise(function (done, fail) {
      made.onsuccess = function () { done(made.result); };
      made.onerror = function () { fail(made.error); };
    });
  }
  function open() {
    var made = indexedDB.open("take", 1);
    made.onupgradeneeded = function () { made.result.createObjectStore("kept"); };
    return request(made);
  }
  function rows(mode) {
    return open().then(function (base) { return base.transaction("kept", mode).objectStore("kept"); });
  }
  function get(name) { return rows("readonly").then(function (store) { return request(store.get(name)); }); }
  function put(name, value) { return rows("readwrite").then(function (store) { return request(store.put(value, name)); }); }
  function remove(name) { return rows("readwrite").then(function (store) { return request(store.delete(name)); }); }

  function key(id) {
    return get("key:" + id).then(function (found) {
      if (found) { return found; }
      return subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
        .then(function (fresh) { return put("key:" + id, fresh).then(function () { return fresh; }); });
    });
  }
  function save(id, value) {
    var nonce = crypto.getRandomValues(new Uint8Array(12));
    var plain = new TextEncoder().encode(JSON.stringify(value));
    return key(id)
      .then(function (secret) { return subtle.encrypt({ name: "AES-GCM", iv: nonce }, secret, plain); })
      .then(function (sealed) { return put("data:" + id, { nonce: nonce, sealed: sealed }); });
  }
  function load(id) {
    return get("data:" + id).then(function (found) {
      if (!found) { return null; }
      return key(id)
        .then(function (secret) { return subtle.decrypt({ name: "AES-GCM", iv: found.nonce }, secret, found.sealed); })
        .then(function (plain) { return JSON.parse(new TextDecoder().decode(plain)); });
    });
  }
  function wipe(id) { return remove("data:" + id).then(function () { return remove("key:" + id); }); }

  // One after the other: a slow write must never land after the wipe that followed it.
  var turn = Promise.resolve();
  function queued(act) {
    return function (id, value) {
      if (!subtle) { return Promise.resolve(null); }
      turn = turn.then(function () { return act(id, value); }).catch(function () { return null; });
      return turn;
    };
  }
  window.takeStore = { save: queued(save), load: queued(load), wipe: queued(wipe) };
})();
