// How a query is answered: in words, step by step, with its SQL.

import { element } from "./element.js";
import { number, text } from "./texts.js";

const milliseconds = (seconds) => number(Math.max(1, Math.round(seconds * 1000)));

/** Shows in an element what `/api/plan` tells; `ran` is how many seconds the last answer took. */
export function showPlan(host, told, ran) {
  host.replaceChildren(
    element("h2", { id: "answer-title" }, text("script.query.plan")),
    element("p", { class: "facts", role: "status" }, ...factsOf(told, ran).map((one) => element("span", {}, one))),
    element("p", {}, text(`script.query.plan_${told.engine}`)),
  );
  if (told.engine !== "sql") {
    host.append(element("p", { class: "note" }, text("script.query.plan_reason", { reason: told.reason })));
    return;
  }
  host.append(
    element("h3", {}, text("script.query.plan_steps")),
    element("div", { class: "plan" }, tree(told.steps)),
    element("details", {}, element("summary", {}, text("script.query.plan_statements")), ...statements(told)),
  );
}

function factsOf(told, ran) {
  const times = told.engine === "sql"
    ? [
        text("script.query.plan_times", { compiling: milliseconds(told.compiling) }),
        text("script.query.plan_planned", { planning: milliseconds(told.planning) }),
      ]
    : [];
  const last = ran === undefined
    ? text("script.query.plan_not_run")
    : text("script.query.plan_ran", { seconds: number(Math.round(ran * 1000) / 1000) });
  return [text(`script.query.engine.${told.engine}`), ...times, last];
}

function tree(steps) {
  return element("ul", {}, ...steps.map((one) => element("li", {}, one.text, one.before.length ? tree(one.before) : null)));
}

function statements({ statements: told, terms }) {
  const named = terms.map((one) => `${one.number} = ${one.label}`).join(", ");
  return [
    named && element("p", { class: "note" }, text("script.query.plan_terms", { terms: named })),
    ...told.map((one) => element("pre", { tabindex: 0 }, one)),
  ].filter(Boolean);
}
