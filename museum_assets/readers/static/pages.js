// Every page works without this file. With it, searches and filters change the page in place, "/" goes to the search
// field, arrow keys walk along the wall, and an image can be dropped or pasted.
"use strict";

const main = () => document.getElementById("content");
let asked = 0;

// Only pages of the search are changed in place; all else is a page of its own.
const isSearch = (url) => url.origin === location.origin && url.pathname === new URL(home(), location).pathname;
const home = () => document.querySelector(".top .name").getAttribute("href");

async function show(url, { push = true, focus = "#content" } = {}) {
  const mine = ++asked;
  main().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;  // somebody has asked for something else meanwhile
    if (push) history.pushState({ search: true }, "", url);
    document.title = page.title;
    const next = page.getElementById("content");
    main().replaceWith(next);
    const target = document.querySelector(focus) || next;
    target.focus({ preventScroll: true });
    if (target.matches("input")) target.setSelectionRange(target.value.length, target.value.length);
    if (push) scrollTo(0, 0);
  } catch {
    location.assign(url);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (!isSearch(url) || url.hash || !document.querySelector(".filters") || !link.closest("#content")) return;
  event.preventDefault();
  show(url);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".search") || !document.querySelector(".filters")) return;
  event.preventDefault();
  const url = new URL(form.action);
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  show(url, { focus: "#q" });
});

history.replaceState({ search: isSearch(new URL(location)) }, "");
addEventListener("popstate", (event) => {
  if (event.state?.search && document.querySelector(".filters")) show(location.href, { push: false });
  else if (!location.hash) location.reload();
});

// Filters close like menus.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".filters details[open]"))
    if (!open.contains(event.target)) open.open = false;
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "Escape") {
    const open = document.querySelector(".filters details[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && document.getElementById("q")) {
    event.preventDefault();
    document.getElementById("q").select();
  }
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  const list = event.target.closest?.(".wall, .facet");
  const step = list?.matches(".facet") ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : steps[event.key];
  if (list && step) {
    const all = [...list.querySelectorAll("a")];
    const next = all[all.indexOf(event.target.closest("a")) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});

// An image that is dropped or pasted is searched by at once; one that is chosen is shown first.
const drop = document.querySelector(".drop");
if (drop) {
  const field = drop.querySelector("input[type=file]");
  const preview = () => {
    drop.querySelector("img")?.remove();
    const file = field.files[0];
    if (!file?.type.startsWith("image/")) return;
    const image = document.createElement("img");
    image.alt = "The chosen image";
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    field.after(image);
  };
  const take = (files) => {
    if (!files?.length) return;
    field.files = files;
    preview();
    drop.requestSubmit();
  };
  field.addEventListener("change", preview);
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files); });
  document.addEventListener("paste", (event) => take(event.clipboardData.files));
  document.getElementById("results")?.scrollIntoView({ block: "start" });
}
