import { html, raw } from 'hono/html'
import type { MigrationCounts } from './migration-counts.js'
import type { Status } from './status.js'

type Html = ReturnType<typeof html>

/** The whole style, as its hash in the Content-Security-Policy needs it: byte for byte what stands in the page. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6576; --line: #dfe3ea; --ground: #f7f8fa; --card: #fff; --accent: #1f5fd0; --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf0; --soft: #a3adbd; --line: #2c3442; --ground: #12161d; --card: #1a202a; --accent: #8ab4ff; --good: #67d39b; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.page { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -0.01em; }
h2 { margin: 0 0 0.75rem; font-size: 1rem; }
.lead { margin: 0.25rem 0 2rem; color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.25rem; min-width: 0; }
.wide { grid-column: 1 / -1; }
.figure { font-size: 2rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; margin: 0; }
.note { color: var(--soft); margin: 0 0 0.75rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); }
th, td { padding: 0.375rem 0; border-top: 1px solid var(--line); }
td:last-child, th.count { text-align: right; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { margin: 0; padding: 1rem; overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 0.5rem; }
a { color: var(--accent); }
a:focus-visible, pre:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.good { color: var(--good); }
.bad { color: var(--bad); }
footer { margin-top: 2rem; color: var(--soft); }
`

/** Plain HTML without scripts. Every value is escaped by the tag. */
export function statusPage(status: Status, origin: string): Html {
  const total = sum(status.tenants.map((row) => row.tenants))
  return frame(html`
<p class="lead">Platform <code>${status.platform}</code>, its catalog on PostgreSQL ${status.catalogVersion}</p>
<div class="cards">
<section class="card" aria-labelledby="tenants">
<h2 id="tenants">Tenants</h2>
<p class="figure">${total}</p>
${counts(
  ['State', 'Isolation', 'Tenants'],
  status.tenants.map((row) => [row.state.replace('_', '-'), row.isolation, row.tenants]),
  'none yet',
)}
</section>
<section class="card" aria-labelledby="clusters">
<h2 id="clusters">Clusters</h2>
<p class="figure">${sum(status.clusters.map((row) => row.clusters))}</p>
${counts(
  ['Server', 'Walls', 'Clusters'],
  status.clusters.map((row) => [`PostgreSQL ${row.version}`, row.hardened ? 'hardened' : 'unhardened', row.clusters]),
  'none yet',
)}
</section>
<section class="card" aria-labelledby="migrations">
<h2 id="migrations">Migrations</h2>
${migrations(status.migrations)}
</section>
<section class="card" aria-labelledby="operations">
<h2 id="operations">Operations</h2>
<p class="figure">${sum(status.operations.map((row) => row.operations))}</p>
${counts(
  ['State', 'Operations'],
  status.operations.map((row) => [row.state, row.operations]),
  'none yet',
)}
</section>
<section class="card wide" aria-labelledby="api">
<h2 id="api">The API</h2>
<p class="note">Described in <a href="openapi.json">openapi.json</a>. A key is made with <code>tenantry key create NAME --role viewer</code>.</p>
<pre tabindex="0" role="region" aria-label="Example of a request">curl -H "Authorization: Bearer $TENANTRY_KEY" ${origin}/v1/tenants</pre>
</section>
</div>`)
}

/** What stands there while the catalog cannot be asked; no more than that, since anyone may read it. */
export const unavailablePage = (): Html =>
  frame(html`<p class="lead bad" role="status">The catalog cannot be reached at the moment. The log has the details.</p>`)

const frame = (content: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenantry</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main class="page">
<h1>Tenantry</h1>
${content}
<footer>Counts only. Probes: <a href="healthz">healthz</a>, <a href="readyz">readyz</a>.</footer>
</main>
</body>
</html>
`

function counts(head: readonly string[], rows: readonly (readonly (string | number)[])[], none: string): Html {
  if (rows.length === 0) return html`<p class="note">${none}</p>`
  const last = head.length - 1
  return html`<table>
<thead><tr>${head.map((cell, index) => (index === last ? html`<th scope="col" class="count">${cell}</th>` : html`<th scope="col">${cell}</th>`))}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table>`
}

function migrations(found: MigrationCounts | undefined): Html {
  if (found === undefined) return html`<p class="note bad">The migration files cannot be read.</p>`
  const { newest, homes, pendingHomes, pendingPlatforms } = found
  const pending = pendingHomes + pendingPlatforms
  return html`<p class="figure">${homes - pendingHomes} / ${homes}</p>
<p class="note">homes at ${newest === '' ? 'the beginning: there is no migration yet' : html`<code>${newest}</code>`}</p>
${pending === 0 ? html`<p class="note good">Nothing is pending.</p>` : html`<p class="note bad">${pendingHomes} homes and ${pendingPlatforms} platform schemas are behind.</p>`}`
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
