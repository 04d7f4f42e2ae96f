// The address of a page whose script changes what is shown, and what on the page goes on from it.
//
// A link with `data-changes` names the arguments that are its own, a form with `data-drops` those that
// it does not pass on; all else follows the address.

/**
 * Writes the arguments of what is shown into the address, the links and the forms of the page, with the
 * fragment that goes with them.
 */
export function keepAddress(asked, fragment = "") {
  history.replaceState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}${fragment}`);
  for (const link of document.querySelectorAll("a[data-changes]")) {
    follow(link, asked);
    link.hash = fragment;
  }
  for (const form of document.querySelectorAll("form[data-drops]")) {
    refill(form, asked);
    form.action = `${location.pathname}${fragment}`;
  }
}

function follow(link, asked) {
  const own = new URL(link.href).searchParams;
  const given = new URLSearchParams(asked);
  for (const name of link.dataset.changes.split(" ")) {
    given.delete(name);
    for (const value of own.getAll(name)) given.append(name, value);
  }
  link.search = given;
}

function refill(form, asked) {
  const dropped = new Set(form.dataset.drops.split(" "));
  for (const field of form.querySelectorAll("input[type=hidden]")) field.remove();
  for (const [name, value] of asked) {
    if (dropped.has(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.prepend(field);
  }
}
