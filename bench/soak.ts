import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

// The suites of test/reliability in full size, one after the other, and what they measured as a table in RELIABILITY.md:
//   npm run soak                               all of them; hours
//   npm run soak -- --share 0.2 --only kills   a fifth of one; the table stays, unless --log has the rows of the others

interface Row {
  readonly id: string
  readonly what: string
  readonly cases: number
  readonly result: string
  readonly seconds: number
}

const { version: VERSION } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const FOLDER = resolve('test/reliability')
const CARD = resolve('RELIABILITY.md')
const [BEGIN, END] = ['<!-- card -->', '<!-- /card -->']

const { values } = parseArgs({
  options: { share: { type: 'string', default: 'full' }, only: { type: 'string' }, log: { type: 'string' } },
})

/** Runs one suite; its rows, and one more when it failed. */
function soak(suite: string, log: string): Row[] {
  const started = performance.now()
  process.stderr.write(`${suite}\n`)
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', join('test/reliability', `${suite}.test.ts`)],
    {
      encoding: 'utf8',
      env: { ...process.env, GLASSPILOT_SOAK: values.share, GLASSPILOT_SOAK_LOG: log },
      maxBuffer: 1 << 28,
    },
  )
  const rows = existsSync(log) ? rowsOf(readFileSync(log, 'utf8')) : []
  if (status === 0) return rows
  process.stderr.write(stdout)
  const seconds = (performance.now() - started) / 1000
  return [...rows, { id: suite, what: 'suite', cases: 1, result: '**failed**', seconds }]
}

const rowsOf = (text: string): Row[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Row)

function cardOf(rows: readonly Row[]): string {
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${memory}, ${process.platform} ${release()}`
  const cells = rows.map(({ id, what, cases, result, seconds }) =>
    [id, what, cases.toLocaleString('en'), result, seconds.toFixed(0)].join(' | '),
  )
  return [
    `Measured ${day} on ${machine}; Node ${process.versions.node}, Glasspilot ${VERSION}.`,
    '',
    '| test | what | cases | result | seconds |',
    '| --- | --- | --- | --- | --- |',
    ...cells.map(row => `| ${row} |`),
  ].join('\n')
}

function writeCard(rows: readonly Row[]): void {
  const text = readFileSync(CARD, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from)
    throw new Error(`${CARD} has no ${BEGIN} … ${END}: expected a place for the card`)
  writeFileSync(CARD, `${text.slice(0, from + BEGIN.length)}\n\n${cardOf(rows)}\n\n${text.slice(to)}`)
}

const suites = readdirSync(FOLDER)
  .filter(name => name.endsWith('.test.ts'))
  .map(name => name.replace('.test.ts', ''))
  .filter(name => values.only === undefined || values.only.split(',').includes(name))
const folder = mkdtempSync(join(tmpdir(), 'soak-'))
try {
  // `--log`: rows of suites that ran before, a line of JSON each.
  const before = values.log === undefined ? [] : rowsOf(readFileSync(values.log, 'utf8'))
  const rows = [...before, ...suites.flatMap(suite => soak(suite, join(folder, suite)))]
  // A part of the suites must not take the place of what the others measured.
  if (values.only === undefined || before.length > 0) writeCard(rows)
  process.stdout.write(`${cardOf(rows)}\n`)
  process.exitCode = rows.some(({ result }) => result.includes('failed')) ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
