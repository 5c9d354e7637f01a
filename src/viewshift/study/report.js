"use strict";

// Tables that sort: what is missing comes last, whichever way.
const missing = (value) => value === "" || value === "–" || Number.isNaN(value);
function order(a, b, sign) {
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
}
function turned(button) {
  const head = button.closest("th");
  const before = head.getAttribute("aria-sort");
  const way = before ? (before === "ascending" ? "descending" : "ascending")
    : (head.hasAttribute("data-words") ? "ascending" : "descending");
  for (const one of head.parentNode.children) one.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", way);
  return { column: head.cellIndex, words: head.hasAttribute("data-words"), sign: way === "ascending" ? 1 : -1 };
}
for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { column, words, sign } = turned(button);
    const key = (row) => words ? row.cells[column].textContent : parseFloat(row.cells[column].dataset.key);
    table.tBodies[0].append(...[...table.rows].slice(1).sort((a, b) => order(key(a), key(b), sign)));
  });
}

// Values of cells and marks: under the pointer, under a finger, or by arrow keys in a figure that has the focus.
const tip = document.getElementById("tip");
function show(text, left, top) {
  tip.textContent = text;
  tip.hidden = false;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(left + 12, room)) + scrollX}px`;
  tip.style.top = `${Math.max(4, top - tip.offsetHeight - 12) + scrollY}px`;
}
const hide = () => { tip.hidden = true; };
addEventListener("pointerover", (event) => {
  const cell = event.target.closest("[data-tip]");
  if (cell) show(cell.dataset.tip, event.clientX, event.clientY);
  else if (!event.target.closest("[data-marks]")) hide();
});
addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
for (const drawing of document.querySelectorAll("[data-marks]")) {
  const svg = drawing.querySelector("svg");
  const marks = JSON.parse(drawing.dataset.marks);
  let at = -1;
  const point = (k) => {
    at = (k + marks.length) % marks.length;
    const [x, y, text] = marks[at];
    const place = new DOMPoint(x, y ?? svg.viewBox.baseVal.height / 3).matrixTransform(svg.getScreenCTM());
    show(text, place.x, place.y);
  };
  drawing.addEventListener("pointermove", (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const far = marks.map((mark) => Math.hypot(mark[0] - x, mark[1] === null ? 0 : mark[1] - y));
    const nearest = far.indexOf(Math.min(...far));
    if (far[nearest] < 25) point(nearest); else hide();
  });
  drawing.addEventListener("pointerleave", hide);
  drawing.addEventListener("blur", hide);
  drawing.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    point(at < 0 && step < 0 ? -1 : at + step);
  });
}

// The results: unpacked, filtered, sorted.
const PAGE = 100;
const FILTERS = ["metric", "scenario", "rate", "detector", "seed", "status"];
const NUMBERS = ["rate", "value", "low", "high", "n"];
function parsed(text) {
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') { cell += '"'; i++; }
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ",") { row.push(cell); cell = ""; }
    else if (!quoted && c === "\n") { row.push(cell); rows.push(row); row = []; cell = ""; }
    else cell += c;
  }
  return rows;
}
async function unpacked(link) {
  const bytes = Uint8Array.from(atob(link.getAttribute("href").split(",")[1]), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
async function results() {
  const [head, ...rows] = parsed(await unpacked(document.getElementById("results-file")));
  const form = document.getElementById("filters"), table = document.getElementById("results-table");
  const count = document.getElementById("results-count"), more = document.getElementById("more");
  let sorting = null, shown = PAGE;
  const selects = new Map();
  for (const name of FILTERS) {
    const label = document.createElement("label"), select = document.createElement("select");
    const any = new Option(name === "seed" ? "any" : "all", "*");
    const values = [...new Set(rows.map((row) => row[head.indexOf(name)]))];
    select.append(any, ...values.map((value) => new Option(value || (name === "seed" ? "all together" : "none"), value)));
    label.append(name, select);
    form.append(label);
    selects.set(name, select);
  }
  const tr = table.tHead.insertRow();
  for (const name of head) {
    const th = document.createElement("th"), button = document.createElement("button");
    th.scope = "col";
    th.toggleAttribute("data-words", !NUMBERS.includes(name));
    button.type = "button";
    button.textContent = name;
    th.append(button);
    tr.append(th);
  }
  function draw() {
    const wanted = [...selects].filter(([, select]) => select.value !== "*").map(([name, select]) => [head.indexOf(name), select.value]);
    const found = rows.filter((row) => wanted.every(([column, value]) => row[column] === value));
    if (sorting) {
      const key = (row) => sorting.words ? row[sorting.column] : parseFloat(row[sorting.column]);
      found.sort((a, b) => order(key(a), key(b), sorting.sign));
    }
    table.tBodies[0].replaceChildren(...found.slice(0, shown).map((row) => {
      const line = document.createElement("tr");
      for (const [k, text] of row.entries()) {
        const cell = document.createElement(k ? "td" : "th");
        if (k && !NUMBERS.includes(head[k])) cell.className = "left";
        if (!k) cell.scope = "row";
        cell.textContent = text;
        line.append(cell);
      }
      return line;
    }));
    count.textContent = `${found.length} of ${rows.length} rows${found.length > shown ? `, the first ${shown} shown` : ""}.`;
    more.hidden = found.length <= shown;
  }
  const afresh = () => { shown = PAGE; draw(); };
  form.addEventListener("change", afresh);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => { shown += PAGE; draw(); });
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) { sorting = turned(button); afresh(); }
  });
  for (const link of document.querySelectorAll("a[data-metric]")) {
    link.addEventListener("click", () => {
      const { metric, rate, scenario } = link.dataset;
      const wanted = { metric, rate: rate || "*", scenario: scenario || "*", seed: "", detector: "*", status: "*" };
      for (const [name, select] of selects) select.value = wanted[name];
      afresh();
      document.getElementById("results").focus();
    });
  }
  selects.get("metric").value = "net_recall";
  for (const [name, value] of [["scenario", "mean"], ["seed", ""]]) selects.get(name).value = value;
  for (const select of selects.values()) if (select.selectedIndex < 0) select.value = "*";
  form.hidden = table.parentNode.hidden = false;
  draw();
}
results();

// On paper everything is open.
const opened = [];
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details:not([open])")) { one.open = true; opened.push(one); }
});
addEventListener("afterprint", () => { for (const one of opened.splice(0)) one.open = false; });
