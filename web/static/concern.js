/* The concern form: suggests names, and keeps a report that could not be sent until it has been received.
   Kept encrypted under a key that no script can read (secure context only), else in this page's memory;
   wiped on receipt. Works without this script as a plain form. */
(function () {
  "use strict";
  var form = document.getElementById("concern");
  if (!form || !window.fetch || !window.FormData || !window.URLSearchParams) { return; }
  var say = form.dataset, state = document.getElementById("concern-state");
  var subtle = window.isSecureContext && window.indexedDB && window.crypto && crypto.subtle;
  var WEEK = 7 * 24 * 3600 * 1000, memory = [], busy = false;

  function tell(words, kind) {
    state.textContent = words;
    state.className = "notice" + (kind ? " notice-" + kind : "");
    state.hidden = !words;
  }

  // --- the sealed queue -------------------------------------------------------------------------
  function request(made) {
    return new Promise(function (done, fail) {
      made.onsuccess = function () { done(made.result); };
      made.onerror = function () { fail(made.error); };
    });
  }
  function rows(mode) {
    var made = indexedDB.open("concerns", 1);
    made.onupgradeneeded = function () { made.result.createObjectStore("kept"); };
    return request(made).then(function (base) { return base.transaction("kept", mode).objectStore("kept"); });
  }
  function get(name) { return rows("readonly").then(function (s) { return request(s.get(name)); }); }
  function put(name, value) { return rows("readwrite").then(function (s) { return request(s.put(value, name)); }); }
  function remove(name) { return rows("readwrite").then(function (s) { return request(s.delete(name)); }); }
  var own = say.user + ":", keyName = "key:" + say.user;

  function secret() {
    return get(keyName).then(function (found) {
      if (found) { return found; }
      return subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
        .then(function (fresh) { return put(keyName, fresh).then(function () { return fresh; }); });
    });
  }
  function keep(item) {
    memory = memory.filter(function (each) { return each.id !== item.id; });
    if (!subtle) { memory.push(item); return Promise.resolve(false); }
    var nonce = crypto.getRandomValues(new Uint8Array(12));
    return secret()
      .then(function (key) { return subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, new TextEncoder().encode(JSON.stringify(item))); })
      .then(function (sealed) { return put("data:" + own + item.id, { nonce: nonce, sealed: sealed }); })
      .then(function () { return true; })
      .catch(function () { memory.push(item); return false; });
  }
  function kept() {
    if (!subtle) { return Promise.resolve(memory.slice()); }
    return rows("readonly").then(function (s) { return request(s.getAllKeys()); }).then(function (names) {
      var mine = names.filter(function (name) { return name.indexOf("data:" + own) === 0; });
      return Promise.all(mine.map(unseal));
    }).catch(function () { return []; }).then(function (items) {
      return items.filter(Boolean).concat(memory);
    });
  }
  function unseal(name) {
    return Promise.all([secret(), get(name)]).then(function (both) {
      return subtle.decrypt({ name: "AES-GCM", iv: both[1].nonce }, both[0], both[1].sealed);
    }).then(function (plain) { return JSON.parse(new TextDecoder().decode(plain)); })
      .catch(function () { return null; });
  }
  function wipe(item) {
    memory = memory.filter(function (each) { return each.id !== item.id; });
    if (!subtle) { return Promise.resolve(); }
    return remove("data:" + own + item.id).then(function () {
      return rows("readonly").then(function (s) { return request(s.getAllKeys()); });
    }).then(function (names) {
      // the last one takes the key with it
      if (!names.some(function (name) { return name.indexOf("data:" + own) === 0; })) { return remove(keyName); }
      return null;
    }).catch(function () { return null; });
  }

  // --- sending ----------------------------------------------------------------------------------
  function send(item) {
    var body = new URLSearchParams(item.fields);
    body.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    return fetch(form.action, {
      method: "POST", body: body, credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": body.get("csrf_token") }
    });
  }
  function fields(button) {
    var all = [];
    new FormData(form).forEach(function (value, name) { if (name !== "csrf_token") { all.push([name, value]); } });
    // the hidden field of the urgent button is empty unless it was pressed
    all = all.filter(function (pair) { return pair[0] !== "danger"; });
    if (button && button.name) { all.push([button.name, button.value]); }
    return all;
  }
  function fresh() {
    var bytes = crypto.getRandomValues(new Uint8Array(12));
    form.elements.client_key.value = Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
  }
  function later(item) {
    return keep(item).then(function (sealed) {
      tell(sealed ? say.kept : say.memory, "warn");
      form.reset();
      fresh();
      release();
      state.scrollIntoView({ block: "center" });
    });
  }
  function release() {
    busy = false;
    Array.prototype.forEach.call(form.querySelectorAll("button"), function (b) { b.disabled = false; });
  }
  function refused(answer, item) {
    return answer.json().then(function (said) {
      var words = Object.keys(said.errors || {}).map(function (name) { return said.errors[name].join(" "); });
      tell(words.join(" ") || say.refused, "danger");
      release();
      state.scrollIntoView({ block: "center" });
    }).catch(function () { return later(item); });
  }
  function answered(answer, item) {
    if (answer.ok) {
      return wipe(item).then(function () { return answer.json(); }).then(function (said) { location.assign(said.next); });
    }
    if (answer.status === 422) { return refused(answer, item); }
    return later(item).then(function () { if (answer.status === 401) { tell(say.signedOut, "warn"); } });
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (busy) { return; }
    busy = true;
    var button = event.submitter;
    var item = { id: form.elements.client_key.value, at: Date.now(), fields: fields(button) };
    tell(say.sending);
    send(item).then(function (answer) { return answered(answer, item); }, function () {
      // what would be refused later is said now, while the person is here
      return complete(item) ? later(item) : draft(item, say.incomplete);
    });
  });
  function complete(item) {
    function told(name) { return item.fields.some(function (pair) { return pair[0] === name && pair[1].trim(); }); }
    return told("danger") || (told("who") && (told("seen") || told("facts")));
  }

  // --- what waits on this device ----------------------------------------------------------------
  var flushing = false;
  function flush() {
    if (flushing) { return; }
    flushing = true;
    kept().then(function (items) {
      return items.reduce(function (before, item) {
        return before.then(function () { return flushOne(item); });
      }, Promise.resolve());
    }).catch(function () { return null; }).then(function () { flushing = false; });
  }
  function flushOne(item) {
    if (item.draft) { return tooOld(item); }
    return send(item).then(function (answer) {
      if (answer.ok) { return wipe(item).then(function () { tell(say.delivered, "good"); }); }
      if (answer.status === 422) { return giveBack(item); }
      if (answer.status === 401) { tell(say.signedOut, "warn"); }
      return tooOld(item);
    }, function () { tell(subtle ? say.kept : say.memory, "warn"); return tooOld(item); });
  }
  // A refused report stays on the device, and in the form, until the person has completed it.
  function draft(item, words) {
    item.draft = true;
    return keep(item).then(function () {
      tell(words, "danger");
      release();
      state.scrollIntoView({ block: "center" });
    });
  }
  function giveBack(item) {
    if (!form.elements.who.value && !form.elements.facts.value) { fill(item); }
    return draft(item, say.refused);
  }
  function fill(item) {
    Array.prototype.forEach.call(form.elements, function (control) {
      if (!control.name || control.name === "csrf_token" || control.tagName === "BUTTON") { return; }
      var values = item.fields.filter(function (pair) { return pair[0] === control.name; }).map(function (pair) { return pair[1]; });
      if (control.type === "checkbox" || control.type === "radio") { control.checked = values.indexOf(control.value) >= 0; }
      else if (values.length) { control.value = values[0]; }
    });
  }
  kept().then(function (items) {
    var unfinished = items.filter(function (item) { return item.draft; })[0];
    if (unfinished) { fill(unfinished); tell(say.refused, "danger"); }
  });
  function tooOld(item) {
    if (Date.now() - item.at < WEEK) { return null; }
    return wipe(item).then(function () { tell(say.old, "danger"); });
  }
  window.addEventListener("online", flush);
  setInterval(function () { if (navigator.onLine) { kept().then(function (items) { if (items.length) { flush(); } }); } }, 20000);
  flush();

  // --- small help -------------------------------------------------------------------------------
  var danger = document.getElementById("danger");
  danger.addEventListener("toggle", function () {
    if (danger.open) { form.querySelector("input[name=urgency][value=urgent]").checked = true; }
  });
  var names = document.getElementById("who-names"), asked = 0;
  if (say.long) {
    form.elements.who.addEventListener("input", function () {
      var words = form.elements.who.value, turn = ++asked;
      if (!words) { return; }
      setTimeout(function () {
        if (turn !== asked) { return; }
        fetch(say.who + "?q=" + encodeURIComponent(words), { credentials: "same-origin" })
          .then(function (answer) { return answer.json(); })
          .then(function (found) {
            if (turn !== asked) { return; }
            names.textContent = "";
            found.names.forEach(function (name) { var o = document.createElement("option"); o.value = name; names.appendChild(o); });
          }).catch(function () { return null; });
      }, 250);
    });
  }
})();
