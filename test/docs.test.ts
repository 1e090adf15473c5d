import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms } from '../src/algorithms/index.ts'
import { loadCommands } from '../src/cli/commands.ts'
import { metrics } from '../src/metrics/index.ts'
import { transforms } from '../src/transforms/index.ts'
import { sentence } from '../src/util/text.ts'

const README = resolve(import.meta.dirname, '../README.md')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** Each setting once, with the algorithms that take it. */
function settingRows(): string[][] {
  const names = new Set(algorithms.flatMap(({ settings = {} }) => Object.keys(settings)))
  return [...names].map(name => {
    const takers = algorithms.filter(({ settings = {} }) => Object.hasOwn(settings, name))
    const setting = takers[0]!.settings![name]!
    const values =
      setting.type === 'choice'
        ? setting.choices.join(', ')
        : setting.type === 'text'
          ? 'text (JSON)'
          : `${setting.low} … ${setting.high}`
    return [
      `\`${name}\``,
      takers.map(taker => taker.name).join(', '),
      `${values}; ${setting.default || 'none'} unless said`,
    ]
  })
}

const commands = await loadCommands()
const sections = {
  commands: table(
    ['command', 'what it does'],
    commands.map(({ usage, summary }) => [`\`${usage}\``, sentence(summary)]),
  ),
  algorithms: table(
    ['algorithm', 'tasks', "Autopilot's name", 'what it is'],
    algorithms.map(({ name, tasks, autopilotName, summary }) => [
      name,
      tasks.join(', '),
      autopilotName ?? '',
      sentence(summary),
    ]),
  ),
  settings: table(['setting', 'of', 'values'], settingRows()),
  transforms: table(
    ['transform', 'of', 'what it does'],
    transforms.map(transform => [
      transform.name,
      transform.stage === 'encode'
        ? transform.accepts.join(', ')
        : transform.stage === 'combine'
          ? `several of ${transform.accepts.join(', ')}`
          : 'features',
      sentence(transform.summary),
    ]),
  ),
  metrics: table(
    ['metric', 'tasks', 'better', 'what it says'],
    Object.entries(metrics).map(([name, { tasks, direction, summary }]) => [
      name,
      tasks.join(', '),
      direction === 'maximize' ? 'higher' : 'lower',
      sentence(summary),
    ]),
  ),
}

// UPDATE_DOCS=1 npx vitest run test/docs.test.ts writes the tables anew.
describe('README', () => {
  it.each(Object.entries(sections))('shows the %s there are', (name, expected) => {
    const text = readFileSync(README, 'utf8')
    const pattern = new RegExp(`<!-- ${name} -->\\n[^]*?<!-- /${name} -->`)
    expect(text).toMatch(pattern)
    const updated = text.replace(pattern, () => `<!-- ${name} -->\n\n${expected}\n\n<!-- /${name} -->`)
    if (process.env['UPDATE_DOCS']) writeFileSync(README, updated)
    else expect(text).toBe(updated)
  })
})
