"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const severities = ["low", "medium", "high", "critical"];
const columns = ["actor", "action", "address", "account", "region", "outcome", "target", "as", "country", "client", "reason"];
const RULE = 0, SEVERITY = 1, TIME = 2, DETAIL = 3, TEXTS = 4;
const page = 50; // lines of a group at a time

// element returns a new element. Children that are no nodes become text.
const element = (name, attributes, ...children) => {
	const e = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
	e.append(...children.filter(c => c !== null && c !== undefined && c !== ""));
	return e;
};
const text = (row, column) => data.texts[data.rows[row][TEXTS + columns.indexOf(column)]];
const moment = ms => {
	const d = new Date(ms);
	return isNaN(d) ? "" : d.toISOString().slice(0, 19).replace("T", " ") + " UTC";
};
const plural = (n, noun) => n.toLocaleString("en-US") + " " + noun + (n === 1 ? "" : "s");

// Details are decompressed when they are needed, a few alerts at a time.
const parts = new Map();
const part = n => {
	if (!parts.has(n)) {
		const bytes = Uint8Array.from(atob(data.details[n]), c => c.charCodeAt(0));
		const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
		parts.set(n, new Response(stream).json());
	}
	return parts.get(n);
};
const detail = async row => {
	const n = data.rows[row][DETAIL];
	return n < 0 ? null : (await part(Math.floor(n / data.perPart)))[n % data.perPart];
};

// The filter.
const searched = new Array(data.rows.length); // what is searched of a row, made when it is needed
const ruleText = data.rules.map(r => (r.name + "\n" + r.id).toLowerCase());
const attackText = data.rules.map(r => r.attack.join("\n").toLowerCase());
const lower = data.texts.map(t => t.toLowerCase());
const haystack = i => {
	if (searched[i] === undefined) {
		const row = data.rows[i];
		const list = [data.ids[i], severities[row[SEVERITY]], ruleText[row[RULE]], attackText[row[RULE]], moment(row[TIME]).toLowerCase()];
		for (let c = TEXTS; c < row.length; c++) list.push(lower[row[c]]);
		searched[i] = list.join("\n");
	}
	return searched[i];
};
const time = value => {
	let s = value.toUpperCase();
	if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(s)) s += "Z";
	return Date.parse(s);
};
// condition returns a function that tells whether a row fits a field and a value.
const condition = (field, value, exact) => {
	const fits = exact ? t => t === value : t => t.includes(value);
	switch (field) {
	case "": return i => haystack(i).includes(value);
	case "rule": return i => { const r = data.rules[data.rows[i][RULE]]; return fits(r.name.toLowerCase()) || fits(r.id.toLowerCase()); };
	case "severity": return i => severities[data.rows[i][SEVERITY]].startsWith(value);
	case "attack": return i => attackText[data.rows[i][RULE]].includes(value);
	case "id": return i => data.ids[i].startsWith(value);
	case "from": { const t = time(value); return isNaN(t) ? () => true : i => data.rows[i][TIME] >= t; }
	case "to": { const t = time(value); return isNaN(t) ? () => true : i => data.rows[i][TIME] < t; }
	}
	const c = TEXTS + columns.indexOf(field);
	return i => fits(lower[data.rows[i][c]]);
};
const fields = ["rule", "severity", "attack", "id", "from", "to", ...columns];
// parse returns the conditions of a filter.
const parse = filter => {
	const list = [];
	for (const m of filter.matchAll(/(-?)(?:([a-z]+):)?(=?)(?:"((?:[^"\\]|\\.)*)"?|(\S+))/gi)) {
		let [, not, field = "", exact, quoted, word] = m;
		let value = quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : exact && !field ? exact + word : word;
		field = field.toLowerCase();
		if (field && !fields.includes(field)) {
			value = field + ":" + value;
			field = "";
		}
		const fits = condition(field, value.toLowerCase(), Boolean(exact));
		list.push(not ? i => !fits(i) : fits);
	}
	return list;
};

// Nodes of the page.
const badge = severity => element("span", {class: "badge " + severities[severity]}, severities[severity]);
const allowed = new Set(["p", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "code", "pre", "table", "tr", "td", "hr", "br"]);
const nodes = list => (list || []).map(n => typeof n === "string" ? n : element(allowed.has(n[0]) ? n[0] : "span", null, ...nodes(n.slice(1))));

const side = (title, s) => {
	if (!s) return null;
	let line = s.events + (s.events === "1" ? " call" : " calls");
	if (s.failures && s.failures !== "0") line += ", " + s.failures + " failed";
	if (s.others && s.others !== "0") line += "; " + s.others + " by others from the address";
	const box = element("section", {class: "side"}, element("h4", null, title), element("p", null, line));
	if (s.notable) box.append(element("p", null, element("strong", null, "Notable: "), s.notable.join(", ")));
	if (s.actions) box.append(element("ul", null, ...s.actions.map(a => element("li", null, a))));
	return box;
};
const lines = list => element("dl", {class: "fields"}, ...list.map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value))));

const card = (row, d) => {
	const rule = data.rules[data.rows[row][RULE]];
	const id = data.ids[row];
	const box = element("div", {class: "card"});
	box.append(element("p", {class: "permalink"}, element("a", {href: "#" + encodeURIComponent(id)}, "Link to this alert"), " ", element("code", null, id)));
	if (!d) {
		box.append(element("p", {class: "notice"}, "The details are left out: the page would become too large."));
		return box;
	}
	if (d.summary) box.append(element("p", {class: "summary"}, d.summary));
	if (d.reason) box.append(element("p", {class: "reason"}, element("span", {class: "muted"}, "Reason: "), d.reason));
	const answers = element("section", {class: "answers"}, element("h4", null, "What the event and the history say"));
	answers.append(element("dl", null, ...d.answers.map(a => element("div", a.m ? {class: "marked"} : null, element("dt", null, a.q), element("dd", null, a.a)))));
	const around = [side("15 minutes before", d.before), side("Afterwards", data.after[id] || d.after)].filter(Boolean);
	if (around.length) answers.append(element("div", {class: "around"}, ...around));
	const guide = element("section", {class: "guide"}, element("h4", null, "Investigation guide"));
	if (rule.guide) guide.append(...nodes(rule.guide));
	else guide.append(element("p", {class: "muted"}, "The rule has none."));
	if (rule.benign) guide.append(element("h5", null, "False positives"), element("ul", null, ...rule.benign.map(t => element("li", null, t))));
	box.append(element("div", {class: "beside"}, answers, guide));
	if (d.raw) {
		const raw = element("details", null, element("summary", null, "Raw event" + (d.cut ? " (long parts are cut)" : "")), element("pre", {class: "raw", tabindex: "0"}, d.raw));
		box.append(raw);
	}
	if (d.fields.length) box.append(element("details", null, element("summary", null, plural(d.fields.length, "field") + " of the alert"), lines(d.fields)));
	return box;
};

// line returns the line of an alert, which opens into its card.
const line = row => {
	const r = data.rows[row];
	const box = element("details", {class: "alert", id: data.ids[row]});
	const what = element("span", {class: "what"}, text(row, "action") || text(row, "reason"));
	if (text(row, "target")) what.append(element("span", {class: "muted"}, " on "), text(row, "target"));
	box.append(element("summary", null,
		badge(r[SEVERITY]), element("time", null, moment(r[TIME])), what,
		element("span", {class: "who"}, text(row, "actor")),
		element("span", {class: "where"}, text(row, "address")),
		element("span", {class: "outcome " + (text(row, "outcome") === "failure" ? "failure" : "")}, text(row, "outcome"))));
	box.addEventListener("toggle", () => { if (box.open) fill(box, row); });
	return box;
};
const filled = new WeakMap();
const fill = (box, row) => {
	if (!filled.has(box)) filled.set(box, (async () => {
		let content;
		try {
			content = card(row, await detail(row));
		} catch (e) {
			content = element("p", {class: "notice"}, "This browser cannot open the details: " + e.message);
		}
		box.append(content);
	})());
	return filled.get(box);
};

// Groups, one for each rule.
const groups = data.rules.map((rule, i) => {
	const count = element("span", {class: "count"});
	const span = element("span", {class: "muted span"});
	const box = element("details", {class: "group", "data-rule": String(i)}, element("summary", null, badge(rule.severity), element("span", {class: "name"}, rule.name), span, count));
	const g = {rule, box, count, span, all: [], rows: [], made: 0, list: element("div", {class: "list"}), more: element("button", {type: "button", class: "next"})};
	g.more.addEventListener("click", () => { const next = g.made; extend(g, page); g.list.children[next]?.querySelector("summary").focus(); });
	box.addEventListener("toggle", () => { if (box.open) open(g); });
	return g;
});
data.rows.forEach((row, i) => groups[row[RULE]].all.push(i));
for (const g of groups) g.all.sort((a, b) => data.rows[a][TIME] - data.rows[b][TIME]);
document.getElementById("groups").append(...groups.map(g => g.box));

const open = g => {
	if (!g.body) {
		g.body = element("div", {class: "body"}, element("p", {class: "description"}, g.rule.description));
		if (g.rule.attack.length) g.body.append(element("p", {class: "tags"}, ...g.rule.attack.map(t => element("span", {class: "tag"}, t))));
		if (g.rule.alerts > g.rule.kept) g.body.append(element("p", {class: "notice"}, "The first " + g.rule.kept.toLocaleString("en-US") + " of " + plural(g.rule.alerts, "alert") + " are listed."));
		const about = element("details", {class: "about"}, element("summary", null, "About the rule"),
			lines([["rule", g.rule.id], ["type", g.rule.kind], ...(g.rule.references || []).map(r => ["reference", r])].filter(l => l[1])));
		if (g.rule.setup) about.append(...nodes(g.rule.setup));
		g.body.append(about, g.list, g.more);
		g.box.append(g.body);
	}
	if (!g.made) extend(g, page);
};
const extend = (g, n) => {
	g.list.append(...g.rows.slice(g.made, g.made + n).map(line));
	g.made = Math.min(g.made + n, g.rows.length);
	const rest = g.rows.length - g.made;
	g.more.hidden = rest === 0;
	g.more.textContent = "Show " + Math.min(page, rest) + " more of " + rest.toLocaleString("en-US");
};

const input = document.getElementById("filter");
const apply = () => {
	const conditions = parse(input.value);
	let shown = 0;
	for (const g of groups) {
		g.rows = conditions.length ? g.all.filter(i => conditions.every(c => c(i))) : g.all;
		shown += g.rows.length;
		g.box.hidden = g.rows.length === 0;
		g.count.textContent = conditions.length ? g.rows.length.toLocaleString("en-US") + " of " + g.rule.alerts.toLocaleString("en-US") : g.rule.alerts.toLocaleString("en-US");
		const first = g.rows.length ? moment(data.rows[g.rows[0]][TIME]) : "", last = g.rows.length ? moment(data.rows[g.rows[g.rows.length - 1]][TIME]) : "";
		g.span.textContent = first === last ? first : first.slice(0, 16) + " – " + last.slice(0, 16);
		g.list.replaceChildren();
		g.made = 0;
		if (g.box.open) open(g);
	}
	document.getElementById("none").hidden = shown > 0 || data.rows.length === 0;
	document.getElementById("shown").textContent = shown.toLocaleString("en-US") + (conditions.length ? " of " + data.rows.length.toLocaleString("en-US") : "") + " shown";
};
let due;
input.addEventListener("input", () => { clearTimeout(due); due = setTimeout(apply, 120); });
const set = filter => { input.value = filter; apply(); };

// Totals set the filter.
const quote = value => '"' + value.replace(/["\\]/g, "\\$&") + '"';
document.addEventListener("click", event => {
	const b = event.target.closest("[data-field]");
	const column = event.target.closest("g.column");
	if (b) {
		const word = b.dataset.field + (["severity", "attack"].includes(b.dataset.field) ? ":" + b.dataset.value : ":=" + quote(b.dataset.value));
		set(input.value === word ? "" : word);
	} else if (column) {
		set("from:" + column.dataset.from + " to:" + column.dataset.to);
	} else {
		return;
	}
	document.getElementById("h-alerts").scrollIntoView({block: "start"});
});

// show opens the alert that the address names.
const show = async () => {
	let id;
	try {
		id = decodeURIComponent(location.hash.slice(1));
	} catch {
		return;
	}
	const row = id ? data.ids.indexOf(id) : -1;
	if (row < 0) return;
	const g = groups[data.rows[row][RULE]];
	if (!g.rows.includes(row)) set("");
	g.box.open = true;
	open(g);
	const place = g.rows.indexOf(row);
	if (place >= g.made) extend(g, place + 1 - g.made);
	const box = g.list.children[place];
	box.open = true;
	await fill(box, row);
	box.classList.add("target");
	box.scrollIntoView({block: "start"});
	box.querySelector("summary").focus({preventScroll: true});
};
addEventListener("hashchange", show);

// Keys.
const help = document.getElementById("help"), keys = document.getElementById("keys");
const toggleHelp = () => { keys.hidden = !keys.hidden; help.setAttribute("aria-expanded", String(!keys.hidden)); };
help.addEventListener("click", toggleHelp);
const move = step => {
	const list = [...document.querySelectorAll(".group > summary, .alert > summary")].filter(s => s.checkVisibility ? s.checkVisibility() : s.offsetParent !== null);
	const at = list.indexOf(document.activeElement.closest("summary"));
	const next = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1)];
	if (next) next.focus();
};
addEventListener("keydown", event => {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.target === input) {
		if (event.key === "Escape") { set(""); input.blur(); }
		if (event.key === "Enter") { clearTimeout(due); apply(); move(1); event.preventDefault(); }
		return;
	}
	switch (event.key) {
	case "/": input.focus(); input.select(); break;
	case "Escape": set(""); break;
	case "j": move(1); break;
	case "k": move(-1); break;
	case "o": for (const g of groups) if (!g.box.hidden) g.box.open = true; break;
	case "c": for (const g of groups) g.box.open = false; break;
	case "?": toggleHelp(); break;
	default: return;
	}
	event.preventDefault();
});

apply();
show();
})();
