// The guided first visit: shows what a stop is about, and lets Escape leave it.

const stop = document.querySelector(".tour");
const shown = document.querySelector(stop.dataset.shows);

shown?.classList.add("toured");
shown?.scrollIntoView({ block: "nearest" });
stop.querySelector("h2").focus({ preventScroll: true });

stop.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop.querySelector("[href*='tour=off']").click();
});
