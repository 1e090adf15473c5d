import { plainNumber } from '../data/numbers.ts'
import { count, figure } from '../util/text.ts'
import { frequentValues } from './columns.ts'
import type { Examined } from './columns.ts'
import type { Facts, Finding, Rule } from './insights.ts'

const percent = (share: number): string => `${figure(100 * share, 3)} %`

const HIGH_MISSING = 0.5
const HIGH_CARDINALITY = 0.9
const MANY_RARE = 2
const DISGUISED_SHARE = 0.1
const DISGUISED_LEAD = 10
const DISGUISED_DISTINCT = 20
const DISGUISED_TOKENS = new Set([
  'UNKNOWN',
  'UNK',
  'NA',
  'N/A',
  'NULL',
  'MISSING',
  '?',
  '??',
  '???',
  '-',
  'NAN',
  'TBD',
  'NOT AVAILABLE',
])
const SOME_NUMBERS = 0.2
const ALL_BUT_FEW = 0.98
const SENTINELS = [-999, -9999, -99999, -99, 999, 9999, 99999, 999999, -1]

const features = (facts: Facts) => facts.features.filter(({ profile }) => profile.use === 'feature')
const each = (facts: Facts, find: (examined: Examined) => Omit<Finding, 'column'> | undefined): Finding[] =>
  features(facts).flatMap(examined => {
    const finding = find(examined)
    return finding ? [{ ...finding, column: examined.profile.name }] : []
  })
const ignored = (facts: Facts, code: string): Finding[] =>
  facts.features
    .filter(({ profile }) => profile.use === 'ignored' && profile.reason.includes(code))
    .map(({ profile }) => ({
      column: profile.name,
      fact: `It is left out: ${profile.reason.split(';')[0]}.`,
      numbers: { distinct: profile.distinct },
    }))

/** What may be wrong with single columns. */
export const columnRules: readonly Rule[] = [
  {
    id: 'W_DISGUISED_MISSING',
    severity: 'medium',
    title: 'A value that may stand for "missing"',
    why: 'A placeholder read as a number or category teaches the model something that is not there.',
    harmlessWhen: 'The value is a real and frequent one.',
    action: 'If it means "unknown", replace it by an empty cell in the file.',
    find: facts =>
      each(facts, examined =>
        facts.pixels.has(examined.profile.name) ? undefined : disguisedMissing(examined),
      ),
  },
  {
    id: 'W_SENTINEL',
    severity: 'medium',
    title: 'A number that looks like a code for "missing"',
    why: 'Codes such as -999 lie far outside the range and bend every scale and mean.',
    harmlessWhen: 'The value is a measurement.',
    action: 'If it means "unknown", replace it by an empty cell in the file.',
    find: facts => each(facts, sentinel),
  },
  {
    id: 'W_HIGH_MISSING',
    severity: 'medium',
    title: 'Mostly missing',
    why: 'Little is known about the column; what a model learns is mainly whether the value is there.',
    harmlessWhen: 'That it is missing means something.',
    action: 'Fill in the values at their source, or leave the column out with a --features FILE.',
    find: facts =>
      each(facts, ({ profile: { missing, missingFraction } }) =>
        missingFraction <= HIGH_MISSING
          ? undefined
          : {
              fact: `${percent(missingFraction)} of its values (${count(missing)}) are missing.`,
              numbers: { missing, missingFraction },
            },
      ),
  },
  {
    id: 'W_RARE_CATEGORIES',
    severity: 'medium',
    title: 'Rare categories',
    why: 'What is learnt about a category of a few rows is mostly chance.',
    harmlessWhen: 'The model joins rare categories, as the planned encoders do.',
    action:
      'Join rare categories in the file, or raise the least frequency of the encoder in candidates.json.',
    find: facts => each(facts, rareCategories),
  },
  {
    id: 'W_HIGH_CARDINALITY',
    severity: 'low',
    title: 'Almost every value is different',
    why: 'A category seen once says nothing about the next row.',
    harmlessWhen: 'The column is read as text, or parts of its values repeat.',
    action: 'Set its type to text with a --features FILE, or leave it out.',
    find: facts =>
      each(facts, ({ profile, strings }) =>
        profile.kind !== 'categorical' ||
        !strings ||
        strings.present < 50 ||
        profile.distinct <= HIGH_CARDINALITY * strings.present
          ? undefined
          : {
              fact: `${count(profile.distinct)} different values in ${count(strings.present)} rows.`,
              numbers: { distinct: profile.distinct, share: profile.distinct / strings.present },
            },
      ),
  },
  {
    id: 'W_SEQUENCE',
    severity: 'low',
    title: 'Lists of numbers in one cell',
    why: 'A list is read as a word; its numbers are not seen.',
    harmlessWhen: 'The column says nothing about the target.',
    action: 'Write the numbers of the list into columns of their own.',
    find: facts =>
      each(facts, ({ profile }) =>
        profile.types.includes('sequence')
          ? {
              fact: 'Most of its cells are lists of three or more numbers.',
              numbers: { distinct: profile.distinct },
            }
          : undefined,
      ),
  },
  {
    id: 'W_CONSTANT',
    severity: 'low',
    title: 'Constant column',
    why: 'A value that never changes cannot tell rows apart.',
    harmlessWhen: 'Always: it is left out.',
    action: 'None needed; remove it from the file to be rid of this message.',
    find: facts => ignored(facts, 'W_CONSTANT'),
  },
  {
    id: 'W_ALL_MISSING',
    severity: 'low',
    title: 'Empty column',
    why: 'There is nothing in it to learn from.',
    harmlessWhen: 'The column is empty in the rows to be predicted, too.',
    action: 'Check that it was exported rightly.',
    find: facts => ignored(facts, 'W_ALL_MISSING'),
  },
  {
    id: 'W_ID_COLUMN',
    severity: 'low',
    title: 'Column that only tells rows apart',
    why: 'A key of training rows never comes back; a model that remembers it fails on new rows.',
    harmlessWhen: 'Always: it is left out.',
    action: 'Set its type in FeatureDataTypes of a --features FILE to keep it.',
    find: facts => ignored(facts, 'W_ID_COLUMN'),
  },
]

function disguisedMissing({ profile, counts, strings }: Examined): Omit<Finding, 'column'> | undefined {
  if (strings) {
    const found = strings.frequent.filter(({ value }) => DISGUISED_TOKENS.has(value.trim().toUpperCase()))
    const total = found.reduce((sum, entry) => sum + entry.count, 0)
    if (total === 0) return onlyWord(profile, strings)
    const named = found.map(entry => JSON.stringify(entry.value)).join(', ')
    return { fact: `${count(total)} values are ${named}.`, numbers: { count: total, value: found[0]!.value } }
  }
  if (profile.kind !== 'numeric' || !counts || counts.values.length < DISGUISED_DISTINCT) return undefined
  const [top, second] = frequentValues(counts, 2)
  if (
    !top ||
    !second ||
    top.count <= DISGUISED_SHARE * counts.present ||
    top.count <= DISGUISED_LEAD * second.count
  )
    return undefined
  return {
    fact: `${figure(top.value)} stands in ${count(top.count)} rows (${percent(top.count / counts.present)}), the next value in ${count(second.count)}.`,
    numbers: { value: top.value, count: top.count, second: second.count },
  }
}

/** A column of numbers but for one word. */
function onlyWord(
  { kind, numericFraction }: Examined['profile'],
  { frequent, present }: NonNullable<Examined['strings']>,
): Omit<Finding, 'column'> | undefined {
  const top = frequent.find(({ value }) => Number.isNaN(plainNumber(value)))
  if (kind !== 'categorical' || !top || numericFraction < SOME_NUMBERS) return undefined
  if (top.count + numericFraction * present < ALL_BUT_FEW * present) return undefined
  return {
    fact: `${JSON.stringify(top.value.slice(0, 40))} stands in ${count(top.count)} rows (${percent(top.count / present)}); ${percent(numericFraction)} of the values are numbers.`,
    numbers: { value: top.value, count: top.count, numericFraction },
    action:
      'If it means "unknown", replace it by an empty cell in the file: the column is then read as numbers.',
  }
}

/** A code stands at the very end of the range, far from everything else, more than once. */
function sentinel({ profile, counts }: Examined): Omit<Finding, 'column'> | undefined {
  if (profile.kind !== 'numeric' || !counts || counts.values.length < 10) return undefined
  const { values } = counts
  for (const at of [0, values.length - 1]) {
    const value = values[at]!
    const next = values[at === 0 ? 1 : at - 1]!
    const far = values[at === 0 ? values.length - 1 : 0]!
    const isCode = SENTINELS.includes(value) && (value !== -1 || next >= 0)
    const gap = Math.abs(value - next)
    const alone =
      value === -1
        ? next >= 0 && Math.abs(far) > 10 && counts.counts[at]! > 0.01 * counts.present
        : gap > 2 * Math.abs(far - next)
    if (isCode && alone && counts.counts[at]! > 1) {
      return {
        fact: `${value} stands in ${count(counts.counts[at]!)} rows; the next value is ${figure(next)}.`,
        numbers: { value, count: counts.counts[at]!, next },
      }
    }
  }
  return undefined
}

function rareCategories({ profile, strings }: Examined): Omit<Finding, 'column'> | undefined {
  if (profile.kind !== 'categorical' || !strings || strings.frequent.length === 0) return undefined
  const most = strings.frequent[0]!.count
  const { rare } = strings
  if (rare <= MANY_RARE) return undefined
  return {
    fact: `${count(rare)} of ${count(profile.distinct)} categories are less than a twentieth as frequent as ${JSON.stringify(strings.frequent[0]!.value.slice(0, 40))}.`,
    numbers: { rare, distinct: profile.distinct, most },
  }
}
