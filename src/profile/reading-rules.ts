import type { Severity } from './profile.ts'
import type { Rule } from './insights.ts'

interface Told {
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly harmlessWhen: string
  readonly action: string
}

/** Reading warnings that a person should see beside the statistics; others are told by their own rules. */
const TOLD: Readonly<Record<string, Told>> = {
  W_RAGGED_ROW: {
    severity: 'medium',
    title: 'Rows of another width',
    why: 'Cells may stand in the wrong column.',
    harmlessWhen: 'Only trailing cells are missing.',
    action: 'Look at the named lines of the file; check delimiters and quotes there.',
  },
  W_BAD_ROW: {
    severity: 'medium',
    title: 'Lines set aside',
    why: 'They are not part of the data.',
    harmlessWhen: 'They are footnotes or remarks.',
    action: 'Look at the named lines of the file.',
  },
  W_STRAY_QUOTE: {
    severity: 'medium',
    title: 'Quotes in the wrong place',
    why: 'The cells around them may be cut wrongly.',
    harmlessWhen: 'The cells read as intended.',
    action: 'Look at the named lines; write quotes inside cells twice.',
  },
  W_ENCODING: {
    severity: 'medium',
    title: 'Encoding guessed',
    why: 'Letters outside ASCII may be wrong.',
    harmlessWhen: 'Names and words read as they should.',
    action:
      'Save the file as UTF-8; "glasspilot read FILE --encoding NAME --output OUT.csv" does it when the guess is wrong.',
  },
  W_TYPE_MIX: {
    severity: 'medium',
    title: 'Values of another type',
    why: 'What is not of the type of its column is read as missing.',
    harmlessWhen: 'They are few and mean "unknown".',
    action: 'Correct the values in the file, or set the type of the column with a --features FILE.',
  },
  W_DATE_ORDER: {
    severity: 'medium',
    title: 'Day and month cannot be told apart',
    why: 'If the order is wrong, every date is.',
    harmlessWhen: 'The order taken is the right one.',
    action: 'Write dates as year-month-day.',
  },
  W_NON_FINITE: {
    severity: 'low',
    title: 'Infinite numbers',
    why: 'They are read as missing.',
    harmlessWhen: 'They mean "unknown".',
    action: 'Replace them by a number or an empty cell.',
  },
  W_DUP_COLUMN: {
    severity: 'medium',
    title: 'Columns of one name',
    why: 'The later ones were renamed.',
    harmlessWhen: 'The names are not needed elsewhere.',
    action: 'Give each column a name of its own.',
  },
  W_NO_HEADER: {
    severity: 'high',
    title: 'No header',
    why: 'The first row was taken for data and columns were named by position.',
    harmlessWhen: 'The file has no header.',
    action: 'Add a header line.',
  },
  W_AMBIGUOUS_DIALECT: {
    severity: 'high',
    title: 'Delimiter uncertain',
    why: 'With another delimiter the columns would be others.',
    harmlessWhen: 'The columns are as expected.',
    action: 'Save the file with commas between cells.',
  },
}

/** One rule per warning, so that each insight keeps its own stable id. */
export const readingRules: readonly Rule[] = Object.entries(TOLD).map(([id, told]) => ({
  id,
  ...told,
  find: ({ report }) =>
    (report?.warnings ?? [])
      .filter(warning => warning.code === id)
      .map(warning => ({
        fact: `${warning.message}${warning.lines.length > 0 ? ` (line ${warning.lines.join(', ')})` : ''}.`,
        numbers: { count: warning.count, examples: warning.examples.join('\n') },
      })),
}))
