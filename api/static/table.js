// A table of data: sorted by its headings, filtered by words, drawn only where it is scrolled to, so
// that 100,000 rows stay smooth.
//
//   import { DataTable } from "./table.js";
//   const table = new DataTable(host, {
//     label: "Parties",                                  // what the table is called aloud
//     columns: [
//       { title: "Party", link: (row) => row.address },  // a cell is a link where `link` gives an address
//       { title: "Value", number: true },                // numbers are sorted and written as numbers, with `decimals`
//       { title: "Stage", value: (row) => row.stage },   // else a row's cell is row[index of the column]
//       { title: "Day", value: (row) => row.on, text: (row) => day(row.on) }, // sorted by one, shown as the other
//     ],
//     rows: [...],                                       // arrays or objects
//     chosen: (row) => {},                               // optional: a row was clicked, or Enter pressed on it
//   });
//   table.show(rows);        // other rows, under the same headings
//   table.select(row);       // marks a row and scrolls to it
//   table.visibleRows();     // the rows that the filter leaves, as sorted
//
// `host` is an element, which is emptied. A table that the server has written is made one of these with
// `enhance(table)`: its cells stay as they are (links too), its headings sort and its rows are filtered.

import { element } from "./element.js";
import { fold, language, number, text } from "./texts.js";

const ROW_HEIGHT = 32;
const MARGIN = 12;
const SAMPLE = 200;
/** Rows that are printed at most. */
const PRINTED = 2000;
/** Pixels of the sign of an order, of a column whose text is cut, and of the widest column. */
const [SIGN, NARROWEST, WIDEST] = [14, 118, 360];

export class DataTable {
  #columns;
  #rows = [];
  #shown = [];
  #folded = null;
  #sorted = null;
  #selected = null;
  #chosen;
  #drawn = "";
  #natural = [];

  constructor(host, { label, columns, rows, chosen = null }) {
    this.#columns = columns.map((column, index) => ({
      value: (row) => row[index],
      ...column,
    }));
    this.#chosen = chosen;
    this.#build(host, label);
    this.show(rows);
  }

  /** Shows other rows, sorted and filtered as before. */
  show(rows) {
    this.#rows = rows;
    this.#folded = null;
    this.#measure();
    this.#arrangeWidths();
    this.#arrange();
  }

  /** Marks a row and scrolls to it; null marks none. */
  select(row) {
    this.#selected = row;
    const place = this.#shown.indexOf(row);
    if (place >= 0) {
      const top = place * ROW_HEIGHT;
      const { scrollTop, clientHeight } = this.scroller;
      if (top < scrollTop || top > scrollTop + clientHeight - 2 * ROW_HEIGHT) {
        this.scroller.scrollTop = Math.max(0, top - clientHeight / 3);
      }
    }
    this.#draw(true);
  }

  /** Draws the rows again whose texts have changed; their order stays. */
  redraw() {
    this.#draw(true);
  }

  /** Returns the rows that the filter leaves, in the order shown. */
  visibleRows() {
    return this.#shown;
  }

  #build(host, label) {
    this.filter = element("input", {
      type: "search",
      placeholder: text("script.table.filter"),
      "aria-label": text("script.table.filter"),
      oninput: () => this.#arrange(),
    });
    this.status = element("span", { class: "note", role: "status" });
    this.headings = this.#columns.map((column, index) =>
      element(
        "th",
        { scope: "col", class: column.number ? "number" : null, "aria-colindex": index + 1 },
        element("button", { type: "button", onclick: () => this.#sortBy(index) }, column.title),
      ),
    );
    this.body = element("tbody");
    this.table = element(
      "table",
      { "aria-label": label },
      element("thead", {}, element("tr", { "aria-rowindex": 1 }, ...this.headings)),
      this.body,
    );
    this.scroller = element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, this.table);
    this.scroller.addEventListener("scroll", () => requestAnimationFrame(() => this.#draw()), { passive: true });
    if (this.#chosen) this.#listen();
    host.replaceChildren(element("div", { class: "data-table" }, element("div", { class: "tools" }, this.filter, this.status), this.scroller));
    const resized = () => {
      this.#arrangeWidths();
      this.#draw(true);
    };
    new ResizeObserver(resized).observe(this.scroller);
    window.addEventListener("beforeprint", () => this.#draw(true, PRINTED));
    window.addEventListener("afterprint", () => this.#draw(true));
  }

  #listen() {
    const choose = (event) => {
      const place = event.target.closest?.("tr[data-place]")?.dataset.place;
      if (place !== undefined && !event.target.closest("a")) this.#chosen(this.#shown[place]);
    };
    this.body.addEventListener("click", choose);
    this.body.addEventListener("keydown", (event) => {
      if (event.key === "Enter") choose(event);
    });
  }

  #sortBy(index) {
    const same = this.#sorted?.index === index;
    const descending = same ? !this.#sorted.descending : Boolean(this.#columns[index].number);
    this.#sorted = { index, descending };
    this.headings.forEach((heading, at) => {
      if (at === index) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    this.#arrange();
  }

  #arrange() {
    const words = fold(this.filter.value).split(/\s+/).filter(Boolean);
    let places = this.#rows.map((_, place) => place);
    if (words.length) {
      this.#folded ??= this.#rows.map((row) => fold(this.#columns.map((column) => shown(column, row)).join(" ")));
      places = places.filter((place) => words.every((word) => this.#folded[place].includes(word)));
    }
    if (this.#sorted) sortPlaces(places, this.#rows, this.#columns[this.#sorted.index], this.#sorted.descending);
    this.#shown = places.map((place) => this.#rows[place]);
    this.table.setAttribute("aria-rowcount", this.#shown.length + 1);
    this.#tell();
    this.scroller.scrollTop = 0;
    const height = Math.min(this.#shown.length + 1, 18) * ROW_HEIGHT + 24;
    this.scroller.style.height = `${height}px`;
    this.#draw(true);
  }

  #tell() {
    const [n, total] = [this.#shown.length, this.#rows.length];
    if (n === 0 && total > 0) this.status.textContent = text("script.table.none");
    else if (n === total) this.status.textContent = text("script.table.rows", { n });
    else this.status.textContent = text("script.table.of", { n, total });
  }

  /** Measures how wide each column would be with room for all. */
  #measure() {
    const pen = document.createElement("canvas").getContext("2d");
    const width = (text, font) => {
      pen.font = font;
      return pen.measureText(text).width;
    };
    const { fontFamily, fontSize } = getComputedStyle(this.table);
    const beside = 2 * Number.parseFloat(getComputedStyle(this.headings[0].firstChild).paddingLeft) + 2;
    const sample = this.#rows.slice(0, SAMPLE);
    this.#natural = this.#columns.map((column) => {
      const heading = width(column.title, `600 ${fontSize} ${fontFamily}`);
      const texts = sample.map((row) => shown(column, row)).sort((a, b) => b.length - a.length);
      const longest = texts.slice(0, 5).map((one) => width(one, `${fontSize} ${fontFamily}`));
      return Math.min(Math.max(heading, ...longest), WIDEST) + beside;
    });
  }

  /** Where there is no room for all, texts are cut before columns are out of sight. */
  #arrangeWidths() {
    const room = this.scroller.clientWidth;
    const least = this.#natural.map((width, index) => (this.#columns[index].number ? width : Math.min(width, NARROWEST)));
    const [all, needed] = [this.#natural, least].map((widths) => widths.reduce((sum, one) => sum + one, 0));
    // What is left of the room goes to those that have more to show, by how much more.
    const share = room > 0 && all > needed ? Math.min(1, Math.max(0, (room - needed) / (all - needed))) : 1;
    const spare = room - all > SIGN * this.#natural.length ? SIGN : 0;
    this.#natural.forEach((width, index) => {
      const fitting = least[index] + (width - least[index]) * share;
      this.headings[index].style.width = `${Math.floor(fitting + spare)}px`;
    });
  }

  /** Draws the rows that are in sight, or the first ones, as many as are wanted. */
  #draw(always = false, wanted = 0) {
    const { scrollTop, clientHeight } = this.scroller;
    const first = wanted ? 0 : Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN);
    const last = Math.min(this.#shown.length, wanted || Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + MARGIN);
    const drawn = `${first} ${last}`;
    if (!always && drawn === this.#drawn) return;
    this.#drawn = drawn;
    const rows = [];
    for (let place = first; place < last; place++) rows.push(this.#row(place));
    this.body.replaceChildren(this.#gap(first), ...rows, this.#gap(wanted ? 0 : this.#shown.length - last));
  }

  #row(place) {
    const row = this.#shown[place];
    const made = element("tr", {
      "aria-rowindex": place + 2,
      "data-place": place,
      tabindex: this.#chosen ? 0 : null,
      "aria-current": row === this.#selected ? "true" : null,
    });
    for (const column of this.#columns) {
      const content = shown(column, row);
      const address = column.link?.(row);
      const cell = element("td", { class: column.number ? "number" : null, title: content.length > 24 ? content : null });
      cell.append(address ? element("a", { href: address }, content) : content);
      made.append(cell);
    }
    return made;
  }

  #gap(rows) {
    const cell = element("td", { colspan: this.#columns.length });
    cell.style.height = `${rows * ROW_HEIGHT}px`;
    return element("tr", { class: "gap", "aria-hidden": "true", hidden: rows === 0 }, cell);
  }
}

/** Returns the text of a row's cell. */
function shown(column, row) {
  const value = column.text?.(row) ?? column.value(row);
  if (value == null) return "";
  return typeof value === "number" ? number(value, column.decimals ?? null) : String(value);
}

function sortPlaces(places, rows, column, descending) {
  const keys = rows.map((row) => {
    const value = column.value(row);
    if (value == null || value === "") return null;
    return column.number ? Number(value) : fold(String(value));
  });
  const sign = descending ? -1 : 1;
  places.sort((a, b) => {
    const [x, y] = [keys[a], keys[b]];
    // What is not there comes last in either direction; equals keep their order.
    if (x === null || y === null) return (x === null) - (y === null);
    return x < y ? -sign : x > y ? sign : 0;
  });
}

/** Lets the headings of a table in the page sort its rows, and words filter them when there are many. */
export function enhance(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const keys = new Map(rows.map((row) => [row, fold(row.textContent)]));
  const status = element("span", { class: "note", role: "status" });
  [...table.tHead.rows[0].cells].forEach((heading, index) => {
    const label = heading.textContent.trim();
    if (!label || heading.colSpan > 1) return;
    heading.replaceChildren(element("button", { type: "button", class: "sorts", onclick: () => sort(heading, index) }, label));
  });
  if (rows.length > 12) {
    const filter = element("input", {
      type: "search",
      class: "filters",
      placeholder: text("script.table.filter"),
      "aria-label": text("script.table.filter"),
      oninput: () => {
        const words = fold(filter.value).split(/\s+/).filter(Boolean);
        let n = 0;
        for (const row of rows) {
          row.hidden = !words.every((word) => keys.get(row).includes(word));
          n += !row.hidden;
        }
        status.textContent = words.length ? text("script.table.of", { n, total: rows.length }) : "";
      },
    });
    (table.closest(".scroll") ?? table).before(element("div", { class: "tools" }, filter, status));
  }

  function sort(heading, index) {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const numeric = heading.classList.contains("number");
    const column = { number: numeric, value: (row) => valueOf(row.cells[index], numeric) };
    const places = rows.map((_, place) => place);
    sortPlaces(places, rows, column, descending);
    body.append(...places.map((place) => rows[place]));
  }
}

/** Returns what a cell is sorted by: `data-value`, else a time, else its text, a number as the language writes it. */
function valueOf(cell, numeric) {
  const given = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  if (!numeric || cell.dataset.value !== undefined) return given;
  const plain = language === "fr" ? given.replace(/[^\d,-]/g, "").replace(",", ".") : given.replace(/[^\d.-]/g, "");
  return plain === "" ? null : plain;
}
