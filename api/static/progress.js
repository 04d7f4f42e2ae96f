// Tells how far work in the background is: what changed is replaced in its place, so that the button
// that cancels it stays where it is, and keeps the focus. Once the work is over, the page is loaded
// again and shows what came of it.

const PAUSE = 1000;

const shown = document.getElementById("progress");

async function look() {
  try {
    const response = await fetch(shown.dataset.part, { headers: { Accept: "text/html" } });
    if (response.status !== 200) {
      location.reload();
      return;
    }
    const told = new DOMParser().parseFromString(await response.text(), "text/html").body.children;
    for (const [place, one] of [...shown.children].entries()) {
      if (!one.isEqualNode(told[place])) bring(one, told[place]);
    }
  } catch {
    // The server may be there again in a moment.
  }
  setTimeout(look, PAUSE);
}

function bring(one, told) {
  if (one.localName === "progress") one.value = told.value;
  else one.textContent = told.textContent;
}

setTimeout(look, PAUSE);
