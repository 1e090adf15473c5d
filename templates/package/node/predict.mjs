// Predicts every row of a CSV file and prints the answers as CSV, in the order of the file.
//
//     npm install
//     node predict.mjs new.csv > predictions.csv
//     node predict.mjs --no-header rows.csv > predictions.csv   # cells in the order of the columns at training
//
// model.onnx is the whole pipeline: it takes the columns as they are. What is left to do here is to read the
// cells as model.json says (table.mjs does that), to run the model, and to write what comes out.

import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { featuresOf, InputError, readTable } from './table.mjs'

const NO_DATE = -(2n ** 63n)

/** Opens model.json and the model it names. */
export async function openModel(folder) {
  const info = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'))
  const session = await ort.InferenceSession.create(join(folder, info.onnx.file), {
    intraOpNumThreads: 1, // the same digits on every machine; raise it when speed matters more
    logSeverityLevel: 3,
  })
  return { info, session }
}

/** The probabilities of the classes, or the predicted number, as one list per row. `columns` is {name: values}. */
export async function predict({ info, session }, columns) {
  const width = info.task.classes.length || 1
  const output = width > 1 ? 'probabilities' : 'prediction'
  const rows = Object.values(columns)[0].length
  const batch = Math.max(1, Math.min(5000, Math.floor(8_000_000 / Math.max(1, info.inputs.length))))
  const answers = []
  for (let start = 0; start < rows; start += batch) {
    const feeds = Object.fromEntries(
      info.inputs.map(({ input, column, type }) => [
        input,
        tensor(columns[column].slice(start, start + batch), type),
      ]),
    )
    const { data } = (await session.run(feeds, [output]))[output]
    for (let i = 0; i < data.length; i += width) answers.push([...data.subarray(i, i + width)])
  }
  return answers
}

/** One column of values, undefined where there is none, as the model takes it: a tensor of shape [rows, 1]. */
function tensor(values, type) {
  const shape = [values.length, 1]
  if (type === 'float')
    return new ort.Tensor(
      'float32',
      Float32Array.from(values, value => value ?? NaN),
      shape,
    )
  if (type === 'int64') {
    const dates = values.map(value => (value === undefined ? NO_DATE : BigInt(value)))
    return new ort.Tensor('int64', BigInt64Array.from(dates), shape)
  }
  return new ort.Tensor(
    'string',
    values.map(value => (value ?? '').replaceAll('\0', '\ufffd')),
    shape,
  )
}

/** The class of the largest probability × its label weight, the first of equals. */
export function bestClass({ task }, answer) {
  const weights = task.answer?.labelWeights
  const worth = weights ? answer.map((probability, k) => probability * weights[k]) : answer
  return worth.indexOf(Math.max(...worth))
}

/** Names of the columns that are printed, and what stands in them for one answer. */
export function headerOf({ task: { classes } }) {
  if (classes.length === 0) return ['prediction']
  return ['predicted_label', 'probability', ...classes.map(label => `probability_${label}`)]
}

export function cellsOf(info, answer) {
  const { classes } = info.task
  if (classes.length === 0) return answer
  const best = bestClass(info, answer)
  return [classes[best], answer[best], ...answer]
}

/** A line of CSV; cells are quoted where they must be. */
export function csvLine(cells) {
  const texts = cells.map(String)
  return texts
    .map(text => (/[,"\r\n\ufeff]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(',')
}

/** Names that rows without any may have: those of the features, or of all columns at training but the target. */
function layoutsOf({ table, given }) {
  const features = featuresOf(table.columns).map(({ name }) => name)
  return given ? [features, given] : [features]
}

/** The whole answer to a file, as CSV; without a first line of names where the file has none. */
export async function predictFile(model, path, hasHeader = true) {
  const { info } = model
  const answers = await predict(model, readTable(path, info.table.columns, hasHeader ? [] : layoutsOf(info)))
  const lines = answers.map(answer => cellsOf(info, answer))
  return (hasHeader ? [headerOf(info), ...lines] : lines).map(cells => `${csvLine(cells)}\n`).join('')
}

async function main(args) {
  const [path, ...more] = args.filter(text => text !== '--no-header')
  if (path === undefined || more.length > 0) {
    console.error('usage: node predict.mjs [--no-header] FILE.csv')
    return 64
  }
  const hasHeader = !args.includes('--no-header')
  process.stdout.write(await predictFile(await openModel(import.meta.dirname), path, hasHeader))
  return 0
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    console.error(`predict.mjs: ${error.message}`)
    process.exitCode = error.exitCode
  }
}
