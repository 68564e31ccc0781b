"use strict";
// The page sends what is set and shows the answer; it computes nothing, so that link, code and picture are one.

const form = document.getElementById("controls");
const byId = (id) => document.getElementById(id);
let pictures = null;
let asking = false;
let settling = 0;
let touched = ""; // the field that was changed last
let moved = null; // when the values changed that nobody has asked about yet (ms)

const numbers = (packed) => new Float32Array(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)).buffer);
// The first question is the link as it was given: what a form cannot hold is wrong in it, and is said.
let linked = location.search.slice(1);
const query = () => linked ?? new URLSearchParams(new FormData(form)).toString();

/** Show the groups that count under the choices made. */
function choose() {
  for (const group of form.querySelectorAll("fieldset[data-control]")) {
    group.hidden = form.elements[group.dataset.control].value !== group.dataset.value;
  }
}

function fill(table, [head, ...rows]) {
  const line = (cells, tag) => {
    const tr = document.createElement("tr");
    cells.forEach((text, place) => {
      const cell = document.createElement(tag === "th" || place === 0 ? "th" : "td");
      if (tag === "th") cell.scope = "col"; else if (place === 0) cell.scope = "row";
      cell.textContent = text;
      tr.append(cell);
    });
    return tr;
  };
  const thead = document.createElement("thead");
  const tbody = document.createElement("tbody");
  thead.append(line(head, "th"));
  tbody.append(...rows.map((cells) => line(cells, "td")));
  table.replaceChildren(thead, tbody);
}

function draw(answer) {
  for (const [name, [x, y]] of Object.entries(answer.curves)) {
    pictures.get_model_by_name(name).data = { x: numbers(x), y: numbers(y) };
  }
  for (const [name, [start, end]] of Object.entries(answer.ranges)) {
    const range = pictures.get_model_by_name(name);
    // A part that somebody looks at closely stays what is looked at.
    if (range.reset_start !== start || range.reset_end !== end) range.setv({ start, end, reset_start: start, reset_end: end });
  }
}

function show(answer) {
  draw(answer);
  document.body.classList.remove("old", "none");
  byId("refused").hidden = true;
  byId("refused").replaceChildren();
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  settle(answer);
  byId("notes").textContent = answer.notes.join(" ");
  byId("code").textContent = answer.code;
  byId("copied").textContent = "";
  byId("duration").textContent = `Simulated, measured and packed in ${(1000 * answer.seconds).toFixed(0)} ms.`;
  fill(byId("numbers"), answer.numbers);
  if (answer.differences) fill(byId("differences"), answer.differences);
  for (const id of ["link", "keep", "swap", "alone"]) {
    if (byId(id) && answer[id]) byId(id).href = `/?${answer[id]}`;
  }
}

/** Say and keep what is shown once nothing moves: not every value on the way to one. */
function settle(answer) {
  clearTimeout(settling);
  settling = setTimeout(() => {
    byId("said").textContent = answer.said;
    history.replaceState(null, "", `/?${answer.link}`);
  }, 250);
}

/** Say what is wrong; the last good picture stays, and is marked as such. */
function refuse({ what, got, expected, fix }) {
  const words = what.split(/[^\w]+/);
  const fields = [...form.querySelectorAll("[id]")];
  const named = fields.filter(({ id }) => words.includes(id) || (words.includes(id.split("_")[0]) && words.includes(id.replace(/^[^_]*_/, ""))));
  for (const field of fields) {
    // An error that names no field of the page is put at the one that was changed last.
    const wrong = named.length ? named.includes(field) : field.id === touched;
    if (wrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
  }
  const strong = document.createElement("strong");
  strong.textContent = `Not computed: ${what}`;
  const list = document.createElement("dl");
  for (const [term, text] of Object.entries({ Got: got, Expected: expected, Fix: fix })) {
    const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
    [dt.textContent, dd.textContent] = [term, text];
    list.append(dt, dd);
  }
  clearTimeout(settling);
  byId("refused").replaceChildren(strong, list);
  byId("refused").hidden = false;
  document.body.classList.add("old");
  byId("said").textContent = !document.body.classList.contains("none")
    ? "The pictures and numbers below are those of the last values that could be computed."
    : "Nothing could be computed yet.";
}

const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** Ask until nothing has changed since: of values that were passed by, nobody waits for the answer. */
async function ask() {
  if (asking) return;
  asking = true;
  byId("results").setAttribute("aria-busy", "true");
  const long = setTimeout(() => { byId("said").textContent = "Computing ... what runs for the first time is compiled before."; }, 500);
  while (moved !== null) {
    const start = moved;
    moved = null;
    try {
      const answer = await (await fetch(`/answer?${query()}`)).json();
      if (answer.error) refuse(answer.error); else show(answer);
    } catch (error) {
      refuse({ what: "the answer", got: String(error), expected: "an answer of the program", fix: "start cns explore again, and reload" });
    }
    await painted();
    performance.measure("shown", { start, end: performance.now() });
  }
  clearTimeout(long);
  byId("results").setAttribute("aria-busy", "false");
  asking = false;
}

function change(event) {
  const field = event.target;
  touched = field.dataset.of ?? field.id;
  linked = null;
  if (field.dataset.of) byId(field.dataset.of).value = field.value;
  else {
    const slider = form.querySelector(`[data-of="${field.id}"]`);
    if (slider && Number.isFinite(Number(field.value))) slider.value = field.value;
  }
  choose();
  if (moved === null) moved = performance.now();
  ask();
}

async function start() {
  const views = await Bokeh.embed.embed_item(JSON.parse(byId("figures").textContent), "pictures");
  pictures = (views.roots ?? [views])[0].model.document;
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(byId("code").textContent);
    byId("copied").textContent = "Copied.";
  });
  choose();
  moved = performance.now();
  await ask();
}

start();
