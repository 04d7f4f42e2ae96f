// Says so when the data changed after the page was made.

const PAUSE = 60_000;

export function watch(notice) {
  const shown = notice.dataset.commit;

  async function look() {
    if (document.hidden || !notice.hidden) return;
    const response = await fetch(notice.dataset.stale, { headers: { Accept: "application/json" } });
    if (response.ok) notice.hidden = String((await response.json()).commit) === shown;
  }

  const lookQuietly = () => look().catch(() => {});
  setInterval(lookQuietly, PAUSE);
  window.addEventListener("focus", lookQuietly);
  document.addEventListener("visibilitychange", lookQuietly);
}
