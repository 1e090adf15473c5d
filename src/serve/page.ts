import type { ColumnSchema } from '../data/schema.ts'
import type { ModelInfo } from '../pipeline/onnx-model.ts'

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

/** Nothing on the page runs, and nothing is fetched. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}

/** What the server answers to, for people. */
export function page({ name, task }: ModelInfo, features: readonly ColumnSchema[], origin: string): string {
  const rows = features.map(
    ({ name, kind, reason }) => `<tr><td>${escape(name)}</td><td>${kind}</td><td>${escape(reason)}</td></tr>`,
  )
  const header = features
    .slice(0, 3)
    .map(({ name }) => name)
    .join(',')
  const more = features.length > 3 ? ',…' : ''
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(name)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}pre{background:#f4f4f4;padding:1rem;overflow:auto}</style></head>
<body><h1>${escape(name)}</h1>
<p>Predicts <b>${escape(task.target)}</b>${task.classes.length > 0 ? `: ${escape(task.classes.slice(0, 20).join(', '))}` : ''}.</p>
<pre>curl ${escape(origin)}/invocations -H 'Content-Type: text/csv' --data-binary @new.csv

${escape(header)}${more}</pre>
<ul><li><code>POST /invocations</code> predicts rows: text/csv, application/json or application/jsonlines, in and out</li>
<li><code>GET /ping</code> says whether it is healthy</li><li><a href="/openapi.json">/openapi.json</a> describes all of it for programs</li>
<li><a href="/metrics">/metrics</a> counts, for Prometheus</li><li><a href="/execution-parameters">/execution-parameters</a>, for batch transform</li></ul>
<h2>Columns</h2><table><tr><th>column</th><th>kind</th><th>why</th></tr>
${rows.join('\n')}
</table></body></html>
`
}
