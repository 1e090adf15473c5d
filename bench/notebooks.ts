// Trains on datasets, executes their notebooks in Python and TypeScript from top to bottom, and compares what the cells print with
// bench/notebooks.json: node bench/run.mjs notebooks [--update] [--whole] [dataset…]. Tables are cut to their first rows, so that the
// same trials run everywhere; --whole takes all rows for 30 seconds and compares nothing. Needs GLASSPILOT_DATASETS, and
// GLASSPILOT_PYTHON with nbclient, nbformat, ipykernel; TypeScript needs Deno, which pip installs beside it (or GLASSPILOT_DENO).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { denoKernel, findDeno } from '../test/notebook/kernels.ts'
import { outline, told, type Executed, type OutlinedCell } from '../test/notebook/outline.ts'

/** Three tasks, twelve tables: numbers, categories, text, dates, pictures. */
const DATASETS = [
  'titanic', 'iris', 'abalone', 'auto_mpg', 'wine_quality_red', 'breast_cancer_wdbc', 'german_credit', 'disaster_tweets', 'mnist', 'bike_sharing_demand', 'diamonds', 'adult',
] // prettier-ignore
const PYTHON = 'GlasspilotCandidateDefinitionNotebook.ipynb'
const TYPESCRIPT = 'GlasspilotCandidateDefinitionNotebook-TypeScript.ipynb'
const EXPLORATION = 'GlasspilotDataExplorationNotebook.ipynb'
const MOST_BYTES = 5e6
const ROWS = 1000
const TEST_ROWS = 200
/** Cells whose words follow the scores, which a change of any learner moves: of these only the kinds of output are compared. */
const BY_SCORE = ['tuning-code', 'results-code', 'choice-code', 'explanation-code', 'deployment-code']
const KNOWN = join(process.cwd(), 'bench/notebooks.json')

const datasets = process.env['GLASSPILOT_DATASETS'] ?? ''
const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const main = join(process.cwd(), 'dist/cli/main.js')
const deno = findDeno()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-notebooks-'))
const words = process.argv.slice(2)
const [isWhole, isUpdate] = ['--whole', '--update'].map(flag => words.includes(flag))
const asked = words.filter(word => !word.startsWith('--'))
const env = {
  ...process.env,
  GLASSPILOT_COMMAND: `${process.execPath} ${main}`,
  ...(deno && { JUPYTER_PATH: denoKernel(join(folder, 'jupyter'), deno), DENO_DIR: join(folder, 'deno') }),
  DENO_NO_UPDATE_CHECK: '1',
}

interface Entry {
  readonly name: string
  readonly file: string
  readonly target: string
}
const manifest = existsSync(join(datasets, 'manifest.json'))
  ? (JSON.parse(readFileSync(join(datasets, 'manifest.json'), 'utf8')) as Entry[])
  : []
const entryOf = (name: string) =>
  manifest.find(entry => entry.name === name) ?? manifest.find(entry => entry.name === `${name}_train`)

/** The first rows of a table as two files, one to learn from and one to score on; for Papa a line break in quotes is no new row. */
function cut(name: string): string[] {
  const { file, target } = entryOf(name)!
  const text = gunzipSync(readFileSync(join(datasets, file))).toString()
  const { data } = Papa.parse<string[]>(text, { preview: ROWS + TEST_ROWS + 1, skipEmptyLines: true })
  const [header, ...rows] = data
  const kept = Math.min(ROWS, Math.floor(0.8 * rows.length))
  const write = (part: string, lines: string[][]) => {
    writeFileSync(join(folder, part), Papa.unparse([header!, ...lines]))
    return join(folder, part)
  }
  const [train, test] = [
    write(`${name}.csv`, rows.slice(0, kept)),
    write(`${name}-test.csv`, rows.slice(kept)),
  ]
  return [train, '--target', target, '--test', test]
}

const report: string[] = []
const outlines = existsSync(KNOWN)
  ? (JSON.parse(readFileSync(KNOWN, 'utf8')) as Record<string, readonly OutlinedCell[]>)
  : {}

/** Executes a notebook and says how that went. */
function execute(name: string, output: string, notebook: string): Executed {
  const file = join(output, 'notebooks', notebook)
  const started = performance.now()
  const done = spawnSync(python, ['test/notebook/execute.py', file, '600'], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const bytes = statSync(file).size
  const found =
    done.stdout === ''
      ? { failure: done.stderr.slice(-1500), cells: [] }
      : (JSON.parse(done.stdout) as Executed)
  const failure = found.failure ?? (bytes > MOST_BYTES ? `larger than ${MOST_BYTES} bytes` : undefined)
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
  process.stdout.write(
    `${name.padEnd(22)} ${notebook.padEnd(56)} ${failure ? 'FAILED' : 'ok    '} ${seconds} s ${(bytes / 1e6).toFixed(2).padStart(6)} MB\n`,
  )
  if (failure) report.push(`${name}, ${notebook}: ${failure}`)
  return found
}

/** Compares with what was found before; what cells print must be the same in both languages. */
function compare(name: string, inPython: Executed, inTypeScript: Executed | undefined): void {
  const found = outline(inPython, folder).map(cell =>
    BY_SCORE.includes(cell.id) ? { ...cell, words: [] } : cell,
  )
  if (isUpdate) {
    outlines[name] = found
    writeFileSync(KNOWN, `${JSON.stringify(outlines, null, 1)}\n`)
  }
  if (!Object.hasOwn(outlines, name)) report.push(`${name}: not in bench/notebooks.json: run with --update`)
  for (const [i, cell] of found.entries()) {
    const known = outlines[name]?.[i]
    if (known && JSON.stringify(cell) !== JSON.stringify(known))
      report.push(`${name}, ${cell.id}: printed ${JSON.stringify(cell)}: expected ${JSON.stringify(known)}`)
  }
  if (!inTypeScript || inTypeScript.failure !== null) return
  for (const id of ['evaluation-code', 'deployment-code', 'choice-code']) {
    const [a, b] = [told(inPython, id).trim(), told(inTypeScript, id).trim()]
    // Deno sends the last words of a cell after it says that it is done, and Jupyter's client without a screen may miss them.
    if (b === '' || !a.startsWith(b))
      report.push(`${name}, ${id}: TypeScript printed ${b}: expected as Python ${a}`)
  }
}

const chosen = asked.length > 0 ? asked : DATASETS.filter(entryOf)
try {
  for (const name of chosen) {
    const output = join(folder, `experiment-${name}`)
    const data = isWhole ? [name, '--budget', '30s'] : cut(name)
    const run = spawnSync(process.execPath, [main, 'run', ...data, '--max-candidates', '4', '--output', output, '--quiet'], { env, encoding: 'utf8' }) // prettier-ignore
    if (run.status !== 0) {
      report.push(`${name}: not trained: ${run.stderr.trim()}`)
      continue
    }
    execute(name, output, EXPLORATION)
    const inPython = execute(name, output, PYTHON)
    const inTypeScript = deno ? execute(name, output, TYPESCRIPT) : undefined
    if (!isWhole && inPython.failure === null) compare(name, inPython, inTypeScript)
    rmSync(output, { recursive: true, force: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const line of report) process.stdout.write(`${line}\n`)
process.stdout.write(
  `${chosen.length} datasets, ${report.length} failures${deno ? '' : '; no Deno: notebooks in TypeScript were not executed'}\n`,
)
process.exitCode = report.length === 0 && chosen.length > 0 ? 0 : 1
