import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readJournal } from '../../src/experiment/journal.ts'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { denoKernel, findDeno } from './kernels.ts'
import { outline, told, type Executed } from './outline.ts'
import { hasPython } from './python.ts'

// The notebooks of a real experiment, executed by Jupyter's own client against the real command.
const folder = temporaryFolder()
const deno = findDeno()
const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const hasJupyter = hasPython('nbclient', 'nbformat', 'ipykernel')

function execute(experiment: string, name: string): Promise<Executed> {
  const file = join(folder, experiment, 'notebooks', name)
  const env = {
    ...process.env,
    GLASSPILOT_COMMAND: `${process.execPath} ${MAIN}`,
    ...(deno && {
      JUPYTER_PATH: denoKernel(join(folder, 'jupyter'), deno),
      DENO_DIR: join(folder, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
    }),
  }
  return new Promise((done, refuse) => {
    const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
    const child = spawn(python, [join(import.meta.dirname, 'execute.py'), file], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.on('close', () =>
      printed === '' ? refuse(new Error(said)) : done(JSON.parse(printed) as Executed),
    )
  })
}

/** A port that nothing listens on. */
const freePort = () =>
  new Promise<number>(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

/** All that a cell printed. */
const said = ({ cells }: Executed, id: string) =>
  cells
    .find(cell => cell.id === id)!
    .outputs.map(({ text }) => text)
    .join('')

const PYTHON = 'GlasspilotCandidateDefinitionNotebook.ipynb'
const TYPESCRIPT = 'GlasspilotCandidateDefinitionNotebook-TypeScript.ipynb'

describe.skipIf(!hasJupyter)(
  'notebooks (need GLASSPILOT_PYTHON with nbclient, nbformat and ipykernel)',
  () => {
    const make = async (task: 'binary' | 'regression', output: string) => {
      writeTable(join(folder, `${output}.csv`), task, 520)
      writeTable(join(folder, `${output}-test.csv`), task, 60, 2)
      const run = await glasspilot(['run', `${output}.csv`, '--target', 'y', '--test', `${output}-test.csv`, '--max-candidates', '4', '--output', output, '--quiet'], { cwd: folder }) // prettier-ignore
      expect(run.stderr).toBe('')
    }
    let inPython: Executed = { failure: null, cells: [] }
    beforeAll(async () => {
      await make('binary', 'left')
    })

    it('execute from top to bottom in Python, with every part told', async () => {
      inPython = await execute('left', PYTHON)
      const found = inPython
      expect(found.failure).toBeNull()
      expect(outline(found, folder)).toMatchSnapshot()
      expect(told(found, 'explanation-code')).toMatch(/^base /m)
      expect(told(found, 'deployment-code')).toMatch(/^predicted_label,/m)
    })

    it.skipIf(!deno)(
      'execute in TypeScript by Deno, with the same told (needs Deno beside GLASSPILOT_PYTHON)',
      async () => {
        const found = await execute('left', TYPESCRIPT)
        expect(found.failure).toBeNull()
        // How far words arrive together depends on the kernel's pace, so cells are compared by what they must say.
        expect(found.cells.map(({ id }) => id)).toEqual(inPython.cells.map(({ id }) => id))
        expect(found.cells.flatMap(({ outputs }) => outputs.flatMap(({ error }) => error ?? []))).toEqual([])
        // The kernel sends the last words of a cell after it says that it is done: they may be missed, of one cell or another.
        const parts = ['explanation-code', 'deployment-code', 'evaluation-code'].map(id => told(found, id).trim()) // prettier-ignore
        expect(parts.filter(part => part !== '').length).toBeGreaterThan(0)
        expect(told(inPython, 'evaluation-code').startsWith(parts[2]!)).toBe(true)
        expect(told(inPython, 'deployment-code').startsWith(parts[1]!)).toBe(true)
        expect(parts[0]).toMatch(/^base |^$/m)
      },
      600_000,
    )

    it('train only what was edited in a cell', async () => {
      await make('regression', 'price')
      const records = () => readJournal(join(folder, 'price', 'events.jsonl')).flatMap(record => (record.type === 'trial' ? [record.trial] : [])) // prettier-ignore
      const before = records()
      const file = join(folder, 'price', 'notebooks', PYTHON)
      const notebook = JSON.parse(readFileSync(file, 'utf8')) as { cells: { source: string[] }[] }
      const edited = before
        .map(({ candidate }) => candidate)
        .find(name =>
          notebook.cells.some(cell => {
            const code = cell.source.join('')
            if (!code.includes(`"name": "${name}"`) || !/"high": [\d.]+/.test(code)) return false
            cell.source = [code.replace(/"high": ([\d.]+)/, '"high": $1 * 2')]
            return true
          }),
        )!
      writeFileSync(file, JSON.stringify(notebook))
      const found = await execute('price', PYTHON)
      expect(found.failure).toBeNull()
      expect(told(found, 'tuning-code')).toContain('wrote ')
      const added = records().slice(before.length)
      expect(added.map(({ candidate }) => candidate)).toEqual(before.filter(({ candidate }) => candidate === edited).map(() => edited)) // prettier-ignore
      expect(added.length).toBeGreaterThan(0)
    })

    it.each([['Python', PYTHON], ...(deno ? [['TypeScript', TYPESCRIPT]] : [])])(
      'deploy here and say what a cloud would be asked for, in %s',
      async (_, name) => {
        const port = await freePort()
        const file = join(folder, 'left', 'notebooks', name!)
        const told = readFileSync(file, 'utf8')
        const deployed = told
        .replace(/(SERVE(?:: boolean)? = )[Ff]alse/, (_, start: string) => start + (name === PYTHON ? 'True' : 'true'))
        .replace('PORT = 8080', `PORT = ${port}`)
        .replace(/(SAGEMAKER(?:: string)? = )(?:\\"\\"|'')/, "$1'dry-run'")
        .replaceAll('ACCOUNT', '123456789012')
        .replaceAll('BUCKET', 'bucket') // prettier-ignore
        writeFileSync(join(folder, 'left', 'notebooks', 'deployed.ipynb'), deployed)
        const found = await execute('left', 'deployed.ipynb')
        expect(found.failure).toBeNull()
        // What the server answers begins as the file of predictions does.
        const [header, ...lines] = said(found, 'deployment-code').trim().split('\n').filter(line => line.includes(',')) // prettier-ignore
        expect(header).toMatch(/^predicted_label,probability,/)
        expect(lines.slice(5)[0]).toBe(header)
        expect(lines.slice(6)[0]).toBe(lines[0])
        expect(said(found, 'sagemaker-code')).toContain('"operation":"CreateAutoMLJobV2"')
        expect(said(found, 'sagemaker-code')).toContain('"TargetAttributeName":"y"')
      },
      600_000,
    )

    it('stop at the line of a fault in an edited candidate', async () => {
      const file = join(folder, 'left', 'notebooks', PYTHON)
      const notebook = readFileSync(file, 'utf8')
      const broken = notebook.replace(/(\\"low\\": )(\d+)(, \\"high\\": )\d+/, '$19$2$30')
      expect(broken).not.toBe(notebook)
      const plan = join(folder, 'left', 'candidates.json')
      const before = readFileSync(plan, 'utf8')
      writeFileSync(join(folder, 'left', 'notebooks', 'broken.ipynb'), broken)
      const found = await execute('left', 'broken.ipynb')
      const fault = /candidates\.json, line (\d+): candidates\[\d+\]\.space\.(\w+): low 9\d+, high 0/.exec(
        said(found, 'tuning-code'),
      )
      expect(found.failure).toContain('glasspilot resume ended with status')
      expect(readFileSync(plan, 'utf8').split('\n')[Number(fault![1]) - 1]).toContain(`"${fault![2]}"`)
      writeFileSync(plan, before)
    })

    it('stop at a cell that fails', async () => {
      const file = join(folder, 'left', 'notebooks', PYTHON)
      const broken = readFileSync(file, 'utf8').replace('LEFT_OUT = []', 'LEFT_OUT = [][0]')
      writeFileSync(join(folder, 'left', 'notebooks', 'broken.ipynb'), broken)
      const found = await execute('left', 'broken.ipynb')
      expect(found.failure).toContain('IndexError')
      expect(found.cells.at(-1)!.outputs).toEqual([])
    })
  },
)
