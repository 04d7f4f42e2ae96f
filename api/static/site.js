// Conveniences only: every page works without this file.

for (const element of document.querySelectorAll("[data-needs-script]")) {
  element.hidden = false;
}

for (const form of document.querySelectorAll("form[data-run-on-ctrl-enter]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

// A query or an import may take a while: say so, and do not send it twice.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") {
      event.preventDefault();
      return;
    }
    form.ariaBusy = "true";
  });
}

// Coming back with the browser's button shows the form as it was left, busy.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) {
    form.ariaBusy = "false";
  }
});
