// Trains on datasets briefly, executes their notebooks in Python and TypeScript from top to bottom, and says what failed:
// node bench/run.mjs notebooks [dataset…]. Needs GLASSPILOT_DATASETS, and GLASSPILOT_PYTHON with nbclient, nbformat, ipykernel;
// TypeScript needs Deno (GLASSPILOT_DENO, or the npm package).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { denoKernel, findDeno } from '../test/notebook/kernels.ts'

/** Three tasks, ten tables: numbers, categories, text, dates, pictures. */
const DATASETS = [
  'titanic', 'iris', 'abalone', 'auto_mpg', 'wine_quality_red', 'breast_cancer_wdbc', 'german_credit', 'disaster_tweets', 'mnist', 'bike_sharing_demand', 'diamonds', 'adult',
] // prettier-ignore
const NOTEBOOKS = [
  'GlasspilotDataExplorationNotebook.ipynb',
  'GlasspilotCandidateDefinitionNotebook.ipynb',
  'GlasspilotCandidateDefinitionNotebook-TypeScript.ipynb',
]
const MOST_BYTES = 5e6

const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const main = join(process.cwd(), 'dist/cli/main.js')
const deno = findDeno()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-notebooks-'))
const asked = process.argv.slice(2).filter(word => !word.startsWith('--'))
const known = existsSync(process.env['GLASSPILOT_DATASETS'] ?? '')
  ? readdirSync(process.env['GLASSPILOT_DATASETS']!).map(name => name.replace(/(_train|_test)?\.csv.*$/, ''))
  : []
const chosen = asked.length > 0 ? asked : DATASETS.filter(name => known.includes(name))
const env = {
  ...process.env,
  GLASSPILOT_COMMAND: `${process.execPath} ${main}`,
  ...(deno && { JUPYTER_PATH: denoKernel(join(folder, 'jupyter'), deno), DENO_DIR: join(folder, 'deno') }),
  DENO_NO_UPDATE_CHECK: '1',
}
let failures = 0
try {
  for (const name of chosen) {
    const output = join(folder, name)
    const run = spawnSync(process.execPath, [main, 'run', name, '--budget', '30s', '--max-candidates', '4', '--output', output, '--quiet'], { env, encoding: 'utf8' }) // prettier-ignore
    if (run.status !== 0) {
      failures++
      process.stdout.write(`${name}: not trained: ${run.stderr.trim()}\n`)
      continue
    }
    for (const notebook of NOTEBOOKS.filter(file => deno || !file.includes('TypeScript'))) {
      const file = join(output, 'notebooks', notebook)
      const started = performance.now()
      const found = spawnSync(python, ['test/notebook/execute.py', file, '300'], { env, encoding: 'utf8' })
      const bytes = statSync(file).size
      const ok = found.status === 0 && bytes <= MOST_BYTES
      if (!ok) failures++
      process.stdout.write(
        `${name.padEnd(22)} ${notebook.padEnd(56)} ${ok ? 'ok    ' : 'FAILED'} ${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s ${(bytes / 1e6).toFixed(2).padStart(6)} MB\n`,
      )
      if (!ok) process.stdout.write(`${(found.stdout + found.stderr).slice(-1500)}\n`)
    }
    rmSync(output, { recursive: true, force: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(
  `${chosen.length} datasets, ${failures} failures${deno ? '' : '; no Deno: notebooks in TypeScript were not executed'}\n`,
)
process.exitCode = failures === 0 && chosen.length > 0 ? 0 : 1
