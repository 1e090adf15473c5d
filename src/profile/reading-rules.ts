import type { ReadingWarning } from '../data/report.ts'
import type { Severity } from './profile.ts'
import type { Finding, Rule } from './insights.ts'

interface Told {
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly harmlessWhen: string
  readonly action: string
}

const WRITE_AS_READ = '"glasspilot read FILE --output OUT.csv" writes the table as it was read, to compare.'

/** Reading warnings that a person should see beside the statistics; those of single columns are told by the rules of columns. */
const TOLD: Readonly<Record<string, Told>> = {
  W_NO_HEADER: {
    severity: 'high',
    title: 'No header',
    why: 'The first row was taken for data and columns were named by position.',
    harmlessWhen: 'The file has no header.',
    action: 'Add a header line; until then name the target by position, as in --target col_3.',
  },
  W_AMBIGUOUS_DIALECT: {
    severity: 'high',
    title: 'Delimiter uncertain',
    why: 'With another delimiter the columns would be others.',
    harmlessWhen: 'The columns are as expected.',
    action: 'Write "sep=;" (or the delimiter meant) as the first line of the file, or save it with commas between cells.',
  },
  W_SECOND_TABLE: {
    severity: 'high',
    title: 'A second table in the file',
    why: 'Only the first table was read; the rows of the other are not part of the data.',
    harmlessWhen: 'The second table is a summary of the first.',
    action: 'Move the second table to a file of its own; if both belong together, delete the repeated header at the named line.',
  },
  W_RAGGED_ROW: {
    severity: 'medium',
    title: 'Rows of another width',
    why: 'Cells may stand in the wrong column.',
    harmlessWhen: 'Only trailing cells are missing.',
    action: `Look at the named lines of the file; put quotes around cells that hold a delimiter. ${WRITE_AS_READ}`,
  },
  W_BAD_ROW: {
    severity: 'medium',
    title: 'Lines that are no rows of the table',
    why: 'Those set aside are not part of the data.',
    harmlessWhen: 'They are footnotes, totals or remarks.',
    action: 'Look at the named lines of the file; a run keeps what was set aside in data/quarantine.csv of its folder.',
  },
  W_STRAY_QUOTE: {
    severity: 'medium',
    title: 'Quotes in the wrong place',
    why: 'The cells around them may be cut wrongly.',
    harmlessWhen: 'The cells read as intended.',
    action: `Look at the named lines; write quotes inside cells twice. ${WRITE_AS_READ}`,
  },
  W_ENCODING: {
    severity: 'medium',
    title: 'Encoding guessed, or bytes that do not fit it',
    why: 'Letters outside ASCII may be wrong.',
    harmlessWhen: 'Names and words read as they should.',
    action:
      'Save the file as UTF-8; "glasspilot read FILE --encoding NAME --output OUT.csv" does it when the guess is wrong.',
  },
  W_PREAMBLE: {
    severity: 'low',
    title: 'Lines before the table',
    why: 'If the table begins earlier than was thought, its first rows are lost.',
    harmlessWhen: 'They are a title or remarks.',
    action: `Delete the lines above the header to be sure. ${WRITE_AS_READ}`,
  },
  W_MULTI_HEADER: {
    severity: 'medium',
    title: 'A header of several lines',
    why: 'The lines were joined into one name for each column; if the second is data, a row is lost.',
    harmlessWhen: 'The joined names read well; units often stand in a second line.',
    action: 'Keep one header line in the file; until then use the joined names, in --target too.',
  },
  W_HEADER_SHAPE: {
    severity: 'medium',
    title: 'Header and rows are cut differently',
    why: 'If the header was cut wrongly, names stand over the wrong columns.',
    harmlessWhen: 'Each name stands over its column in the data sample.',
    action: 'Write the header line with the delimiter of the rows.',
  },
  W_EMPTY_NAME: {
    severity: 'low',
    title: 'Columns without a name',
    why: 'They were named by position: when a column is put in before them, new files no longer fit the model.',
    harmlessWhen: 'It is the row number that a program wrote as first column; it is left out.',
    action: 'Give each column a name in the header line.',
  },
  W_DUP_COLUMN: {
    severity: 'medium',
    title: 'Columns of one name',
    why: 'The later ones were renamed, as "name__2"; new files must have them in the same order.',
    harmlessWhen: 'The names are not needed elsewhere.',
    action: 'Give each column a name of its own in the header line.',
  },
  W_TARGET_LOOKALIKE: {
    severity: 'medium',
    title: 'Another column is named almost like the target',
    why: 'If the wrong one is learnt, the other one gives it away.',
    harmlessWhen: 'The column that --target names is the one meant, and the other is known before it.',
    action: 'Check --target; rename one of the two, and leave the other out with --drop-leaks if it repeats the target.',
  },
  W_EXTRA_COLUMNS: {
    severity: 'low',
    title: 'Columns that were not there at training',
    why: 'They are left out, whatever they say.',
    harmlessWhen: 'They are new columns that the model cannot know.',
    action: 'None needed; train again to learn from them.',
  },
  W_TYPE_MIX: {
    severity: 'medium',
    title: 'Values of another type',
    why: 'What is not of the type of its column is read as missing.',
    harmlessWhen: 'They are few and mean "unknown".',
    action: 'Correct the values in the file, or set the type of the column in FeatureDataTypes of a --features FILE.',
  },
  W_LATE_TYPE: {
    severity: 'medium',
    title: 'A column changes its type far down the file',
    why: 'It held numbers only up to the named line; what follows may come from another source or be shifted.',
    harmlessWhen: 'It is a column of codes, most of which happen to be numbers.',
    action: 'Look at the named line of the file; set the type in FeatureDataTypes of a --features FILE to numeric to read the words as missing.',
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
  W_LONG_TEXT: {
    severity: 'low',
    title: 'Very long texts',
    why: 'They make training slow and the model large, and words in them count alike wherever they stand.',
    harmlessWhen: 'They are few, or the whole of each text matters.',
    action: 'Shorten them in the file if their beginning says enough, or leave the column out: FeatureAttributeNames of a --features FILE lists the others.',
  },
  W_NESTED: {
    severity: 'low',
    title: 'Lists or records in cells',
    why: 'They are read as text; their parts are not seen as columns.',
    harmlessWhen: 'The column says nothing about the target.',
    action: 'Write the parts to learn from into columns of their own.',
  },
  W_COMMENTS: {
    severity: 'low',
    title: 'Lines skipped as comments',
    why: 'Lines that begin with # are no rows; rows that begin with # by accident are lost.',
    harmlessWhen: 'They are remarks.',
    action: 'Put quotes around the first cell of a row that begins with #.',
  },
  W_MIXED_NEWLINES: {
    severity: 'low',
    title: 'Lines end in different ways',
    why: 'Files put together from several systems look so; the parts may differ in more.',
    harmlessWhen: 'The table has as many rows as it should.',
    action: `Save the file with one kind of line end. ${WRITE_AS_READ}`,
  },
} // prettier-ignore

/** More warnings of one code than this are told together. */
const TOLD_ALONE = 3
const SHOWN = 5

/** One rule per warning, so that each insight keeps its own stable id. */
export const readingRules: readonly Rule[] = Object.entries(TOLD).map(([id, told]) => ({
  id,
  ...told,
  find: ({ report }) => {
    const warnings = (report?.warnings ?? []).filter(warning => warning.code === id)
    return warnings.length > TOLD_ALONE ? [tellTogether(warnings)] : warnings.map(tell)
  },
}))

const tell = ({ message, count, lines, examples }: ReadingWarning): Finding => ({
  fact: `${message}${at(lines)}${showing(message, examples)}.`,
  numbers: { count, lines: lines.join(', '), examples: examples.join('\n') },
})

function tellTogether(warnings: readonly ReadingWarning[]): Finding {
  const first = warnings[0]!
  const lines = [...new Set(warnings.flatMap(warning => warning.lines))].sort((a, b) => a - b).slice(0, SHOWN)
  const examples = [...new Set(warnings.flatMap(warning => warning.examples))].slice(0, SHOWN)
  const total = warnings.reduce((sum, { count }) => sum + count, 0)
  return {
    fact: `${warnings.length} columns, ${total} values. The first: ${tell(first).fact}`,
    numbers: {
      count: total,
      columns: warnings.length,
      lines: lines.join(', '),
      examples: examples.join('\n'),
    },
  }
}

const at = (lines: readonly number[]): string => (lines.length === 0 ? '' : ` (line ${lines.join(', ')})`)

/** Examples that the message does not name already. */
function showing(message: string, examples: readonly string[]): string {
  const left = examples.filter(example => !message.includes(example)).slice(0, SHOWN)
  return left.length === 0
    ? ''
    : `, as ${left.map(example => JSON.stringify(example.slice(0, 60))).join(', ')}`
}
