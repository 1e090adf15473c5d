import { resolveDataset } from '../data/catalogue.ts'
import { readDataset } from '../data/read.ts'
import { makeTarget } from '../data/target.ts'
import { profileDataset } from '../profile/index.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count, figure } from '../util/text.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

const MOST_COLUMNS = 60

export const profileCommand: CommandDefinition = {
  usage: 'profile <data>',
  summary: 'Describe a table: types with reasons, statistics, and what to look at before training',
  examples: ['glasspilot profile churn.csv --target Churn'],
  options: [option('--target <column>', 'the column to predict'), jsonOption()],
  async run({ args, options }, { print, columns, style }) {
    const found = await resolveDataset(args[0]!)
    const target = (options['target'] as string | undefined) ?? found.target
    const { dataset, schema, report } = await readDataset(found.train, {
      ...(target !== undefined && { target }),
    })
    const made = target === undefined ? undefined : makeTarget(dataset, target)
    const profile = await profileDataset(dataset, schema, {
      ...(target !== undefined && { target }),
      ...(made && { made }),
      report,
      seed: 0,
    })
    if (options['json']) return print(JSON.stringify(profile))
    print(
      `${profile.dataset}: ${count(profile.rows)} rows × ${count(profile.columnCount)} columns, ${count(profile.duplicateRows)} duplicate rows`,
    )
    print('')
    print(columnTable(profile, columns))
    for (const insight of profile.insights) {
      print('')
      print(
        `${style(insight.severity === 'high' ? 'red' : 'yellow', `${insight.severity} · ${insight.title}`)} [${insight.id}]`,
      )
      print(`  ${insight.fact}`)
      print(`  ${insight.why} Harmless when: ${insight.harmlessWhen}`)
      print(`  → ${insight.action}`)
    }
  },
}

function columnTable({ columns }: DatasetProfile, width: number): string {
  const rows = columns.slice(0, MOST_COLUMNS).map(column => [
    column.name.slice(0, 28),
    column.kind,
    column.use,
    `${figure(column.missingFraction * 100, 3)} %`,
    count(column.distinct),
    column.numeric
      ? `${figure(column.numeric.min)} … ${figure(column.numeric.median)} … ${figure(column.numeric.max)}`
      : column.top
          .slice(0, 3)
          .map(({ value }) => value.slice(0, 16))
          .join(', '),
    column.reason,
  ])
  const more =
    columns.length > MOST_COLUMNS
      ? `\n… and ${count(columns.length - MOST_COLUMNS)} more columns (--json has all)`
      : ''
  return (
    table(['column', 'type', 'use', 'missing', 'distinct', 'values', 'why'], rows, width, 'lllrrll') + more
  )
}
