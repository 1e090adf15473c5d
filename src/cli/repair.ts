import { repairExperiment, type Mended } from '../job/repair.ts'
import { EXIT } from '../util/errors.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

export const repairCommand: CommandDefinition = {
  usage: 'repair <experiment>',
  summary: 'Find what is missing or damaged in the folder of an experiment and make it anew from the rest',
  examples: ['glasspilot repair glasspilot-churn'],
  options: [option('--all', 'name what is whole, too'), jsonOption(), option('--quiet', 'no progress')],
  async run({ args, options }, { print, note, columns }) {
    const mended = await repairExperiment(args[0]!, event => {
      if (options['quiet'] === true) return
      if (event.type === 'stage') note(event.detail)
      if (event.type === 'started') note(`fitting trial ${event.trial} (${event.candidate}) again`)
    })
    if (options['json']) print(JSON.stringify({ files: mended }))
    else print(told(mended, options['all'] === true, columns))
    return mended.some(({ done }) => done === 'lost') ? EXIT.io : EXIT.ok
  },
}

function told(mended: readonly Mended[], all: boolean, columns: number): string {
  const whole = mended.filter(({ found }) => found === 'whole').length
  const shown = mended.filter(({ found }) => all || found !== 'whole')
  const rows = shown.map(({ file, found, done, note = '' }) => [done, found, file, note])
  const sum = `${mended.length} files looked at: ${whole} whole, ${mended.length - whole} not`
  return rows.length > 0 ? `${table(['now', 'was', 'file', 'why'], rows, columns, 'llll')}\n\n${sum}` : sum
}
