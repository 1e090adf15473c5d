import { count, figure } from '../util/text.ts'
import type { Facts, Finding, Rule } from './insights.ts'

const NAMED = 5
const JSON_LIST = (names: readonly string[]) =>
  `${names
    .slice(0, NAMED)
    .map(name => JSON.stringify(name))
    .join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`
const ORDERED = 0.99
const TIME_POWER = 0.1

/** How columns, names and rows hang together. */
export const relationRules: readonly Rule[] = [
  {
    id: 'W_LINEAR_COPY',
    severity: 'low',
    title: 'A column is another one in a different unit',
    why: 'Both say the same: they share their importance, and linear models get unsteady weights.',
    harmlessWhen: 'Always harmless for the score of tree models.',
    action: 'Leave one of them out by naming the others in FeatureAttributeNames of a --features FILE.',
    find: ({ linearCopies }) =>
      linearCopies.map(({ first, second, correlation }) => ({
        column: second,
        fact: `${JSON.stringify(second)} follows ${JSON.stringify(first)} on a straight line: their correlation is ${figure(correlation, 6)}.`,
        numbers: { with: first, correlation },
      })),
  },
  {
    id: 'W_LOOKALIKE_COLUMNS',
    severity: 'medium',
    title: 'Column names that look alike',
    why: 'Names that differ only in case, spaces, signs or Unicode form are easily taken for one another, in a --target too.',
    harmlessWhen: 'They are different columns and every program that uses them compares names exactly.',
    action: 'Rename one of them in the file.',
    find: ({ features, target }) => {
      const names = [...features, ...(target ? [target.examined] : [])].map(({ profile }) => profile.name)
      return lookalikes(names, plainName).map(group => ({
        fact: `${group.map(name => JSON.stringify(name)).join(' and ')} differ only in writing.`,
        numbers: { names: group.join('\n') },
      }))
    },
  },
  {
    id: 'W_CATEGORY_VARIANTS',
    severity: 'low',
    title: 'Categories that differ only in writing',
    why: 'They are learnt as different categories, each from fewer rows.',
    harmlessWhen: 'The difference is meant.',
    action: 'Write each category one way in the file.',
    find: facts =>
      facts.features.flatMap(({ profile, strings }): Finding[] => {
        if (profile.kind !== 'categorical' || profile.use !== 'feature' || !strings) return []
        const groups = lookalikes(
          strings.frequent.map(({ value }) => value),
          plainLabel,
        )
        if (groups.length === 0) return []
        const named = groups
          .slice(0, 3)
          .map(group => group.map(value => JSON.stringify(value)).join(' and '))
          .join('; ')
        return [
          {
            column: profile.name,
            fact: `${named}${groups.length > 3 ? `; and ${groups.length - 3} more sets` : ''} are different categories.`,
            numbers: { sets: groups.length },
          },
        ]
      }),
  },
  {
    id: 'W_TIME_ORDER',
    severity: 'low',
    title: 'Rows have a time',
    why: 'When the model is to foretell what comes later, scores on rows drawn by chance are too good: they know the days around each row.',
    harmlessWhen: 'New rows come from the same span of time as these.',
    action: 'Pass --time COLUMN to validate on later rows than trained on.',
    find: facts =>
      facts.timeHints.map(hint => {
        const power = powerOf(facts, hint.column)
        const ordered = hint.ascending >= ORDERED || hint.ascending <= 1 - ORDERED
        const show = (moment: number) =>
          hint.dated ? new Date(moment).toISOString().slice(0, 10) : figure(moment, 8)
        const order = ordered ? '; the file is in its order' : ''
        const telling = power > TIME_POWER ? `; its prediction power is ${figure(power, 3)}` : ''
        return {
          column: hint.column,
          severity: ordered && power > TIME_POWER ? 'medium' : 'low',
          fact: `It runs from ${show(hint.from)} to ${show(hint.to)}${order}${telling}.`,
          numbers: { from: hint.from, to: hint.to, ascending: hint.ascending, power },
          action: `Pass --time ${JSON.stringify(hint.column)} to validate on later rows than trained on.`,
        }
      }),
  },
  {
    id: 'W_GROUPS',
    severity: 'low',
    title: 'Rows may belong together',
    why: 'When rows of one person or thing stand in training and in validation, the model is scored on what it has met before.',
    harmlessWhen: 'New rows are of the same persons or things.',
    action: 'Pass --group COLUMN to keep rows of one value on one side of every split.',
    find: ({ groupHints }) =>
      groupHints.map(({ column, groups, rowsPerGroup, fixed }) => ({
        column,
        severity: fixed.length > 0 ? 'medium' : 'low',
        fact: `${count(groups)} different values with ${figure(rowsPerGroup, 3)} rows each${fixed.length > 0 ? `; ${JSON_LIST(fixed)} never change${fixed.length === 1 ? 's' : ''} within one` : ''}.`,
        numbers: { groups, rowsPerGroup, fixed: fixed.join('\n') },
        action: `Pass --group ${JSON.stringify(column)} to keep rows of one value on one side of every split.`,
      })),
  },
]

const powerOf = (facts: Facts, name: string): number =>
  facts.features.find(({ profile }) => profile.name === name)?.profile.prediction?.power ?? 0

const plainLabel = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
const plainName = (text: string): string => plainLabel(text).replace(/[\s_.-]/g, '')

function lookalikes(names: readonly string[], plain: (text: string) => string): string[][] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const key = plain(name)
    const group = groups.get(key)
    if (group) group.push(name)
    else groups.set(key, [name])
  }
  return [...groups.entries()]
    .filter(([key, group]) => key !== '' && group.length > 1)
    .map(([, group]) => group)
}
