import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportFormats } from '../../src/artifact/export/index.ts'
import { predictFile } from '../../src/job/predict.ts'
import { modelPredictor, type Predictor } from '../../src/job/predictor.ts'
import { glasspilot, temporaryFolder } from '../helpers/cli.ts'
import { hasPython } from '../notebook/python.ts'
import { execute, exported, trained, writeOffice } from './packages.ts'

const PYTHON = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const noPython = !hasPython('numpy', 'onnxruntime')
const because = noPython ? ' (skipped: GLASSPILOT_PYTHON names no Python with numpy and onnxruntime)' : ''
const DATASETS = process.env['GLASSPILOT_DATASETS'] ?? ''

const folder = temporaryFolder()

const opened = new Map<string, Promise<Predictor>>()
afterAll(async () => {
  for (const predictor of opened.values()) await (await predictor).close()
})

/** What Glasspilot itself prints. */
async function own(cwd: string, file: string): Promise<string> {
  if (!opened.has(cwd)) opened.set(cwd, modelPredictor(join(cwd, 'experiment/model')))
  try {
    const { csv } = await predictFile(await opened.get(cwd)!, join(cwd, file))
    return `${csv!.trimEnd()}\n`
  } catch (error) {
    return (error as Error).message
  }
}

interface NodePackage {
  openModel(folder: string): Promise<object>
  predictFile(model: object, path: string): Promise<string>
}
type Runner = (cwd: string, files: readonly string[]) => Promise<string[]>

/** Each package answers all files in one process: its CSV, or the sentence it refuses with. */
const inNode: Runner = async (cwd, files) => {
  const { openModel, predictFile } = (await import(
    /* @vite-ignore */ join(cwd, 'node/predict.mjs')
  )) as NodePackage
  const model = await openModel(join(cwd, 'node'))
  const answer = (file: string) => predictFile(model, join(cwd, file)).catch((error: Error) => error.message)
  return Promise.all(files.map(answer))
}
const inPython: Runner = async (cwd, files) => {
  const program = `
import contextlib, io, json, sys
import predict
answers = []
for path in sys.argv[1:]:
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            predict.main(path)
        answers.append(out.getvalue())
    except predict.InputError as error:
        answers.append(str(error))
print(json.dumps(answers))`
  const paths = files.map(file => join(cwd, file))
  const { stdout, stderr } = await execute(PYTHON, ['-c', program, ...paths], join(cwd, 'python'))
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout) as string[]
}
const runners: [name: string, skip: boolean, run: Runner, command: [string, string]][] = [
  ['node', false, inNode, [process.execPath, 'node/predict.mjs']],
  ['python', noPython, inPython, [PYTHON, 'python/predict.py']],
]

// [what, text]; the table itself is asked for rows of each kind too.
const tables: [what: string, text: string | Buffer][] = [
  [
    'columns in another order, others beside them, commas between cells',
    'extra,tiny,note,city,price,when\n1,1e-9,soon soon never,Rome,"1.234,56",03.02.2020 10:30\n2,,late,Köln,"7,5",31.12.2019\n',
  ],
  [
    'missing, unreadable and unseen values, dates and numbers of every writing',
    [
      'when;price;city;note;tiny',
      ';;;;',
      '30.02.2020;abc;Atlantis;"";NaN',
      '1.2.20 9:05 PM;-1.000;NA;-;1e400',
      '2020-01-01;1.23.4;"Paris; FR";0;-0',
      '5 Jan 2021 23:59:59.5 +02:00;(12);rome;x;.5',
      '1/2/2020;+3,5; Rome;\u00a0;007',
      '',
      '01.01.1969;12;;"a ""quote"" and\na line";12345678901234567',
    ].join('\n'),
  ],
  ['carriage returns and a byte order mark', '\ufeffwhen;price;city;note;tiny\r\n1.1.2020;1;Rome;x;1\r\n'],
  ['a name twice', 'price;when;price;city;note;tiny\n1;1.1.2020;2000;Rome;x;1\n'],
  ['a gzip file', gzipSync('when\tprice\tcity\tnote\ttiny\n1.1.2020\t1\tRome\tsoon, late\t1\n')],
  ['a header and no rows', 'when;price;city;note;tiny\n'],
  [
    'blanks behind every delimiter',
    `when,price,city,note,tiny\n${'1.1.2020, 5, Rome, soon, 1e-9\n1.1.2020, 2000, Köln, late, 2\n'.repeat(20)}`,
  ],
]

const refused: [what: string, text: string, says: RegExp][] = [
  ['a missing column', 'when;price;note;tiny\n;;;\n', /^E_MISSING_COLUMNS: .*"city"$/],
  ['a short row', 'when;price;city;note;tiny\n;;;;\n;;\n', /E_RAGGED_FILE: .* line 3 has 3 cells: 5 were/],
  ['a quote that never closes', 'when;price;city;note;tiny\n"a;;;;\n', /E_BAD_CSV: .* misplaced quote/],
  ['an empty file', '\n', /E_EMPTY_FILE/],
  ['another encoding', 'when;price;city;note;tiny\n;;K\u00f6ln;;\n', /E_NOT_UTF8/],
]

describe('packages of a model', () => {
  const binary = join(folder, 'binary')
  const regression = join(folder, 'regression')
  const chosen = join(folder, 'chosen')
  beforeAll(async () => {
    for (const [cwd, task] of [
      [binary, 'binary'],
      [regression, 'regression'],
    ] as const) {
      mkdirSync(cwd)
      writeOffice(join(cwd, 'table.csv'), 300, task)
      await trained(cwd, 'table.csv', task === 'binary' ? 3 : 2)
      for (const { name } of exportFormats) await exported(cwd, name)
    }
    mkdirSync(chosen)
    writeOffice(join(chosen, 'table.csv'), 300, 'binary')
    writeFileSync(
      join(chosen, 'features.json'),
      '{"FeatureAttributeNames": ["when", "price", "city", "note"]}',
    )
    await trained(chosen, 'table.csv', 1, '', ['--features', join(chosen, 'features.json')])
    for (const name of ['node', 'python']) await exported(chosen, name)
    for (const [i, [, text]] of tables.entries()) writeFileSync(join(binary, `table-${i}.csv`), text)
    for (const [i, [what, text]] of refused.entries())
      writeFileSync(join(binary, `refused-${i}.csv`), text, what === 'another encoding' ? 'latin1' : 'utf8')
  })

  it.each(exportFormats.map(format => format.name))(
    '%s is complete, readable by others, and says how it is used',
    name => {
      const files = readdirSync(join(binary, name))
      expect(files).toEqual(expect.arrayContaining(['model.onnx', 'model.json', 'README.md']))
      for (const file of files.filter(file => file !== 'node_modules')) {
        const path = join(binary, name, file)
        expect(statSync(path).mode & 0o044).toBe(0o044 & ~process.umask())
        expect(readFileSync(path, 'latin1')).not.toMatch(/\{\{\w+\}\}/)
      }
      const copied = files.includes('Dockerfile')
        ? readFileSync(join(binary, name, 'Dockerfile'), 'utf8')
            .match(/^COPY .+ \.\/$/gm)!
            .flatMap(line => line.split(' ').slice(1, -1))
            // A pattern may find nothing: what is put there to train is not part of the package.
            .filter(name => !name.includes('*'))
        : []
      expect(files).toEqual(expect.arrayContaining([...copied]))
      expect(JSON.parse(readFileSync(join(binary, name, 'model.json'), 'utf8'))).toMatchObject({
        format: 'glasspilot-model',
      })
    },
  )

  it('refuses a folder with something in it, and a file, and leaves both alone', async () => {
    mkdirSync(join(folder, 'full'))
    writeFileSync(join(folder, 'full/notes.txt'), 'mine')
    for (const out of ['full', 'full/notes.txt']) {
      const args = ['export', 'binary/experiment', '--format', 'node', '--output', out]
      const { code, stderr } = await glasspilot(args, { cwd: folder })
      expect(code).toBe(73)
      expect(stderr).toMatch(/^glasspilot: E_FOLDER_EXISTS: .*\n$/)
    }
    expect(readdirSync(join(folder, 'full'))).toEqual(['notes.txt'])
    expect(readdirSync(folder).filter(name => name.includes('.tmp-'))).toEqual([])
  })

  it('takes a folder that is empty, and an exported model as its source', async () => {
    mkdirSync(join(folder, 'empty'))
    const args = ['export', 'binary/onnx', '--format', 'onnx', '--output', 'empty', '--json']
    const { code, stdout } = await glasspilot(args, { cwd: folder })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      format: 'onnx',
      folder: 'empty',
      files: ['model.onnx', 'model.json', 'README.md'],
    })
    expect(existsSync(join(folder, 'empty/model.onnx'))).toBe(true)
  })

  it('refuses a model that is not what its description says', async () => {
    mkdirSync(join(folder, 'damaged'))
    const bytes = readFileSync(join(binary, 'onnx/model.onnx'))
    bytes[100]! ^= 1
    writeFileSync(join(folder, 'damaged/model.onnx'), bytes)
    writeFileSync(join(folder, 'damaged/model.json'), readFileSync(join(binary, 'onnx/model.json')))
    const args = ['export', 'damaged', '--format', 'node', '--output', 'never']
    expect(await glasspilot(args, { cwd: folder })).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(/E_MODEL_CHANGED/),
    })
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })

  describe.each(runners)(`%s${because}`, (_, skip, run, [program, script]) => {
    it.skipIf(skip)('prints the bytes that "glasspilot predict" prints', async () => {
      const expected = await glasspilot(['predict', 'experiment', 'table.csv'], { cwd: binary })
      expect(expected.stdout.split('\n')).toHaveLength(302)
      expect(await execute(program, [script, 'table.csv'], binary)).toEqual(expected)
    })

    it.skipIf(skip)(
      'takes rows without names, of the features or of all columns that were given',
      async () => {
        const lines = readFileSync(join(chosen, 'table.csv'), 'utf8').replaceAll('two\nlines', 'two lines').split('\n') // prettier-ignore
        const withoutTarget = lines.slice(1).map(line => line.replace(/;[^;]*$/, ''))
        const withoutTiny = withoutTarget.map(line => line.replace(/;[^;]*$/, ''))
        for (const [name, rows] of [
          ['all.csv', withoutTarget],
          ['some.csv', withoutTiny],
        ] as const) {
          // prettier-ignore
          writeFileSync(join(chosen, name), rows.join('\n'))
          const expected = await glasspilot(['predict', 'experiment', '--no-header', name], { cwd: chosen })
          expect(expected.stdout.split('\n')).toHaveLength(301)
          expect(await execute(program, [script, '--no-header', name], chosen)).toEqual(expected)
        }
        writeFileSync(join(chosen, 'few.csv'), '1;2;3\n')
        const few = await execute(program, [script, 'few.csv', '--no-header'], chosen)
        expect([few.code, few.stderr]).toEqual([65, expect.stringMatching(/: E_RAGGED_FILE: .* 4 or 5 were expected.*\n$/)]) // prettier-ignore
      },
    )

    it.skipIf(skip)('predicts numbers as small as 1e-7', async () => {
      const expected = await own(regression, 'table.csv')
      expect(expected).toMatch(/^prediction\n.*e-[78]\n/)
      expect(await run(regression, ['table.csv'])).toEqual([expected])
    })

    it.skipIf(skip)('reads every kind of table as Glasspilot does', async () => {
      const files = tables.map((_, i) => `table-${i}.csv`)
      const answers = await run(binary, files)
      for (const [i, [what]] of tables.entries()) {
        const expected = await own(binary, files[i]!)
        expect(expected, what).toMatch(/^predicted_label,/)
        expect(answers[i], what).toBe(expected)
      }
    })

    it.skipIf(skip)('refuses what it cannot read, in one sentence', async () => {
      const answers = await run(
        binary,
        refused.map((_, i) => `refused-${i}.csv`),
      )
      for (const [i, [what, , says]] of refused.entries()) {
        expect(answers[i], what).toMatch(says)
        expect(answers[i], what).not.toContain('\n')
      }
      expect(answers[0]).toBe(`E_MISSING_COLUMNS: ${await own(binary, 'refused-0.csv')}`)
    })

    it.skipIf(skip).each([
      ['refused-0.csv', 65],
      ['nowhere.csv', 66],
    ])('ends on %s with exit status %i and nothing on stdout', async (file, code) => {
      const result = await execute(program, [script, file], binary)
      expect(result).toMatchObject({ code, stdout: '' })
      expect(result.stderr).toMatch(/^predict\.(py|mjs): E_\w+: .*\n$/)
    })
  })

  describe.skipIf(DATASETS === '')(
    `on real tables${DATASETS === '' ? ' (skipped: GLASSPILOT_DATASETS is not set)' : ''}`,
    () => {
      it.each(['penguins', 'abalone'])('every package agrees on %s', async dataset => {
        const cwd = join(folder, dataset)
        mkdirSync(cwd)
        copyFileSync(join(DATASETS, `${dataset}.csv.gz`), join(cwd, 'table.csv'))
        await trained(cwd, dataset, 2, DATASETS)
        const expected = await own(cwd, 'table.csv')
        for (const [name, skip, run] of runners.filter(([, skip]) => !skip)) {
          await exported(cwd, name)
          expect(skip || (await run(cwd, ['table.csv']))).toEqual([expected])
        }
      })
    },
  )

  it.skipIf(noPython)(`the Python of the ONNX package runs as it stands${because}`, async () => {
    const readme = readFileSync(join(binary, 'onnx/README.md'), 'utf8')
    const [, program] = /```python\n([\s\S]*?)```/.exec(readme)!
    const { code, stdout, stderr } = await execute(PYTHON, ['-c', program!], join(binary, 'onnx'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    writeFileSync(join(binary, 'blank.csv'), 'when;price;city;note;tiny\n;;;;\n')
    const [, row] = (await own(binary, 'blank.csv')).split('\n')
    expect(stdout).toContain(
      `predicted_label ['${row!.split(',')[0]!}']\nprobability [${row!.split(',')[1]!}]`,
    )
  })

  it('so does its JavaScript', async () => {
    const readme = readFileSync(join(regression, 'onnx/README.md'), 'utf8')
    const [, program] = /```js\n([\s\S]*?)```/.exec(readme)!
    writeFileSync(join(regression, 'node/readme.mjs'), program!)
    const { code, stdout } = await execute(process.execPath, ['readme.mjs'], join(regression, 'node'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^prediction \[ -?\d/)
  })

  it.skipIf(noPython)(`Python writes numbers as JavaScript does${because}`, async () => {
    const bits = new BigUint64Array(4000)
    let state = 88172645463325252n
    for (let i = 0; i < bits.length; i++) {
      state ^= BigInt.asUintN(64, state << 13n)
      state ^= state >> 7n
      state ^= BigInt.asUintN(64, state << 17n)
      bits[i] = state
    }
    const chosen = [0, -0, 1, -1, 1e-5, 1e-6, 1e-7, 1.5e-7, 123456789012345680000, 1e21, 1.5e21, 1e16, 5e-324]
    const values = [
      ...chosen,
      ...new Float64Array(bits.buffer),
      ...Array.from(bits, (_, i) => i / 97 / 10 ** (i % 25)),
    ]
    writeFileSync(join(binary, 'python/values.bin'), new Uint8Array(Float64Array.from(values).buffer))
    const program =
      'import numpy, predict; print("\\n".join(map(predict.number_text, numpy.fromfile("values.bin"))))'
    const { stdout, stderr } = await execute(PYTHON, ['-c', program], join(binary, 'python'))
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toEqual(values.map(String))
  })
})
