import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchOptions, finish, interleave, measurementLine, note, ratio } from './harness.ts'
import type { Contender, Ratio } from './harness.ts'
import { tables, writeTable } from './tables.ts'

// Seconds of `glasspilot profile` with a target, reading included, each in a process of its own, against the seconds that a
// person is asked to wait at most. GLASSPILOT_DATASETS names a folder with mnist_train.csv.gz.

const { quick, json } = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))

function profile(name: string, path: string, target: string): Contender {
  const child = join(import.meta.dirname, 'profile-child.js')
  return {
    name,
    run() {
      const printed = execFileSync(process.execPath, [child, path, target], { encoding: 'utf8' })
      const told = JSON.parse(printed) as { seconds: number; processor: number; columns: number }
      return { sink: told.columns, seconds: told.seconds, quality: { 'processor s': told.processor } }
    },
  }
}

const ratios: Ratio[] = []
try {
  const rows = quick ? 100_000 : 1_000_000
  const mixed = join(folder, 'mixed.csv')
  writeTable(mixed, tables.mixed, rows)
  const mnist = join(process.env['GLASSPILOT_DATASETS'] ?? '', 'mnist_train.csv.gz')
  const found = process.env['GLASSPILOT_DATASETS'] !== undefined && existsSync(mnist)
  if (!found)
    note('MNIST was not found and is left out: GLASSPILOT_DATASETS names a folder with mnist_train.csv.gz')
  const cases = [
    { contender: profile(`mixed, ${rows} x 15`, mixed, 'y'), seconds: 30 },
    ...(found ? [{ contender: profile('mnist train, 60000 x 785', mnist, 'label'), seconds: 15 }] : []),
  ]
  const measured = await interleave(
    cases.map(({ contender }) => contender),
    { runs: quick ? 1 : 3, warmUp: quick ? 0 : 1 },
  )
  measured.forEach((measurement, i) => {
    note(measurementLine(measurement))
    ratios.push(
      ratio(
        `profile, ${measurement.name}, to ${cases[i]!.seconds} s`,
        measurement.seconds,
        cases[i]!.seconds,
        1,
      ),
    )
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
finish(ratios, {}, json)
