// The texts of the page's language, by the keys of the catalogue that the page holds for scripts.

const texts = JSON.parse(document.getElementById("script-texts").textContent);

export const language = document.documentElement.lang;

/** The most decimals that are written. */
export const DECIMALS = 3;

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: DECIMALS });
const formats = new Map();

function withDecimals(n) {
  if (!formats.has(n)) formats.set(n, new Intl.NumberFormat(language, { minimumFractionDigits: n, maximumFractionDigits: n }));
  return formats.get(n);
}

/** Returns a number as the page's language writes it, with as many decimals as it has, or as wanted. */
export function number(value, decimals = null) {
  return decimals === null ? numbers.format(value) : withDecimals(decimals).format(value);
}

/** English dates are written as the pages of the server write them. */
const region = language === "en" ? "en-GB" : language;
const days = new Intl.DateTimeFormat(region, { dateStyle: "medium", timeZone: "UTC" });
const months = new Intl.DateTimeFormat(region, { month: "short", year: "numeric", timeZone: "UTC" });

/** Returns a day or a month, written as in data, as the page's language writes it; other texts as they are. */
export function day(written) {
  const found = written.match(/^(\d{4}-\d\d)(-\d\d)?/);
  if (!found || Number.isNaN(Date.parse(found[0]))) return written;
  return (found[2] ? days : months).format(new Date(found[0]));
}

/** Returns a time, written as in data, as the page's language writes it, its seconds where there are any. */
export function moment(written) {
  const found = written.match(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00(?:\.0+)?|(:\d\d(?:\.\d+)?))?(Z?)(.*)$/);
  return found ? `${day(found[1])} ${found[2]}${found[3] ?? ""}${found[4] && " UTC"}${found[5]}` : written;
}

/** Returns the text of a key, its places filled; one with several forms is chosen by `values.n`. */
export function text(key, values = {}) {
  let found = texts[key];
  if (typeof found === "object") {
    const single = language === "fr" ? Math.abs(values.n) < 2 : values.n === 1;
    found = found[single ? "one" : "other"];
  }
  return found.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value);
  });
}

/** Returns a text as it is compared and searched: in lower case, without accents. */
export function fold(value) {
  return value.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
