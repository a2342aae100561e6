// The field that leaves of the pitfalls those that have all the words typed. Without this script
// the page shows them all.

(() => {
  const items = [...document.querySelectorAll("ul.pitfalls > li")];
  const groups = [...document.querySelectorAll("section:has(> ul.pitfalls)")];
  if (!groups.length) return;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = items.map((item) => plain(item.textContent.replace(/\s+/g, " ")));

  const form = document.createElement("form");
  form.className = "pitfall-filter";
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Pitfalls");
  form.innerHTML = `<label for="pitfall-words">What do you see?</label>
    <input id="pitfall-words" type="search" autocomplete="off" spellcheck="false"
      placeholder="loss nan" aria-describedby="pitfall-count">
    <p id="pitfall-count" role="status" aria-live="polite"></p>`;
  groups[0].before(form);
  const field = form.querySelector("input");
  const count = form.querySelector("p");

  function show() {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, at) => {
      item.hidden = !words.every((word) => texts[at].includes(word));
      shown += !item.hidden;
    });
    for (const group of groups) group.hidden = !group.querySelector("li:not([hidden])");
    count.textContent = `${shown} of ${items.length}${shown ? "" : ": try fewer words"}`;
  }

  // A link to a pitfall that the words leave out shows it all the same.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    field.value = "";
    show();
    target.scrollIntoView();
  }

  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    field.value = "";
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  field.value = new URLSearchParams(location.search).get("find") ?? "";
  show();
  reveal();
})();
