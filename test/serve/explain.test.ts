import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { backgroundFor } from '../../src/job/background.ts'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { ask, serverFor } from './models.ts'

const folder = temporaryFolder()
const start = serverFor()
const EXPLAIN = 'X-Amzn-SageMaker-Enable-Explanations'

interface Explained {
  readonly version: string
  readonly predictions: { readonly content_type: string; readonly data: string }
  readonly explanations: {
    readonly kernel_shap: readonly (readonly {
      readonly feature_header: string
      readonly feature_type: string
      readonly attributions: readonly [{ readonly attribution: readonly number[] }]
    }[])[]
    readonly label_headers: readonly string[]
    readonly expected_value: readonly number[]
  }
}

describe.each(['binary', 'regression'] as const)('explanations of a request, %s', task => {
  let port = 0
  let bare = 0
  let rows: string[] = []
  const invoke = (to: number, lines: readonly string[], headers: Record<string, string> = {}) =>
    ask(to, '/invocations', {
      method: 'POST',
      headers: { 'content-type': 'text/csv', accept: 'text/csv', ...headers },
      body: `${lines.join('\n')}\n`,
    })

  beforeAll(async () => {
    writeTable(join(folder, `${task}.csv`), task, 150)
    const run = await glasspilot(['run', `${task}.csv`, '--target', 'y', '--max-candidates', '3', '--output', task, '--quiet'], { cwd: folder }) // prettier-ignore
    expect(run.stderr).toBe('')
    const modelFolder = join(folder, task, 'model')
    port = (await start(modelFolder, { background: backgroundFor(join(folder, task))! })).port
    bare = (await start(modelFolder)).port
    rows = readFileSync(join(folder, `${task}.csv`), 'utf8')
      .split('\n')
      .slice(0, 4)
  })

  it('sum to the answer, column by column, beside the answer as it would have been', async () => {
    const plain = await invoke(port, rows)
    const { status, headers, text } = await invoke(port, rows, { [EXPLAIN]: '`true`' })
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    const { version, predictions, explanations } = JSON.parse(text) as Explained
    expect([version, predictions]).toEqual(['1.0', { content_type: 'text/csv', data: plain.text }])
    const answers = plain.text.trimEnd().split('\n').slice(1).map(line => line.split(',').slice(task === 'binary' ? 2 : 0).map(Number)) // prettier-ignore
    expect(explanations.label_headers).toHaveLength(answers[0]!.length)
    expect(explanations.kernel_shap).toHaveLength(3)
    for (const [row, record] of explanations.kernel_shap.entries()) {
      expect(record.map(({ feature_header }) => feature_header)).not.toContain('y')
      for (const [k, answer] of answers[row]!.entries()) {
        const sum = record.reduce((total, { attributions }) => total + attributions[0].attribution[k]!, 0)
        expect(explanations.expected_value[k]! + sum).toBeCloseTo(answer, 5)
      }
    }
    expect(explanations.kernel_shap.flat().some(({ attributions }) => Math.abs(attributions[0].attribution[0]!) > 1e-3)).toBe(true) // prettier-ignore
    expect((await invoke(port, rows, { [EXPLAIN]: '`true`' })).text).toBe(text)
  })

  it('are left out where the header says so', async () => {
    expect((await invoke(port, rows, { [EXPLAIN]: '`false`' })).text).toBe((await invoke(port, rows)).text)
  })

  it('are refused for many rows, for expressions that are not known, and without an experiment', async () => {
    const many = [rows[0]!, ...Array.from({ length: 11 }, () => rows[1]!)]
    const refusals = [
      await invoke(port, many, { [EXPLAIN]: '`true`' }),
      await invoke(port, rows, { [EXPLAIN]: '[0] > `0.5`' }),
      await invoke(bare, rows, { [EXPLAIN]: '`true`' }),
    ]
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400])
    for (const [i, code] of ['E_TOO_MANY_EXPLAINED', 'E_EXPLAIN_EXPRESSION', 'E_NO_BACKGROUND'].entries())
      expect(refusals[i]!.text).toContain(code)
  })

  it('are refused when others wait for theirs, and plain answers are not', async () => {
    const all = Promise.all(Array.from({ length: 7 }, () => invoke(port, rows, { [EXPLAIN]: '`true`' })))
    expect((await invoke(port, rows)).status).toBe(200)
    const statuses = (await all).map(({ status }) => status)
    expect(statuses.filter(status => status === 503).length).toBeGreaterThan(0)
    expect(statuses.filter(status => status === 200).length).toBeGreaterThan(0)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
  })
})
