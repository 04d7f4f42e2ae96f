// The preview of triples follows the mapping document as it is written.

const PAUSE = 700;

for (const form of document.querySelectorAll("form[data-live-preview]")) {
  const shown = document.getElementById("triples");
  let timer;
  let latest = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const turn = (latest += 1);
      shown.ariaBusy = "true";
      try {
        const response = await fetch(form.dataset.livePreview, {
          method: "POST",
          body: new FormData(form),
          headers: { Accept: "text/html" },
        });
        const text = await response.text();
        if (turn === latest && response.ok) {
          const page = new DOMParser().parseFromString(text, "text/html");
          shown.replaceChildren(...page.body.childNodes);
        }
      } finally {
        shown.ariaBusy = "false";
      }
    }, PAUSE);
  });
}
