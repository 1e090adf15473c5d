import { correlation, histogram, missingValues, predictionPower } from '../charts/index.ts'
import { showDistinct, showRankError } from '../profile/show.ts'
import type { ColumnProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import { noPicture, picture, section } from './section.ts'
import { cutNote, number, percent, short, USES } from './words.ts'

const FOLDER = 'data-exploration'
const TABLE_ROWS = 100
const HISTOGRAMS = 6
const STRONG = 0.8
const PAIRS = 10
// Beyond this many columns, neighbours that are read alike for the same reason share one line of the decision log.
const SINGLE_LINES = 60
const LOG_ROWS = 1000

export const features = section(
  FOLDER,
  'features',
  {
    columns: [
      {
        name: 'text',
        use: 'text',
        types: 'text',
        power: 'text',
        missing: 'text',
        distinct: 'text',
        top: 'text',
      },
    ],
    judged: 'flag',
    judgedRows: 'text',
    chart: 'image',
    hidden: 'flag',
    note: 'text',
  },
  ({ profile: { columns, judged } }) => ({
    judged: judged !== undefined && columns.some(column => column.prediction),
    judgedRows: count(judged?.rows ?? 0),
    chart: judged ? picture(predictionPower, { columns: powers(columns) }) : noPicture,
    columns: columns.slice(0, TABLE_ROWS).map(column => ({
      name: short(column.name, 60),
      use: USES[column.use],
      types: column.types.join(', '),
      power: column.prediction?.power.toFixed(3) ?? '–',
      missing: percent(column.missingFraction),
      distinct: showDistinct(column),
      top: column.top[0] ? `${short(column.top[0].value, 30)} (${count(column.top[0].count)})` : '–',
    })),
    ...cut(columns.length),
  }),
)

const powers = (columns: readonly ColumnProfile[]) =>
  columns.flatMap(({ name, prediction }) =>
    prediction ? [{ name, power: prediction.power, error: prediction.error }] : [],
  )

const cut = (total: number) => ({ hidden: total > TABLE_ROWS, note: cutNote(TABLE_ROWS, total) })

export const crossColumn = section(
  FOLDER,
  'correlation',
  {
    count: 'text',
    chart: 'image',
    strong: 'flag',
    pairs: [{ first: 'text', second: 'text', value: 'text' }],
  },
  ({ profile }) => {
    const matrix = profile.correlation
    if (!matrix || matrix.columns.length < 2) return undefined
    const pairs = matrix.columns
      .flatMap((first, i) =>
        matrix.columns
          .slice(i + 1)
          .map((second, j) => ({ first, second, value: matrix.values[i]![i + 1 + j]! })),
      )
      .filter(pair => Math.abs(pair.value) >= STRONG)
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .slice(0, PAIRS)
    return {
      count: count(matrix.columns.length),
      chart: picture(correlation, matrix),
      strong: pairs.length > 0,
      pairs: pairs.map(pair => ({ ...pair, value: pair.value.toFixed(3) })),
    }
  },
)

export const missing = section(
  FOLDER,
  'missing',
  {
    any: 'flag',
    holed: 'text',
    columnCount: 'text',
    columns: [{ name: 'text', missing: 'text' }],
    hidden: 'flag',
    note: 'text',
    chart: 'image',
  },
  ({ profile: { columns } }) => {
    const holed = columns
      .filter(column => column.missing > 0)
      .sort((a, b) => b.missingFraction - a.missingFraction)
    return {
      any: holed.length > 0,
      holed: count(holed.length),
      columnCount: count(columns.length),
      columns: holed
        .slice(0, TABLE_ROWS)
        .map(column => ({ name: short(column.name, 60), missing: percent(column.missingFraction) })),
      ...cut(holed.length),
      chart: holed.length > 0 ? picture(missingValues, { columns }) : noPicture,
    }
  },
)

export const cardinality = section(
  FOLDER,
  'cardinality',
  { columns: [{ name: 'text', distinct: 'text', words: 'text' }], hidden: 'flag', note: 'text' },
  ({ profile: { columns } }) => ({
    columns: [...columns]
      .sort((a, b) => a.distinct - b.distinct)
      .slice(0, TABLE_ROWS)
      .map(column => ({
        name: short(column.name, 60),
        distinct: showDistinct(column),
        words: column.distinctWords === undefined ? '–' : count(column.distinctWords),
      })),
    ...cut(columns.length),
  }),
)

export const descriptive = section(
  FOLDER,
  'descriptive',
  {
    columns: [
      {
        name: 'text',
        numbers: 'text',
        mean: 'text',
        median: 'text',
        min: 'text',
        max: 'text',
        outliers: 'text',
      },
    ],
    hidden: 'flag',
    note: 'text',
    drawn: 'flag',
    charts: [{ chart: 'image' }],
  },
  ({ profile: { columns, image } }) => {
    const drawn = image
      ? []
      : columns
          .filter(({ use, numeric }) => use === 'feature' && numeric && numeric.min < numeric.max)
          .slice(0, HISTOGRAMS)
    return {
      columns: columns.slice(0, TABLE_ROWS).map(({ name, numericFraction, numeric, errors = {} }) => ({
        name: short(name, 60),
        numbers: percent(numericFraction),
        mean: number(numeric?.mean),
        median: number(numeric?.median) + showRankError({ errors }),
        min: number(numeric?.min),
        max: number(numeric?.max),
        outliers: numeric ? percent(numeric.outlierFraction) : '–',
      })),
      ...cut(columns.length),
      drawn: drawn.length > 0,
      charts: drawn.map(({ name, numeric }) => ({
        chart: picture(histogram, { name, bins: numeric!.histogram }),
      })),
    }
  },
)

export const decisions = section(
  FOLDER,
  'decisions',
  {
    columns: [{ name: 'text', kind: 'text', use: 'text', reason: 'text' }],
    hidden: 'flag',
    note: 'text',
  },
  ({ profile: { columns } }) => {
    const lines =
      columns.length > SINGLE_LINES ? joinAlike(columns) : columns.map(column => [column, column] as const)
    return {
      columns: lines.slice(0, LOG_ROWS).map(([first, last]) => ({
        name: first === last ? short(first.name, 60) : `${short(first.name)} … ${short(last.name)}`,
        kind: first.kind,
        use: USES[first.use],
        reason: first.reason,
      })),
      hidden: lines.length > LOG_ROWS,
      note: cutNote(LOG_ROWS, lines.length),
    }
  },
)

/** Runs of neighbours with the same kind, use and reason, as first and last. */
function joinAlike(columns: readonly ColumnProfile[]): (readonly [ColumnProfile, ColumnProfile])[] {
  const runs: [ColumnProfile, ColumnProfile][] = []
  for (const column of columns) {
    const run = runs.at(-1)
    const alike =
      run && run[0].kind === column.kind && run[0].use === column.use && run[0].reason === column.reason
    if (alike) run[1] = column
    else runs.push([column, column])
  }
  return runs
}
