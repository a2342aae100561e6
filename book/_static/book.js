// What the theme and its extensions leave undone, in as few lines as it takes.

// From file:// a browser refuses the request for each hit's summary, with an error for each.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// The theme looks for light or dark only when the whole page is there: decide at once.
if (document.documentElement.dataset.theme === "auto") {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

document.addEventListener("DOMContentLoaded", () => {
  // docutils calls the bibliography a list, and its entries by a role that no list may hold.
  for (const entry of document.querySelectorAll(".citation-list > [role]")) {
    entry.setAttribute("role", "listitem");
  }
  // The arrow that unfolds the pages below a page has no name for a screen reader.
  for (const arrow of document.querySelectorAll("nav details > summary")) {
    const above = arrow.closest("li").querySelector("a").textContent.trim();
    arrow.setAttribute("aria-label", `Pages below ${above}`);
  }
  if (typeof Search === "undefined") return; // only the search page has it
  // The summary of a search hit is taken from the whole main part: buttons, contents and all.
  const textOf = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const around = ".bd-header-article, .bd-sidebar-secondary, footer";
    for (const part of page.querySelectorAll(around)) part.remove();
    return textOf(page.documentElement.outerHTML, anchor);
  };
});

// The theme looks for the contents beside the text whenever a page has margin notes, and stops
// with an error where a page without headings has none.
document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive" && !document.querySelector(".bd-sidebar-secondary")) {
    const empty = document.createElement("div");
    empty.className = "bd-sidebar-secondary";
    empty.hidden = true;
    document.querySelector(".bd-content")?.append(empty);
  }
});

// Paper is white: what prints is the light mode, whatever the screen shows.
let screenTheme = null;
addEventListener("beforeprint", () => {
  screenTheme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = screenTheme;
});
