/* The sheet: one question a screen, answers saved as they come, nothing lost when the network goes. */
(function () {
  "use strict";
  var d = document, form = d.getElementById("sheet");
  if (!form) { return; }
  var config = JSON.parse(d.getElementById("config").textContent), words = config.words;
  var token = d.querySelector("meta[name=csrf-token]").content;
  var questions = Array.prototype.slice.call(form.querySelectorAll(".question"));
  var names = questions.map(function (q) { return q.dataset.name; });
  var answers = {}, acked = {}, seconds = {}, known = {};
  var at = -1, shownAt = 0, timer = 0, wait = 0, inFlight = false, over = false, final = null, careMoves = 0;
  var key = form.elements.idempotency_key.value;

  function one(selector) { return d.querySelector(selector); }
  function filled(text, values) { return text.replace(/\{(\w+)\}/g, function (_all, name) { return values[name]; }); }
  function say(text) { var line = one("[data-saved]"); if (line.textContent !== text) { line.textContent = text; } }
  function place(name) { var cut = name.lastIndexOf("."); return [name.slice(0, cut), name.slice(cut + 1)]; }
  function nested(list, value) {
    var document_ = {};
    list.forEach(function (name) {
      var where = place(name);
      document_[where[0]] = document_[where[0]] || {};
      document_[where[0]][where[1]] = value(name);
    });
    return document_;
  }

  /* Saving */
  function unsent() {
    return Object.keys(answers).filter(function (name) { return answers[name].seq > (acked[name] || 0); });
  }
  function remember() {
    var open = unsent(), left = {};
    if (!open.length) { return takeStore.wipe(config.id); }
    open.forEach(function (name) { left[name] = answers[name]; });
    return takeStore.save(config.id, { unsent: left, done: acked });
  }
  function ask(url, method, body, keepalive) {
    var stop = window.AbortController ? new AbortController() : null;
    var clock = stop && !keepalive ? setTimeout(function () { stop.abort(); }, 8000) : 0;
    return fetch(url, {
      method: method, body: body && JSON.stringify(body), credentials: "same-origin", keepalive: !!keepalive,
      signal: stop ? stop.signal : undefined,
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": token }
    }).then(function (answer) { clearTimeout(clock); return answer; }, function (error) { clearTimeout(clock); throw error; });
  }
  function again(act) {
    wait = Math.min(wait ? wait * 2 : 1000, 30000);
    clearTimeout(timer);
    timer = setTimeout(act, wait * (0.5 + Math.random()));
  }
  function soon() { clearTimeout(timer); timer = setTimeout(flush, 400 + Math.random() * 800); }

  function freshToken(then) {
    fetch(config.page + "?blank=1", { credentials: "same-origin" }).then(function (r) { return r.text(); }).then(function (text) {
      var found = /name="csrf-token" content="([^"]+)"/.exec(text);
      if (found) { token = found[1]; }
      again(then);
    }).catch(function () { again(then); });
  }
  function ended(status, body) {
    over = true;
    if (body.help) { care(); }
    if (status === 409 && body.state !== "consent") { return finish(); }
    say(status === 410 ? words.ended : words.signin);
  }
  function take(status, body, list, then) {
    if (status === 401 || status === 409 || status === 410) { return ended(status, body); }
    if (status === 400) { return freshToken(then); }
    if (status === 422) { list.forEach(function (name) { acked[name] = answers[name].seq; }); return remember(); }
    return again(then);
  }
  function accept(body) {
    wait = 0;
    Object.keys(body.acked).forEach(function (instrument) {
      Object.keys(body.acked[instrument]).forEach(function (item) {
        var name = instrument + "." + item;
        acked[name] = Math.max(acked[name] || 0, body.acked[instrument][item]);
      });
    });
    if (body.help) { care(); }
    remember();
    if (unsent().length) { soon(); } else { say(words.saved); }
  }
  function flush(keepalive) {
    var list = unsent();
    if (config.quiet || over || inFlight || !list.length) { return Promise.resolve(); }
    inFlight = true;
    say(words.saving);
    return ask(config.answers, "PUT", { answers: nested(list, function (name) { return answers[name]; }) }, keepalive === true)
      .then(function (answer) {
        return answer.json().catch(function () { return {}; }).then(function (body) {
          inFlight = false;
          if (answer.ok) { accept(body); } else { take(answer.status, body, list, flush); }
        });
      }).catch(function () { inFlight = false; say(words.local); again(flush); });
  }

  /* Answering */
  function mark(question) {
    Array.prototype.forEach.call(question.querySelectorAll(".option"), function (option) {
      option.classList.toggle("chosen", option.querySelector("input").checked);
    });
  }
  function note(question, text) {
    var name = question.dataset.name, before = answers[name];
    var value = text === "" ? null : Number(text);
    if (before && before.v === value) { return; }
    answers[name] = { v: value, seq: Math.max(Date.now(), ((before || {}).seq || 0) + 1, (acked[name] || 0) + 1) };
    if (!seconds[name]) { seconds[name] = Math.round((Date.now() - shownAt) / 100) / 10; }
    say("");
    if (!config.quiet) { remember(); soon(); }
  }
  form.addEventListener("change", function (event) {
    var question = event.target.closest(".question");
    if (!question) { return; }
    mark(question);
    if (event.target.type !== "number" || event.target.checkValidity()) { note(question, event.target.value); }
  });
  function care() {
    var card = one("#care");
    if (card.hidden && !card.dataset.seen) { card.hidden = false; card.dataset.seen = "1"; careMoves = 0; }
  }

  /* Moving */
  function show(index) {
    var last = questions.length, review = index >= last;
    if (!one("#care").hidden) { careMoves += 1; if (careMoves > 1) { one("#care").hidden = true; } }
    at = index; shownAt = Date.now();
    questions.forEach(function (q, n) { q.classList.toggle("shown", n === index); });
    one("#intro").hidden = index >= 0;
    one("h1").classList.toggle("visually-hidden", index >= 0);
    one("[data-progress]").hidden = index < 0 || review;
    one("[data-steps]").hidden = index < 0;
    one("[data-next]").hidden = review;
    one("#review").classList.toggle("js-hidden", !review);
    one("[data-progress] progress").value = index + 1;
    one("[data-words]").textContent = filled(words.progress, { n: index + 1, all: last });
    one("[data-next]").textContent = index === last - 1 ? words.last : words.next;
    if (review) { summarise(); }
    (index < 0 ? one("h1") : review ? one("#review") : questions[index].querySelector("legend")).focus();
    window.scrollTo(0, 0);
  }
  function next() {
    var name = names[at];
    if (!answers[name] && !known[name]) { say(words.choose); return; }
    show(at + 1);
  }
  function summarise() {
    var list = one("[data-review]"), open = [];
    names.forEach(function (name, n) {
      var given = answers[name];
      if (given ? given.v === null : !known[name]) { open.push(n); }
    });
    list.textContent = "";
    one("[data-review-words]").textContent = open.length ? filled(words.blank, { n: open.length }) : words.all;
    open.forEach(function (n) {
      var row = d.createElement("li"), button = d.createElement("button");
      button.type = "button"; button.className = "btn";
      button.textContent = questions[n].querySelector(".nth").textContent + " " + questions[n].querySelector("legend").lastChild.textContent;
      button.addEventListener("click", function () { show(n); });
      row.appendChild(button); list.appendChild(row);
    });
  }
  one("[data-begin]").addEventListener("click", function () {
    var first = names.findIndex(function (name) { return !answers[name] && !known[name]; });
    show(first < 0 ? questions.length : first);
  });
  one("[data-next]").addEventListener("click", next);
  one("[data-back]").addEventListener("click", function () { show(at - 1); });

  d.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || at < 0 || at >= questions.length) { return; }
    var target = event.target, typing = target.type === "number" || target.type === "text" || target.type === "password";
    if (event.key === "Enter" && !/^(BUTTON|A|SUMMARY)$/.test(target.tagName) && !target.closest(".help")) { event.preventDefault(); next(); }
    if (typing || !/^\d$/.test(event.key)) { return; }
    var options = questions[at].querySelectorAll(".option:not(.decline) input"), declined = questions[at].querySelector(".decline input");
    var chosen = event.key === "0" ? declined : options[Number(event.key) - 1];
    if (chosen) { chosen.checked = true; chosen.focus(); mark(questions[at]); note(questions[at], chosen.value); }
  });

  /* Handing in */
  function finish() {
    over = true;
    var gone = window.caches ? caches.delete("take-1") : Promise.resolve();
    Promise.all([takeStore.wipe(config.id), gone]).then(leave, leave);
  }
  function leave() { location.replace(config.done); }
  function hand() {
    say(words.sending);
    ask(config.submit, "POST", final).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (body) {
        if (answer.ok) { finish(); } else { refused(answer.status, body); }
      });
    }).catch(function () { say(words.retry); again(hand); });
  }
  function refused(status, body) {
    if (status === 422 && body.unanswered) { final = null; one("[data-send]").disabled = false; return show(questions.length); }
    take(status, body, [], hand);
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (config.quiet) { return finish(); }
    if (final) { return; }
    clearTimeout(timer);
    one("[data-send]").disabled = true;
    final = {
      idempotency_key: key, confirm_blank: 1,
      answers: nested(Object.keys(answers), function (name) { return answers[name]; }),
      seconds: nested(Object.keys(seconds), function (name) { return seconds[name]; })
    };
    wait = 0;
    hand();
  });

  /* Shared computers: a page that nobody touches covers itself and asks for the PIN */
  var cover = one("#cover"), idle = 0, escaped = 0;
  function covered() {
    if (!config.pin || over) { return; }
    cover.hidden = false;
    cover.dataset.locked = "1";
    flush().then(function () {
      if (unsent().length && !config.quiet) { return; }
      ask(config.lock, "POST").then(function (answer) {
        if (answer.ok) { takeStore.wipe(config.id).then(function () { location.replace(config.page); }); }
      }).catch(function () { /* stays covered */ });
    });
  }
  function busy() { clearTimeout(idle); idle = setTimeout(covered, config.idle * 1000); }
  ["pointerdown", "keydown", "input"].forEach(function (kind) { d.addEventListener(kind, busy, { passive: true }); });
  one("[data-uncover]").addEventListener("click", function () {
    if (cover.dataset.locked) { covered(); } else { cover.hidden = true; }
  });
  d.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    if (Date.now() - escaped < 700) { cover.hidden = false; one("[data-uncover]").focus(); }
    escaped = Date.now();
  });
  d.addEventListener("visibilitychange", function () { if (d.visibilityState === "hidden") { flush(true); } });
  window.addEventListener("online", function () { wait = 0; if (final) { hand(); } else { flush(); } });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });

  /* What is known already, then what this device still holds */
  function restore(name, value, seq) {
    var question = questions[names.indexOf(name)];
    if (!question || seq <= ((answers[name] || {}).seq || 0)) { return; }
    answers[name] = { v: value, seq: seq };
    Array.prototype.forEach.call(question.querySelectorAll("input"), function (input) {
      var text = value === null ? "" : String(value);
      if (input.type === "radio") { input.checked = input.value === text; } else { input.value = text; }
    });
    mark(question);
  }
  Object.keys(config.stored).forEach(function (instrument) {
    Object.keys(config.stored[instrument]).forEach(function (item) {
      var kept = config.stored[instrument][item], name = instrument + "." + item;
      if ("v" in kept) { restore(name, kept.v, kept.seq); } else { known[name] = true; }
      acked[name] = kept.seq;
    });
  });
  takeStore.load(config.id).then(function (kept) {
    if (!kept) { return; }
    Object.keys(kept.done).forEach(function (name) { known[name] = true; acked[name] = Math.max(acked[name] || 0, kept.done[name]); });
    Object.keys(kept.unsent).forEach(function (name) { restore(name, kept.unsent[name].v, kept.unsent[name].seq); });
    flush();
  });

  if (window.isSecureContext && navigator.serviceWorker && !config.quiet) {
    navigator.serviceWorker.register(config.worker, { scope: "/take/" }).then(function () { return caches.open("take-1"); })
      .then(function (cache) {
        var files = Array.prototype.map.call(d.querySelectorAll("script[src], link[rel=stylesheet], link[rel=icon]"), function (each) { return each.src || each.href; });
        return Promise.all([
          fetch(config.page + "?blank=1", { credentials: "same-origin" }).then(function (page) { if (page.ok) { return cache.put(config.page, page); } }),
          cache.addAll(files)
        ]);
      }).catch(function () { /* a bonus */ });
  }
  window.takeReady = true;
  busy();
})();
