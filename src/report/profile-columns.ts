import { histogram, missingValues } from '../charts/index.ts'
import { showDistinct, showDistinctWords, showRankError } from '../profile/show.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import { captioned, fragment, table } from './html.ts'
import type { Markup } from './html.ts'
import { action, number, percent, powerOf, powerText, short } from './words.ts'

const COLUMNS = 200
const HISTOGRAMS = 12

export function missing({ columns: all }: DatasetProfile): Markup | undefined {
  const holed = all.filter(column => column.missing > 0)
  return holed.length === 0
    ? undefined
    : fragment`<h2>Missing values</h2>
        <p>${count(holed.length)} of ${count(all.length)} columns have gaps.</p>
        ${captioned(missingValues({ columns: all }))}
        ${table(
          ['column', '#missing', '#share'],
          [...holed]
            .sort((a, b) => b.missingFraction - a.missingFraction)
            .slice(0, COLUMNS)
            .map(column => [short(column.name), count(column.missing), percent(column.missingFraction)]),
        )}
        ${action('Ask where the gaps come from; mend the export, or write the meaning of a gap ("none") into the file.')} `
}

export function columns({ columns: all }: DatasetProfile): Markup {
  return fragment`<h2>Columns</h2>
    ${table(
      ['column', 'use', 'types', '#power', 'most frequent'],
      all
        .slice(0, COLUMNS)
        .map(column => [
          short(column.name),
          column.use,
          column.types.join(', '),
          powerText(column),
          column.top[0] ? `${short(column.top[0].value)} (${count(column.top[0].count)})` : '–',
        ]),
    )}
    ${cutNote(all.length)} `
}

export function cardinality({ columns: all }: DatasetProfile): Markup {
  return fragment`<h2>Cardinality</h2>
    <p>Different values per column, fewest first; of texts the different words, too.</p>
    ${table(
      ['column', '#different values', '#different words'],
      [...all]
        .sort((a, b) => a.distinct - b.distinct)
        .slice(0, COLUMNS)
        .map(column => [short(column.name), showDistinct(column), showDistinctWords(column)]),
    )}
    ${cutNote(all.length)}
    ${action('Write values that mean the same one way (US, U.S.); join rare categories under one name where they are many.')} `
}

export function descriptive({ columns: all }: DatasetProfile): Markup {
  return fragment`<h2>Descriptive statistics</h2>
    ${table(
      ['column', '#numbers', '#mean', '#median', '#min', '#max', '#outliers'],
      all
        .slice(0, COLUMNS)
        .map(({ name, numericFraction, numeric, errors = {} }) => [
          short(name),
          percent(numericFraction),
          number(numeric?.mean),
          number(numeric?.median) + showRankError({ errors }),
          number(numeric?.min),
          number(numeric?.max),
          numeric ? percent(numeric.outlierFraction) + showRankError({ errors }) : '–',
        ]),
    )}
    ${cutNote(all.length)}
    ${action('Where fewer than 100 % of the values are numbers, find out what the others are; compare minimum and maximum with what can be true.')} `
}

const cutNote = (total: number): Markup | undefined =>
  total > COLUMNS
    ? fragment`<p class="soft">The first ${String(COLUMNS)} of ${count(total)} columns; profile --json has all.</p>`
    : undefined

export function histograms({ columns: all, image }: DatasetProfile): Markup | undefined {
  const drawn = all
    .filter(({ use, numeric }) => use === 'feature' && numeric && numeric.min < numeric.max)
    .sort((a, b) => (powerOf(b) ?? 0) - (powerOf(a) ?? 0))
    .slice(0, HISTOGRAMS)
  return image || drawn.length === 0
    ? undefined
    : fragment`<h2>Distributions</h2>
        <div class="row pair">
          ${drawn.map(({ name, numeric }) => captioned(histogram({ name, bins: numeric!.histogram })))}
        </div> `
}

export const decisions = ({ columns: all }: DatasetProfile): Markup =>
  fragment`<h2>Why each column is read as it is</h2>
    ${table(
      ['column', 'read as', 'use', 'why'],
      all.slice(0, COLUMNS).map(column => [short(column.name), column.kind, column.use, column.reason]),
    )} `
