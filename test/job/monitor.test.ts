import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareCells, histogramCells, shareZ } from '../../src/job/column-drift.ts'
import { monitorModel, type MonitorReport } from '../../src/job/monitor.ts'
import { Capture } from '../../src/serve/capture.ts'
import { createRng } from '../../src/util/rng.ts'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { invoke, serverFor } from '../serve/models.ts'

const folder = temporaryFolder()
const start = serverFor()
const at = (name: string) => join(folder, name)
const experiment = at('experiment')
const subjects = ({ alerts }: MonitorReport) =>
  alerts.map(({ check, subject }) => `${check} ${subject}`).sort()

/** The rows of a table, each changed. */
function changed(from: string, to: string, change: (cells: string[], row: number) => void): string {
  const [header, ...rows] = readFileSync(at(from), 'utf8').trimEnd().split('\n')
  const lines = rows.map((line, row) => {
    const cells = line.match(/"(?:[^"]|"")*"|[^,]+|(?<=,)(?=,|$)/g)!
    change(cells, row)
    return cells.join(',')
  })
  writeFileSync(at(to), `${[header, ...lines].join('\n')}\n`)
  return at(to)
}

describe('monitoring', () => {
  beforeAll(async () => {
    writeTable(at('train.csv'), 'binary', 600, 1)
    writeTable(at('new.csv'), 'binary', 600, 2)
    const { code, stderr } = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '2', '--output', 'experiment', '--quiet'],
      { cwd: folder },
    )
    if (code !== 0) throw new Error(stderr)
  })

  it('has nothing to say of other rows from the same source', async () => {
    for (const seed of [2, 3, 4]) {
      writeTable(at(`same-${seed}.csv`), 'binary', 600, seed)
      const report = await monitorModel(experiment, at(`same-${seed}.csv`))
      expect(subjects(report)).toEqual([])
      expect(report.rows).toBe(600)
      expect(report.quality!.now).toBeGreaterThan(0.6)
      expect(report.quality!.error).toBeGreaterThan(0)
    }
  })

  it('names the columns that moved, lost values or met new words, and no others', async () => {
    const older = changed('new.csv', 'older.csv', cells => (cells[0] = String(Number(cells[0]) + 25)))
    const report = await monitorModel(experiment, older)
    expect(subjects(report)).toContain('baseline_drift_check age')
    expect(subjects(report).filter(text => /colour|joined|income/.test(text))).toEqual([])
    expect(report.columns.find(({ name }) => name === 'age')!.outside).toBeGreaterThan(0.2)
    const holes = changed('new.csv', 'holes.csv', (cells, row) => row % 2 && (cells[2] = ''))
    expect(subjects(await monitorModel(experiment, holes))).toContain('completeness_check income')
    const words = changed('new.csv', 'words.csv', (cells, row) => row % 5 === 0 && (cells[1] = 'violet'))
    expect(subjects(await monitorModel(experiment, words))).toEqual(
      expect.arrayContaining(['categorical_values_check colour', 'baseline_drift_check colour']),
    )
    const spoilt = changed(
      'new.csv',
      'spoilt.csv',
      (cells, row) => row % 4 === 0 && (cells[0] = 'unknown age'),
    )
    expect(subjects(await monitorModel(experiment, spoilt))).toContain('data_type_check age')
  })

  it('sees labels that the model no longer gets right', async () => {
    const rng = createRng(5)
    const other = changed('new.csv', 'other.csv', cells => (cells[4] = rng.next() < 0.4 ? 'yes' : 'no'))
    const report = await monitorModel(experiment, other)
    expect(subjects(report)).toEqual([`model_quality_check ${report.quality!.objective}`])
  })

  it('says it by exit status and as JSON', async () => {
    const calm = await glasspilot(['monitor', 'experiment', 'new.csv', '--json'], { cwd: folder })
    expect([calm.code, (JSON.parse(calm.stdout) as MonitorReport).alerts]).toEqual([0, []])
    const alarmed = await glasspilot(['monitor', 'experiment', 'older.csv', '--output', 'report.json'], {
      cwd: folder,
    })
    expect(alarmed.code).toBe(3)
    expect(alarmed.stdout).toContain('ALERT baseline_drift_check age')
    expect(
      (JSON.parse(readFileSync(at('report.json'), 'utf8')) as MonitorReport).alerts.length,
    ).toBeGreaterThan(0)
  })

  it('reads what a server captured as the file itself, in files that follow one another', async () => {
    const captured = at('captured')
    const capture = new Capture({ folder: captured, percent: 100, maxBytes: 20_000, maxSeconds: 3600 })
    const { port } = await start(join(experiment, 'model'), { capture })
    const [header, ...rows] = readFileSync(at('older.csv'), 'utf8').trimEnd().split('\n')
    for (let i = 0; i < rows.length; i += 100)
      expect((await invoke(port, `${[header, ...rows.slice(i, i + 100)].join('\n')}\n`)).status).toBe(200)
    const files = readdirSync(captured, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.jsonl'),
    )
    expect(files.length).toBeGreaterThan(1)
    const report = await monitorModel(experiment, captured)
    const wanted = await monitorModel(experiment, at('older.csv'))
    expect(report.requests).toEqual({ seen: 6, refused: 0 })
    expect(report.columns).toEqual(wanted.columns)
    expect(report.quality).toBeUndefined()
  })
})

describe('capture', () => {
  it('takes its share of requests, evenly', () => {
    const place = at('share')
    const capture = new Capture(
      { folder: place, percent: 25, maxBytes: 1e6, maxSeconds: 60 },
      () => new Date(0),
    )
    for (let i = 0; i < 100; i++)
      capture.add({
        contentType: 'text/csv',
        body: Buffer.from(`${i}`),
        answerType: 'text/csv',
        answer: 'yes',
      })
    capture.close()
    const [file] = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.jsonl'),
    )
    expect(file).toMatch(/^1970\/01\/01\/00\/00-00-000-[0-9a-f]{16}\.jsonl$/)
    const lines = readFileSync(join(place, file!), 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(25)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      captureData: {
        endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: '3', encoding: 'CSV' },
        endpointOutput: { mode: 'OUTPUT', data: 'yes' },
      },
      eventMetadata: { inferenceTime: '1970-01-01T00:00:00.000Z' },
      eventVersion: '0',
    })
  })
})

describe('the measures', () => {
  it('have the population stability index of its definition: Σ (q − p) ln(q / p)', () => {
    const { psi } = compareCells({ train: [500_000, 300_000, 200_000], now: [300_000, 300_000, 400_000] })!
    const expected = (0.3 - 0.5) * Math.log(0.3 / 0.5) + (0.4 - 0.2) * Math.log(0.4 / 0.2)
    expect(psi).toBeCloseTo(expected, 4)
  })

  it('are normal where nothing changed', () => {
    const rng = createRng(3)
    const shares = Array.from({ length: 400 }, () => {
      const draw = (n: number) => {
        const cells = Array.from({ length: 10 }, () => 0)
        for (let i = 0; i < n; i++) cells[rng.int(10)]!++
        return cells
      }
      return compareCells({ train: draw(2000), now: draw(500) })!.z
    })
    const mean = shares.reduce((sum, z) => sum + z, 0) / shares.length
    const deviation = Math.sqrt(shares.reduce((sum, z) => sum + (z - mean) ** 2, 0) / shares.length)
    expect(Math.abs(mean)).toBeLessThan(0.2)
    expect(deviation).toBeGreaterThan(0.85)
    expect(deviation).toBeLessThan(1.15)
  })

  it('put values outside the bins into the end bins', () => {
    const bin = (from: number, to: number) => ({ from, to, count: 1, outlier: false })
    expect(histogramCells([bin(0, 1), bin(1, 2), bin(2, 3)], [-5, 0, 1, 1.5, 3, 9]).now).toEqual([2, 2, 2])
  })

  it('have a share twice as far apart in four times the rows', () => {
    expect(shareZ(400, 4000, 800, 4000) / shareZ(100, 1000, 200, 1000)).toBeCloseTo(2, 1)
    expect(Math.abs(shareZ(0, 100, 0, 100))).toBe(0)
  })
})
