import Papa from 'papaparse'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Rng } from '../util/rng.ts'

type Cell = string | number
interface Sample {
  readonly header: readonly string[]
  readonly rows: number
  readonly row: (rng: Rng, index: number) => Cell[]
}

const pick = <T>(rng: Rng, items: readonly T[]): T => items[rng.int(items.length)]!
const round = (value: number, digits: number): number => Number(value.toFixed(digits))
const isoDay = (rng: Rng, from: number, days: number): string =>
  new Date(Date.UTC(from, 0, 1) + rng.int(days) * 86_400_000).toISOString().slice(0, 10)

/** The made-up tables that come with the package, by dataset name; each is the same text for ever. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  sample_churn: {
    header: [
      'customer_id',
      'region',
      'plan',
      'joined',
      'age',
      'monthly_fee',
      'calls',
      'complaint',
      'churned',
    ],
    rows: 1200,
    row: (rng, index) => {
      const plan = pick(rng, ['basic', 'basic', 'family', 'premium'])
      const age = 18 + rng.int(60)
      const fee = round({ basic: 15, family: 32, premium: 48 }[plan]! + 4 * rng.normal(), 2)
      const calls = Math.max(0, Math.round(4 + 3 * rng.normal()))
      const complaint = pick(rng, ['', '', '', 'slow line', 'wrong bill, twice', 'asked "why so dear?"'])
      const leaning =
        -2.4 +
        0.25 * calls +
        (complaint === '' ? 0 : 1.2) +
        (plan === 'premium' ? -0.8 : 0) +
        0.01 * (45 - age)
      return [
        `C${String(100_000 + index * 37).padStart(7, '0')}`,
        pick(rng, ['north', 'south', 'east', 'west']),
        plan,
        isoDay(rng, 2019, 1800),
        rng.next() < 0.05 ? '' : age,
        fee,
        calls,
        complaint,
        rng.next() < 1 / (1 + Math.exp(-leaning)) ? 'yes' : 'no',
      ]
    },
  },
  sample_prices: {
    header: ['area_m2', 'rooms', 'district', 'built', 'balcony', 'distance_km', 'price'],
    rows: 1000,
    row: rng => {
      const area = Math.max(18, round(75 + 30 * rng.normal(), 1))
      const district = pick(rng, ['Altstadt', 'Hafen', 'Neustadt', 'Süd', 'West'])
      const built = 1900 + rng.int(124)
      const balcony = pick(rng, ['yes', 'no'])
      const distance = round(Math.abs(4 * rng.normal()), 2)
      const worth = { Altstadt: 1.35, Hafen: 1.2, Neustadt: 1, Süd: 0.9, West: 0.85 }[district]!
      const square = 3200 * worth * (1 + 0.0015 * (built - 1960)) * Math.exp(-0.06 * distance)
      const price = area * square * (balcony === 'yes' ? 1.04 : 1) * (1 + 0.08 * rng.normal())
      return [
        area,
        Math.max(1, Math.round(area / 25)),
        district,
        built,
        balcony,
        rng.next() < 0.04 ? '' : distance,
        Math.round(price),
      ]
    },
  },
  sample_shapes: {
    header: ['length', 'width', 'angle', 'shape'],
    rows: 300,
    row: (rng, index) => {
      const shape = ['circle', 'ellipse', 'square'][index % 3]!
      const length = 4 + Math.abs(rng.normal())
      const ratio = shape === 'ellipse' ? 0.6 + 0.1 * rng.normal() : 1 + 0.05 * rng.normal()
      const angle = shape === 'square' ? 90 + 4 * rng.normal() : 60 + 20 * rng.normal()
      return [round(length, 2), round(length * ratio, 2), round(angle, 1), shape]
    },
  },
}

export const sampleNames: readonly string[] = Object.keys(SAMPLES)

/** The CSV text of a sample. */
export function makeSample(name: string): string {
  const sample = SAMPLES[name]!
  const rng = createRng(hashSeed('sample', name))
  const rows = Array.from({ length: sample.rows }, (_, index) => sample.row(rng, index))
  return `${Papa.unparse([sample.header as Cell[], ...rows], { newline: '\n' })}\n`
}
