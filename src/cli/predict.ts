import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { Option } from 'commander'
import { filesOf } from '../data/source.ts'
import { predictFile, type PredictOptions } from '../job/predict.ts'
import { openPredictor } from '../job/predictor.ts'
import { InputError } from '../util/errors.ts'
import { count } from '../util/text.ts'
import { EXCEL_SAFE, option, type CommandDefinition, type CommandInput } from './command.ts'

export const predictCommand: CommandDefinition = {
  usage: 'predict <experiment> <file...>',
  summary:
    'Predict the rows of a file of any size, or of several as one, with the exported model, in input order',
  examples: [
    'glasspilot predict glasspilot-churn new.csv --output predictions.csv',
    "glasspilot predict glasspilot-churn new.csv --join input --output-filter '$[0,-1]'   # first column and last of the answer",
  ],
  options: [
    option('--output <file>', 'CSV to write (default: stdout)'),
    option('--candidate <id>', 'a trial number or candidate name (default: the exported model)'),
    new Option('--join <what>', 'input: write each row with its answer behind it')
      .choices(['none', 'input'])
      .default('none'),
    option('--input-filter <path>', "cells of a row that the model sees: $[1:], $[0,2], $.name, $['a','b']"),
    option('--output-filter <path>', 'cells that are written, of the answer or the joined row'),
    option('--excel-safe', EXCEL_SAFE),
    option('--no-header', 'the file has no line of names; cells stand in the order of the model’s columns'),
  ],
  async run({ args, options }, { note }) {
    const [experiment, ...given] = args
    const files = filesOf(given)
    const target = options['output'] as string | undefined
    if (target !== undefined && files.some(file => resolve(file) === resolve(target))) {
      throw new InputError(
        'E_SAME_FILE',
        `--output ${target} is the input file: expected another path; nothing was written`,
        { exit: 'usage' },
      )
    }
    const predictor = await openPredictor(experiment!, options['candidate'] as string | undefined)
    try {
      if (target === undefined) {
        await throughFile(place => predictFile(predictor, files, place, optionsFrom(options)))
      } else {
        const { rows } = await predictFile(predictor, files, target, optionsFrom(options))
        note(`${count(rows)} predictions in ${target}`)
      }
    } finally {
      await predictor.close()
    }
  },
}

function optionsFrom(options: CommandInput['options']): PredictOptions {
  const [inputFilter, outputFilter] = [options['inputFilter'], options['outputFilter']] as (
    string | undefined
  )[]
  return {
    join: options['join'] === 'input',
    noHeader: options['header'] === false,
    excelSafe: options['excelSafe'] === true,
    ...(inputFilter !== undefined && { inputFilter }),
    ...(outputFilter !== undefined && { outputFilter }),
  }
}

/** A file that turns out spoilt at its end leaves nothing on stdout. */
async function throughFile(work: (place: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-predict-'))
  try {
    const place = join(folder, 'answers.csv')
    await work(place)
    for await (const chunk of createReadStream(place)) {
      if (!process.stdout.write(chunk as Buffer) && !process.stdout.destroyed) {
        await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')])
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
