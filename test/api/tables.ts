import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import { csvLine } from '../../src/data/csv.ts'
import { smallMnistFolder, writeSmallMnist } from '../../src/data/small-mnist.ts'
import { openTable } from '../../src/data/table.ts'
import { writeTable } from '../helpers/cli.ts'

/** A table that the tutorial is gone through with. */
export interface TutorialTable {
  readonly name: string
  /** False where its rows are not on this machine (GLASSPILOT_DATASETS, npm ci). */
  readonly isHere: boolean
  readonly target: string
  /** What its best candidate must reach on the rows held out. */
  readonly accuracy: number
  /** Writes NAME.csv and NAME-held.csv. */
  write(folder: string): void
}

const churn = join(process.env['GLASSPILOT_DATASETS'] ?? '', 'churn_autopilot.csv.gz')
const digits = smallMnistFolder()

export const tutorialTables: readonly TutorialTable[] = [
  {
    name: 'synthetic',
    isHere: true,
    target: 'y',
    accuracy: 0.8,
    write: folder => {
      writeTable(join(folder, 'whole.csv'), 'binary', 700, 3)
      cut(folder, 'synthetic', readFileSync(join(folder, 'whole.csv'), 'utf8'), 500, 200)
    },
  },
  {
    name: 'mnist',
    isHere: digits !== undefined,
    target: 'label',
    accuracy: 0.85,
    write: folder => {
      const [train, test] = ['digits.csv', 'digits-test.csv'].map(name => join(folder, name))
      writeSmallMnist(digits!, train!, test!)
      cut(folder, 'mnist', readFileSync(train!, 'utf8'), 1000, 200)
    },
  },
  {
    name: 'churn_autopilot',
    isHere: existsSync(churn),
    target: 'Churn?',
    accuracy: 0.9,
    write: folder =>
      cut(folder, 'churn_autopilot', gunzipSync(readFileSync(churn)).toString('utf8'), 2600, 733),
  },
]

function cut(folder: string, name: string, text: string, train: number, held: number): void {
  const [header, ...rows] = text.trimEnd().split(/\r?\n/)
  const write = (file: string, lines: readonly string[]) =>
    writeFileSync(join(folder, file), `${[header, ...lines].join('\n')}\n`)
  write(`${name}.csv`, rows.slice(0, train))
  write(`${name}-held.csv`, rows.slice(train, train + held))
}

/** Rows as an endpoint is asked about them, and what the answers should be. */
export async function withoutTarget(
  file: string,
  target: string,
): Promise<{ text: string; truth: string[] }> {
  const { header, blocks } = await openTable(file)
  const place = header.indexOf(target)
  const lines: string[] = []
  const truth: string[] = []
  for await (const rows of blocks)
    for (const row of rows) {
      truth.push(String(row[place]))
      lines.push(csvLine(row.filter((_, i) => i !== place)))
    }
  return { text: `${lines.join('\n')}\n`, truth }
}
